/**
 * How fast to go on after a service has said "too many": seven tenths of what was sent, then up again along a cubic, slowly
 * where the trouble was, faster beyond. The figures are those of the AWS SDKs' adaptive retry mode (docs/algorithms.md#quota-windows).
 */
const BETA = 0.7;
/** Permits per second, per second cubed. */
const SCALE = 0.4;
/** Whatever happened: some calls have to show that there is room again. Permits per second. */
const LEAST_RATE = 0.5;

export interface RateCut {
  /** When it was cut, ms. */
  readonly at: number;
  /** The rate that was too much, permits per second. */
  readonly from: number;
}

/** The rate at `now`, permits per second; beyond `from` again after a few seconds. */
export const cubicRate = ({ at, from }: RateCut, now: number): number => {
  const plateauSeconds = Math.cbrt((from * (1 - BETA)) / SCALE);
  const elapsedSeconds = Math.max(0, now - at) / 1000;
  return Math.max(LEAST_RATE, SCALE * (elapsedSeconds - plateauSeconds) ** 3 + from);
};
