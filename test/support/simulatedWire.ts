/**
 * A simulator asked without a socket: by requests as a test writes them, or by a client whose wire it is.
 */
import type { HttpRequest, HttpResponse, Transport } from '../../src/wire/transport.ts';
import type { SandboxAnswer, SandboxRequest, SimulatorInstance } from '../../sandbox/simulation/simulator.ts';

/** @param where Method, path and query, such as `GET /v4/subscribers?status=all`. */
export const sandboxRequest = (where: string, headers: SandboxRequest['headers'], body?: unknown): SandboxRequest => {
  const [method = '', target = ''] = where.split(' ');
  const [path = '', query = ''] = target.split('?');
  return { method, path, query: new URLSearchParams(query), headers, body, malformed: false };
};

const asResponse = ({ status, headers = {}, body }: SandboxAnswer): HttpResponse => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { status, headers, body: body === undefined ? '' : text };
};

/** The simulator in the place of the wire. */
export const simulatedWire =
  (simulator: SimulatorInstance): Transport =>
  async ({ method, path, headers, body }) => {
    const parsed = body === undefined ? undefined : (JSON.parse(body) as unknown);
    return asResponse(simulator.answer(sandboxRequest(`${method} ${path}`, headers, parsed)));
  };

/** @throws {Error} for a scenario that the simulator does not have. */
export const enter = (simulator: SimulatorInstance, scenario: string): void => {
  const begin = simulator.scenarios[scenario];
  if (begin === undefined) throw new Error(`no scenario ${scenario}`);
  begin();
};

/** Method, path and body, as a test reads best. */
export const lineOf = ({ method, path, body }: HttpRequest): string => `${method} ${path}${body === undefined ? '' : ` ${body}`}`;
