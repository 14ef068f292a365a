import {
  BreakerState,
  Circuit,
  SlidingCountBreaker,
  SlidingTimeBreaker,
  type CircuitFactory,
  type SlidingWindowBreaker,
  type SlidingWindowBreakerOptions,
} from 'mollitia';
import type { LabCall } from '../labCall.ts';
import { RequestFailed, type World } from '../world.ts';
import { ATTEMPT_TIMEOUT_MS, forEachService, pick, type Contender, type Rival } from './rival.ts';

/** mollitia declares its options as classes, and takes plain objects. */
const TUNED = {
  slidingWindowSize: 10_000,
  minimumNumberOfCalls: 10,
  failureRateThreshold: 50,
  slowCallRateThreshold: 50,
  slowCallDurationThreshold: 2000,
  openStateDelay: 5000,
  permittedNumberOfCallsInHalfOpenState: 2,
  halfOpenStateMaxDelay: 5000,
  onError: (error: unknown) => !(error instanceof RequestFailed && error.status === 429),
} as SlidingWindowBreakerOptions;

const behindMollitia = (world: World, createBreaker: () => SlidingWindowBreaker): Rival => {
  const circuits = forEachService(world, (service) => {
    const name = `service ${String(service)}`;
    const breaker = createBreaker();
    breaker.on('state-changed', (state: unknown) => {
      if (state === BreakerState.OPENED) world.opened(name);
      if (state === BreakerState.CLOSED) world.closed(name);
    });
    const func = (call: LabCall): Promise<void> => world.ask(call, ATTEMPT_TIMEOUT_MS);
    return new Circuit({ name, func, options: { modules: [breaker] } } as CircuitFactory);
  });
  return {
    call: (call) => pick(circuits, call).execute(call),
    close: () => {
      for (const circuit of circuits) circuit.dispose();
    },
  };
};

export const mollitiaDefault: Contender = {
  name: 'mollitia 0.1.1',
  settings: 'its defaults: `SlidingCountBreaker`, 50 % of the last 10 calls; open for 60 s, then 2 probes',
  open: (world) => behindMollitia(world, () => new SlidingCountBreaker()),
};

export const mollitiaTuned: Contender = {
  name: 'mollitia 0.1.1, tuned',
  settings:
    '`SlidingTimeBreaker` of 10 s, at least 10 calls, 50 % failed or slower than 2 s; open for 5 s, then 2 probes for at most 5 s; 429 is no failure',
  open: (world) => behindMollitia(world, () => new SlidingTimeBreaker(TUNED)),
};
