/**
 * The libraries alone around the same bare work, each with as many protections as it has.
 */
import {
  bulkhead,
  circuitBreaker,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleAll,
  retry,
  timeout,
  TimeoutStrategy,
  wrap,
} from 'cockatiel';
import Opossum from 'opossum';
import type { Contender } from '../measure.ts';
import { FOUND, type Thing } from './gateway.ts';

/** What all protect: an answer that is there at once, and its JSON. */
export const bareWork = async (): Promise<Thing> => {
  const { body } = await Promise.resolve(FOUND);
  return JSON.parse(String(body)) as Thing;
};

const failingWork = async (): Promise<never> => {
  await Promise.resolve();
  throw new Error('down');
};

/** An error made, thrown and caught, without anything around it. */
export const bareFailure: Contender = {
  name: 'a bare error, thrown and caught',
  call: () => failingWork().catch(() => undefined),
  close: () => undefined,
};

export const bare: Contender = { name: 'the bare function', call: bareWork, close: () => undefined };

/** Its time-out and its capacity belong to its defaults, which our own declaration of it leaves out on purpose. */
const FullOpossum = Opossum as unknown as new (
  action: () => Promise<unknown>,
  options: Readonly<Record<string, number | boolean>>,
) => { fire(): Promise<unknown>; shutdown(): void };

const opossumWith = (name: string, action: () => Promise<unknown>, rollingPercentilesEnabled: boolean): Contender => {
  const breaker = new FullOpossum(action, { timeout: 4000, capacity: 100, resetTimeout: 3_600_000, rollingPercentilesEnabled });
  return {
    name,
    call: () => breaker.fire().catch(() => undefined),
    close: () => {
      breaker.shutdown();
    },
  };
};

export const openOpossum = (): readonly Contender[] => [
  opossumWith('opossum 9 alone: breaker, timeout, capacity', bareWork, true),
  opossumWith('… without its percentiles', bareWork, false),
];

/** As it comes, percentiles and all, but that it never opens: each failure sorts the latencies of its whole window. */
export const opossumAfter = async (calls: number): Promise<Contender> => {
  let isDown = false;
  const action = (): Promise<unknown> => (isDown ? failingWork() : bareWork());
  const breaker = new FullOpossum(action, { timeout: 4000, rollingCountTimeout: 3_600_000, errorThresholdPercentage: 101 });
  for (let made = 0; made < calls; made += 1) await breaker.fire();
  isDown = true;
  return {
    name: `opossum 9 alone: a failed call after ${calls.toLocaleString('en')} others`,
    call: () => breaker.fire().catch(() => undefined),
    close: () => {
      breaker.shutdown();
    },
  };
};

const FAILURES = 5;

const cockatielAround = (name: string, action: () => Promise<unknown>, maxAttempts: number): Contender => {
  const policy = wrap(
    bulkhead(100, 100),
    retry(handleAll, { maxAttempts, backoff: new ExponentialBackoff() }),
    circuitBreaker(handleAll, { halfOpenAfter: 3_600_000, breaker: new ConsecutiveBreaker(FAILURES) }),
    timeout(4000, TimeoutStrategy.Cooperative),
  );
  return { name, call: () => policy.execute(action).catch(() => undefined), close: () => undefined };
};

export const openCockatiel = (): Contender => cockatielAround('cockatiel 3.2.1 alone: bulkhead, retry, breaker, timeout', bareWork, 2);

const tripped = async (contender: Contender): Promise<Contender> => {
  for (let failed = 0; failed < FAILURES; failed += 1) await contender.call();
  return contender;
};

export const trippedOpossum = (): Promise<Contender> => tripped(opossumWith('opossum 9 alone, open', failingWork, false));

/** Without its retry, which would wait and ask the open circuit again. */
export const trippedCockatiel = (): Promise<Contender> => tripped(cockatielAround('cockatiel 3.2.1 alone, open', failingWork, 0));
