/**
 * The smallest service that the sandbox can stand for: it counts what it did, and shows what it was given.
 */
import type { SandboxRequest, Simulator, SimulatorInstance } from '../../sandbox/simulation/simulator.ts';

export interface ToySimulator extends Simulator {
  /** Requests whose work was done, in order. */
  readonly worked: readonly SandboxRequest[];
}

export const toySimulator = (name = 'toy'): ToySimulator => {
  const worked: SandboxRequest[] = [];
  return {
    name,
    worked,
    create: ({ now, random }): SimulatorInstance => {
      let state = 'seeded';
      return {
        answer: (request) => {
          if (request.path === '/explode') throw new Error('the toy is broken');
          if (request.path === '/nothing') return { status: 204 };
          if (request.path === '/text') return { status: 400, body: 'Bad toy' };
          worked.push(request);
          const { method, path, body, malformed } = request;
          const seen = { method, path, query: request.query.toString(), body, malformed };
          return { status: 200, headers: { 'X-Toy': 'yes' }, body: { seen, state, now: now(), chance: random() } };
        },
        throttled: () => ({ status: 429, headers: { 'Retry-After': '2' }, body: 'Too Many Toys' }),
        failure: (status) => ({ status, body: { toyError: status } }),
        scenarios: {
          sold_out: () => {
            state = 'sold out';
          },
        },
        reset: () => {
          state = 'seeded';
          worked.length = 0;
        },
      };
    },
  };
};
