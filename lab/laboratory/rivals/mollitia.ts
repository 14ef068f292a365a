import { BreakerState, Circuit, circuits as everyCircuit, modules as everyModule, SlidingCountBreaker, type Module } from 'mollitia';
import type { LabCall } from '../labCall.ts';
import { RequestFailed, type World } from '../world.ts';
import { ATTEMPT_TIMEOUT_MS, forEachService, pick, type Contender, type Rival } from './rival.ts';

interface BreakerOptions {
  readonly failureRateThreshold: number;
  readonly slowCallRateThreshold: number;
  readonly slowCallDurationThreshold: number;
  readonly openStateDelay: number;
  readonly permittedNumberOfCallsInHalfOpenState: number;
  readonly halfOpenStateMaxDelay: number;
  readonly onError: (error: unknown) => boolean;
}

interface CircuitOptions {
  readonly func: (call: LabCall) => Promise<void>;
  readonly options: { readonly modules: readonly Module[] };
}

/** mollitia takes plain objects, but declares them as instances of abstract classes. */
const CountBreaker = SlidingCountBreaker as unknown as new (options?: BreakerOptions) => SlidingCountBreaker;
const PlainCircuit = Circuit as unknown as new (options: CircuitOptions) => Circuit;

const TUNED: BreakerOptions = {
  failureRateThreshold: 60,
  slowCallRateThreshold: 60,
  slowCallDurationThreshold: 2000,
  openStateDelay: 5000,
  permittedNumberOfCallsInHalfOpenState: 2,
  halfOpenStateMaxDelay: 5000,
  onError: (error) => !(error instanceof RequestFailed && error.status === 429),
};

const behindMollitia = (world: World, createBreaker: () => Module): Rival => {
  const circuits = forEachService(world, (service) => {
    const name = `service ${String(service)}`;
    const breaker = createBreaker();
    breaker.on('state-changed', (state: unknown) => {
      if (state === BreakerState.OPENED) world.opened(name);
      if (state === BreakerState.CLOSED) world.closed(name);
    });
    const func = (call: LabCall): Promise<void> => world.ask(call, ATTEMPT_TIMEOUT_MS);
    return new PlainCircuit({ func, options: { modules: [breaker] } });
  });
  return {
    call: (call) => pick(circuits, call).execute(call),
    close: () => {
      for (const circuit of circuits) circuit.dispose();
      // It keeps all that were ever made, and with them the whole run.
      everyCircuit.length = 0;
      everyModule.length = 0;
    },
  };
};

export const mollitiaDefault: Contender = {
  name: 'mollitia 0.1.1',
  settings: 'its defaults: `SlidingCountBreaker`, 50 % of the last 10 calls; open for 60 s, then 2 probes',
  open: (world) => behindMollitia(world, () => new CountBreaker()),
};

export const mollitiaTuned: Contender = {
  name: 'mollitia 0.1.1, tuned',
  settings:
    '`SlidingCountBreaker`, 60 % of the last 10 calls failed or slower than 2 s; open for 5 s, then 2 probes for at most 5 s; 429 is no failure',
  open: (world) => behindMollitia(world, () => new CountBreaker(TUNED)),
};
