/**
 * For tests of SendGrid: its client over a scripted wire or over its simulator, and a queue that only remembers.
 */
import { targetFrom } from '../../../../src/http/requestBuilder.ts';
import type { HttpRequest, HttpResponse, Transport } from '../../../../src/http/transport.ts';
import type { WriteQueue, WriteToKeep } from '../../../../src/http/writeQueue.ts';
import { SeededRandom } from '../../../../src/sandbox/seededRandom.ts';
import { sendgrid } from '../../../../src/services/sendgrid/sendgrid.ts';
import { SendgridClient } from '../../../../src/services/sendgrid/sendgridClient.ts';
import type { Mail } from '../../../../src/services/sendgrid/sendgridMailInput.ts';
import { sendgridSimulator } from '../../../../src/services/sendgrid/sendgridSandbox.ts';
import type { SandboxAnswer, SandboxRequest, SimulatorInstance } from '../../../../src/services/simulator.ts';
import { httpHouse, type HouseParts, type HttpHouse } from '../../../support/httpHouse.ts';

export interface SendgridHouse extends HttpHouse {
  readonly client: SendgridClient;
}

export const sendgridHouse = (transport: Transport, parts: HouseParts = {}): SendgridHouse => {
  const target = targetFrom(sendgrid.baseUrl, sendgrid.authenticate('SG.key.of-ours'));
  const house = httpHouse(transport, { classify: sendgrid.classify, readQuota: sendgrid.readQuota, target, ...parts });
  return { ...house, client: new SendgridClient(house.http) };
};

/** Method, path and body, as a test reads best. */
export const lineOf = ({ method, path, body }: HttpRequest): string => `${method} ${path}${body === undefined ? '' : ` ${body}`}`;

export interface RememberingQueue extends WriteQueue {
  readonly kept: readonly WriteToKeep[];
}

export const rememberingQueue = (): RememberingQueue => {
  const kept: WriteToKeep[] = [];
  const accept: WriteQueue['accept'] = async (write) => {
    kept.push(write);
    const id = write.jobId ?? `job_${String(kept.length)}`;
    return { queued: true, id, status: 'queued', acceptedAt: '2026-11-21T00:00:00.000Z', expiresAt: '2026-11-22T00:00:00.000Z' };
  };
  return { kept, accept };
};

export const mail: Mail = {
  personalizations: [{ to: [{ email: 'ada@example.com' }] }],
  from: { email: 'orders@example.com' },
  subject: 'Your order',
  content: [{ type: 'text/plain', value: 'It is on its way.' }],
};

export const keyHeaders = { authorization: 'Bearer SG.key.of-ours' };

/** @param where Method and target, such as `GET /v3/marketing/lists?page_size=1`. */
export const requestOf = (where: string, body?: unknown, headers: SandboxRequest['headers'] = keyHeaders): SandboxRequest => {
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
    return asResponse(simulator.answer(requestOf(`${method} ${path}`, parsed, headers)));
  };

export interface SimulatedSendgrid {
  readonly simulator: SimulatorInstance;
  ask(where: string, body?: unknown, headers?: SandboxRequest['headers']): SandboxAnswer;
  /** Lets time pass, ms. */
  pass(ms: number): void;
  enter(scenario: string): void;
}

/** The simulator at a time that stands until a test moves it. */
export const simulatedSendgrid = (): SimulatedSendgrid => {
  let now = Date.UTC(2026, 10, 21, 9, 0, 0);
  const simulator = sendgridSimulator.create({ now: () => now, random: new SeededRandom(7, 'sendgrid').next });
  return {
    simulator,
    ask: (...asked) => simulator.answer(requestOf(...asked)),
    pass: (ms) => {
      now += ms;
    },
    enter: (scenario) => {
      const begin = simulator.scenarios[scenario];
      if (begin === undefined) throw new Error(`no scenario ${scenario}`);
      begin();
    },
  };
};

/** A field of an answer's body. */
export const fieldOf = ({ body }: SandboxAnswer, name: string): unknown =>
  typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>)[name] : undefined;

/** The first message of a refusal. */
export const messageOf = (answer: SandboxAnswer): unknown =>
  (fieldOf(answer, 'errors') as readonly { readonly message: string }[] | undefined)?.[0]?.message;
