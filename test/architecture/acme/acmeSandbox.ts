import type { Simulator } from '../../../sandbox/simulation/simulator.ts';

export const acmeSimulator: Simulator = {
  name: 'acme',
  create: () => ({
    answer: ({ path, headers }) => {
      if (headers['authorization'] !== 'Bearer acme-sandbox-key') return { status: 401, body: { message: 'Who are you?' } };
      const id = path.replace('/v1/invoices/', '');
      if (id === '404') return { status: 404, body: { message: 'No such invoice' } };
      return { status: 200, headers: { 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '59' }, body: { id, total: 12.5 } };
    },
    throttled: () => ({ status: 429, body: { message: 'Too many' } }),
    failure: (status) => ({ status, body: { message: 'Broken' } }),
    scenarios: {},
    reset: () => undefined,
  }),
};
