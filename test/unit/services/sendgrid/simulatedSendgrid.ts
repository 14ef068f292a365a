/**
 * For tests of SendGrid: its client over a scripted wire or over its simulator.
 */
import { targetFrom } from '../../../../src/pipeline/requestBuilder.ts';
import type { Transport } from '../../../../src/wire/transport.ts';
import { SeededRandom } from '../../../../sandbox/server/seededRandom.ts';
import { sendgrid } from '../../../../src/services/sendgrid/sendgrid.ts';
import type { SendgridClient } from '../../../../src/services/sendgrid/sendgridClient.ts';
import type { Mail } from '../../../../src/services/sendgrid/sendgridMail.ts';
import { sendgridSimulator } from '../../../../sandbox/sendgrid/sendgridSandbox.ts';
import type { SandboxAnswer, SandboxRequest, SimulatorInstance } from '../../../../sandbox/simulation/simulator.ts';
import type { Route } from '../../../../src/web/route.ts';
import { httpHouse, type HouseParts, type HttpHouse } from '../../../support/httpHouse.ts';
import { enter, sandboxRequest } from '../../../support/simulatedWire.ts';

export interface SendgridHouse extends HttpHouse {
  readonly client: SendgridClient;
  readonly routes: readonly Route[];
}

export const sendgridHouse = (transport: Transport, parts: HouseParts = {}): SendgridHouse => {
  const target = targetFrom(sendgrid.baseUrl, sendgrid.authenticate('SG.key.of-ours'));
  const house = httpHouse(transport, { classify: sendgrid.classify, readQuota: sendgrid.readQuota, target, ...parts });
  return { ...house, ...sendgrid.mount(house.http) };
};

export const mail: Mail = {
  personalizations: [{ to: [{ email: 'ada@example.com' }] }],
  from: { email: 'orders@example.com' },
  subject: 'Your order',
  content: [{ type: 'text/plain', value: 'It is on its way.' }],
};

export const keyHeaders: SandboxRequest['headers'] = { authorization: 'Bearer SG.key.of-ours' };

/** @param where Method and target, such as `GET /v3/marketing/lists?page_size=1`. */
export const requestOf = (where: string, body?: unknown, headers = keyHeaders): SandboxRequest => sandboxRequest(where, headers, body);

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
      enter(simulator, scenario);
    },
  };
};

/** A field of an answer's body. */
export const fieldOf = ({ body }: SandboxAnswer, name: string): unknown =>
  typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>)[name] : undefined;

/** The first message of a refusal. */
export const messageOf = (answer: SandboxAnswer): unknown =>
  (fieldOf(answer, 'errors') as readonly { readonly message: string }[] | undefined)?.[0]?.message;
