import {
  circuitBreaker,
  ConsecutiveBreaker,
  CountBreaker,
  handleAll,
  handleWhen,
  type ICircuitBreakerOptions,
  type Policy,
} from 'cockatiel';
import { RequestFailed, type World } from '../world.ts';
import { ATTEMPT_TIMEOUT_MS, forEachService, pick, type Contender, type Rival } from './rival.ts';

/** Breakers of cockatiel keep counts: each circuit needs options of its own. */
const behindCockatiel = (world: World, policy: Policy, optionsFor: () => ICircuitBreakerOptions): Rival => {
  const breakers = forEachService(world, (service) => {
    const name = `service ${String(service)}`;
    const breaker = circuitBreaker(policy, optionsFor());
    breaker.onBreak(() => {
      world.opened(name);
    });
    breaker.onReset(() => {
      world.closed(name);
    });
    return breaker;
  });
  return {
    call: (call) => pick(breakers, call).execute(() => world.ask(call, ATTEMPT_TIMEOUT_MS)),
    close: () => undefined,
  };
};

export const cockatielDefault: Contender = {
  name: 'cockatiel 3.2.1',
  settings:
    'it has no defaults; as in the first example of its readme: `ConsecutiveBreaker(5)`, `halfOpenAfter` 10 s, one probe on which all others wait',
  open: (world) => behindCockatiel(world, handleAll, () => ({ halfOpenAfter: 10_000, breaker: new ConsecutiveBreaker(5) })),
};

export const cockatielTuned: Contender = {
  name: 'cockatiel 3.2.1, tuned',
  settings: '`CountBreaker` above 50 % of the last 10 calls, `halfOpenAfter` 5 s; 429 is not handled',
  open: (world) =>
    behindCockatiel(
      world,
      handleWhen((error) => !(error instanceof RequestFailed && error.status === 429)),
      () => ({
        halfOpenAfter: 5000,
        breaker: new CountBreaker({ threshold: 0.5, size: 10 }),
      }),
    ),
};
