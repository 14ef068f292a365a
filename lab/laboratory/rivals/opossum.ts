import Opossum, { type OpossumOptions } from 'opossum';
import type { LabCall } from '../labCall.ts';
import { RequestFailed, type World } from '../world.ts';
import { ATTEMPT_TIMEOUT_MS, forEachService, pick, type Contender, type Rival } from './rival.ts';

/** Options that our own declaration of opossum leaves out on purpose. */
type FullOptions = Partial<Omit<OpossumOptions, 'timeout'>> & {
  readonly timeout?: number;
  readonly volumeThreshold?: number;
  readonly errorFilter?: (error: unknown) => boolean;
};

type Action = (call: LabCall) => Promise<unknown>;
interface FullOpossum {
  fire(call: LabCall): Promise<unknown>;
  on(event: string, listener: () => void): unknown;
  shutdown(): void;
}
const FullOpossum = Opossum as unknown as new (action: Action, options: FullOptions) => FullOpossum;

/** Latency statistics decide nothing in opossum, and cost it milliseconds for each failed call. */
const WITHOUT_STATISTICS: FullOptions = { rollingPercentilesEnabled: false, enableSnapshots: false };

/** opossum around any action, one circuit for each service. */
export const behindOpossum = (world: World, action: Action, options: FullOptions): Rival => {
  const breakers = forEachService(world, (service) => {
    const name = `service ${String(service)}`;
    const breaker = new FullOpossum(action, { name, ...WITHOUT_STATISTICS, ...options });
    breaker.on('open', () => {
      world.opened(name);
    });
    breaker.on('close', () => {
      world.closed(name);
    });
    return breaker;
  });
  return {
    call: (call) => pick(breakers, call).fire(call),
    close: () => {
      for (const breaker of breakers) breaker.shutdown();
    },
  };
};

export const opossumDefault: Contender = {
  name: 'opossum 9',
  settings:
    'its defaults: opens above 50 % failures of a 10 s window, however few calls; half-open after 30 s, one probe; its timeout of 10 s stands behind the attempt timeout',
  open: (world) => behindOpossum(world, (call) => world.ask(call, ATTEMPT_TIMEOUT_MS), {}),
};

export const opossumTuned: Contender = {
  name: 'opossum 9, tuned',
  settings: 'a window of 3 s (`rollingCountTimeout`), `volumeThreshold` 6, `resetTimeout` 5 s, `errorFilter` lets 429 pass as a success',
  open: (world) =>
    behindOpossum(world, (call) => world.ask(call, ATTEMPT_TIMEOUT_MS), {
      rollingCountTimeout: 3000,
      rollingCountBuckets: 6,
      volumeThreshold: 6,
      resetTimeout: 5000,
      errorFilter: (error) => error instanceof RequestFailed && error.status === 429,
    }),
};
