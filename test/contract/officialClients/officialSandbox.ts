/**
 * A sandbox on a free port, for the providers' own clients: they see what they would see of the provider.
 */
import { startSandbox } from '../../../sandbox/server/sandbox.ts';
import type { Simulator } from '../../../sandbox/simulation/simulator.ts';
import { systemClock } from '../../../src/time/clock.ts';

export interface OfficialSandbox {
  /** Where the service is, without a slash at the end. */
  readonly url: string;
  impose(fault: Readonly<Record<string, unknown>>): Promise<void>;
  /** Seeded data, no fault, full quotas. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

const control = async (url: string, method: string, body?: unknown): Promise<void> => {
  const response = await fetch(url, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const answer = await response.text();
  if (!response.ok) throw new Error(`the sandbox refused: ${answer}`);
};

/** @param speed How fast the simulator's time goes; its rate limits are that much wider. */
export const startOfficialSandbox = async (simulator: Simulator, speed = 1): Promise<OfficialSandbox> => {
  const sandbox = await startSandbox({ simulators: [simulator], port: 0, seed: 1, speed, clock: systemClock, log: () => undefined });
  const root = `http://127.0.0.1:${String(sandbox.port)}`;
  return {
    url: sandbox.url(simulator.name),
    impose: (fault) => control(`${root}/_faults/${simulator.name}`, 'PUT', fault),
    reset: () => control(`${root}/_reset`, 'POST'),
    close: () => sandbox.close(),
  };
};

interface Failure {
  readonly code?: unknown;
  readonly status?: unknown;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly response?: { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>>; readonly type?: string };
}

/** What a client's promise is rejected with; each of them has a class of its own. */
export const failureOf = async (promise: Promise<unknown>): Promise<Failure> => {
  const settled = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error: error as Failure }),
  );
  if ('error' in settled) return settled.error;
  throw new Error(`resolved with ${JSON.stringify(settled.value)}`);
};
