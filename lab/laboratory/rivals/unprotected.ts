import { ATTEMPT_TIMEOUT_MS, type Contender } from './rival.ts';

export const unprotected: Contender = {
  name: 'unprotected',
  settings: 'one request per call, attempt timeout 4 s, nothing else',
  open: (world) => ({
    call: (call) => world.ask(call, ATTEMPT_TIMEOUT_MS),
    close: () => undefined,
  }),
};
