/**
 * The simulated Mailchimp as its clients meet it, at a time that stands until a test moves it.
 */
import { mailchimpSimulator } from '../../../../sandbox/mailchimp/mailchimpSandbox.ts';
import type { OpenConnections, SandboxAnswer, SandboxRequest, SimulatorInstance } from '../../../../sandbox/simulation/simulator.ts';
import { SeededRandom } from '../../../../sandbox/server/seededRandom.ts';

export const LIST = '16ed227135';
/** New members of it need a company. */
export const STRICT_LIST = 'a1b2c3d4e5';

export const basic = (credential: string): string => `Basic ${Buffer.from(credential).toString('base64')}`;

export interface Asked {
  readonly body?: unknown;
  readonly authorization?: string;
  readonly host?: string;
  readonly malformed?: boolean;
  readonly connections?: OpenConnections;
}

export interface SimulatedMailchimp {
  readonly simulator: SimulatorInstance;
  /** Lets time pass, ms. */
  pass(ms: number): void;
  /** @param where Method and target, such as `GET /lists?count=1`. */
  request(where: string, asked?: Asked): SandboxRequest;
  ask(where: string, body?: unknown): SandboxAnswer;
  askAs(where: string, asked: Asked): SandboxAnswer;
  enter(scenario: string): void;
}

const requestOf = (where: string, asked: Asked = {}): SandboxRequest => {
  const { body, authorization = basic('anystring:sandbox-us19'), host = '127.0.0.1:4010', malformed = false, connections } = asked;
  const [method = '', target = ''] = where.split(' ');
  const [path = '', query = ''] = target.split('?');
  const headers: SandboxRequest['headers'] = { host, ...(authorization === '' ? {} : { authorization }) };
  const request = { method, path, query: new URLSearchParams(query), headers, body, malformed };
  return connections === undefined ? request : Object.assign(request, { connections });
};

export const simulatedMailchimp = (): SimulatedMailchimp => {
  let now = Date.UTC(2026, 10, 21, 9, 0, 0);
  const simulator = mailchimpSimulator.create({ now: () => now, random: new SeededRandom(7, 'mailchimp').next });
  return {
    simulator,
    pass: (ms) => {
      now += ms;
    },
    request: requestOf,
    ask: (where, body) => simulator.answer(requestOf(where, { body })),
    askAs: (where, asked) => simulator.answer(requestOf(where, asked)),
    enter: (scenario) => {
      const begin = simulator.scenarios[scenario];
      if (begin === undefined) throw new Error(`no scenario ${scenario}`);
      begin();
    },
  };
};

/** Status and title of a problem, or status and body. */
export const told = ({ status, body }: SandboxAnswer): readonly unknown[] => [
  status,
  typeof body === 'object' && body !== null && 'title' in body ? body.title : body,
];
