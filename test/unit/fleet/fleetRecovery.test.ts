import { expect } from 'chai';
import { UpstreamContractBrokenError, UpstreamTimeoutError, UpstreamUnavailableError } from '../../../src/errors/upstreamErrors.ts';
import { hubspot } from '../../../src/services/hubspot/hubspot.ts';
import { policyOf } from '../../../src/services/serviceSettings.ts';
import { seconds, systemClock } from '../../../src/time/clock.ts';
import { down, site } from '../../support/breakerHouse.ts';
import { seededRandom } from '../../support/seededRandom.ts';
import { useVirtualFleet, type Replica } from '../../support/virtualFleet.ts';

const { attemptTimeoutMs, circuit } = policyOf(hubspot);
const policy = { attemptTimeoutMs, circuit };

const after = (ms: number, error?: Error): Promise<unknown> =>
  new Promise(
    (resolve, reject) =>
      void systemClock.after(ms, () => {
        if (error === undefined) resolve('fine');
        else reject(error);
      }),
  );
/** A health check waits for two seconds. */
const impatient = (): Promise<unknown> => after(seconds(2), new UpstreamUnavailableError(site, 'timeout', 'unknown'));

/** What health checks find while the health operation alone fails; a refusal of what was asked for is an answer. */
const healthChecks: Readonly<Record<string, () => Promise<unknown>>> = {
  403: () => after(5),
  404: () => after(5),
  500: () => after(5, down()),
  hang: impatient,
  shape: () => after(5, new UpstreamContractBrokenError(site, 'the answer breaks the contract')),
  slow: impatient,
};
const outages: Readonly<Record<string, () => Promise<unknown>>> = {
  error: () => after(10, down()),
  hang: () => after(attemptTimeoutMs, new UpstreamTimeoutError(site, attemptTimeoutMs)),
};

interface Call {
  readonly at: number;
  readonly isServed: boolean;
}

describe('A fleet of two whose health operation alone goes on failing', () => {
  const house = useVirtualFleet();

  /** About one call a second on each replica. @returns the calls so far, and how to end them. */
  const callersOf = (replicas: readonly Replica[], attempt: () => Promise<unknown>, random: () => number) => {
    const calls: Call[] = [];
    const cancels = new Map<Replica, () => void>();
    const call = async (replica: Replica): Promise<void> => {
      const at = systemClock.now();
      const isServed = await replica.breaker.call(attempt, site).then(
        () => true,
        () => false,
      );
      calls.push({ at, isServed });
    };
    const callLater = (replica: Replica): void => {
      cancels.set(
        replica,
        systemClock.after(seconds(0.5 + random()), () => {
          void call(replica);
          callLater(replica);
        }),
      );
    };
    replicas.forEach(callLater);
    return {
      calls,
      stop: () => {
        for (const cancel of cancels.values()) cancel();
      },
    };
  };

  /** When the last open time ended that a call from before the outage's end has begun; the end of the outage if none. */
  const openUntil = (replicas: readonly Replica[], endedAt: number): number => {
    const ends = replicas.map(({ changes }) => {
      const last = changes.findLastIndex(({ at, to }) => to === 'open' && at <= endedAt + attemptTimeoutMs + 100);
      return changes[last + 1]?.at ?? 0;
    });
    return Math.max(endedAt, ...ends);
  };

  /** Outages in a row, each a minute after the one before. @returns how long after each open time all were served again, ms. */
  const recoveries = async (seed: number, outage: () => Promise<unknown>, look: () => Promise<unknown>): Promise<readonly number[]> => {
    const random = seededRandom(seed);
    Object.defineProperty(house, 'chance', { get: random, set: () => undefined, configurable: true });
    let isDown = false;
    const replicas = await house.of(2, { look, policy });
    const { calls, stop } = callersOf(replicas, () => (isDown ? outage() : after(80)), random);
    const delays: number[] = [];
    for (let made = 0; made < 3; made += 1) {
      await house.time.advance(seconds(2));
      isDown = true;
      await house.time.advance(seconds(15 + 25 * random()));
      isDown = false;
      const endedAt = systemClock.now();
      await house.time.advance(seconds(60));
      const since = openUntil(replicas, endedAt);
      const refusedAt = calls.filter(({ at, isServed }) => at >= since && !isServed).at(-1)?.at ?? since;
      const servedAt = calls.find(({ at }) => at >= refusedAt && at > since)?.at ?? Number.POSITIVE_INFINITY;
      delays.push(servedAt - since);
      expect(
        replicas.some(({ changes }) => changes.some(({ at, to }) => to === 'open' && at < endedAt && at > endedAt - seconds(40))),
        'was open',
      ).to.equal(true);
    }
    stop();
    await house.time.advance(seconds(5));
    return delays;
  };

  for (const [fault, outage] of Object.entries(outages)) {
    for (const [mode, look] of Object.entries(healthChecks)) {
      it(`serves all again within three seconds of the open time, after outages by ${fault} and with health checks that end in ${mode}`, async () => {
        const delays: number[] = [];
        for (const seed of [1, 2, 3, 4]) {
          delays.push(...(await recoveries(seed, outage, look)));
          await house.stop();
          house.start();
        }

        expect(Math.max(...delays), delays.join(', ')).to.be.at.most(seconds(3));
      });
    }
  }
});
