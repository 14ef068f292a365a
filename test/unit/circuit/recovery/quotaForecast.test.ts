import { expect } from 'chai';
import { QuotaForecast } from '../../../../src/circuit/recovery/quotaForecast.ts';

/** Wall-clock ms of the reset, a minute after the beginning. */
const RESET_AT = 1_790_000_060_000;
const STARTS_AT = RESET_AT - 60_000;

/** One reading a second from the beginning on; what the last of them said. */
const spend = (
  forecast: QuotaForecast,
  remaining: readonly number[],
  reset: { readonly resetAt?: number } = { resetAt: RESET_AT },
): boolean =>
  remaining
    .map((left, second) => forecast.record('minute', { limit: 200, remaining: left, ...reset }, second * 1000, STARTS_AT + second * 1000))
    .at(-1)!;

/** So many readings, falling by the same each time. */
const falling = (from: number, by: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => from - by * index);

describe('Quota forecast', () => {
  it('sounds when what is left would be spent before the reset', () => {
    expect(spend(new QuotaForecast(), falling(200, 8, 10))).to.equal(true);
  });

  it('keeps silent while the spending lasts until the reset', () => {
    expect(spend(new QuotaForecast(), falling(200, 3, 10))).to.equal(false);
  });

  it('forecasts nothing from the burst a window begins with', () => {
    expect(spend(new QuotaForecast(), [200, 180, 160])).to.equal(false);
  });

  it('forecasts nothing where no reset is known', () => {
    expect(spend(new QuotaForecast(), falling(200, 8, 10), {})).to.equal(false);
  });

  it('sounds when less than a twentieth is left, whenever the reset is', () => {
    const forecast = new QuotaForecast();

    expect(forecast.record('day', { limit: 1000, remaining: 50 }, 0, 0)).to.equal(false);
    expect(forecast.record('day', { limit: 1000, remaining: 49 }, 1, 1)).to.equal(true);
  });

  it('keeps silent again after the reset', () => {
    const forecast = new QuotaForecast();
    spend(forecast, falling(200, 8, 10));

    const said = forecast.record('minute', { limit: 200, remaining: 199, resetAt: RESET_AT + 60_000 }, 60_000, RESET_AT);

    expect(said).to.equal(false);
  });

  it('sounds as long as any window of the service is running out', () => {
    const forecast = new QuotaForecast();
    forecast.record('day', { limit: 1000, remaining: 10 }, 0, 0);

    expect(forecast.record('second', { limit: 10, remaining: 9 }, 1, 1)).to.equal(true);
  });

  it('is not misled by answers that overtake each other', () => {
    const forecast = new QuotaForecast();
    const swapped = falling(1000, 1, 300).map((left, index) => left + (index % 2 === 0 ? -8 : 8));

    const said = swapped.map((remaining, index) =>
      forecast.record('minute', { limit: 1000, remaining, resetAt: RESET_AT }, index * 70, STARTS_AT + index * 70),
    );

    expect(said).not.to.include(true);
  });

  it('takes a reading without a number for no news', () => {
    const forecast = new QuotaForecast();
    forecast.record('day', { limit: 1000, remaining: 10 }, 0, 0);

    expect(forecast.record('day', { limit: 1000 }, 1, 1)).to.equal(true);
  });
});
