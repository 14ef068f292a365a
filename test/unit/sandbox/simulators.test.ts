import { expect } from 'chai';
import type { SandboxRequest, SimulatorInstance } from '../../../sandbox/simulation/simulator.ts';
import { simulators } from '../../../sandbox/simulators.ts';
import { sandboxRequest } from '../../support/simulatedWire.ts';

const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;

interface Account {
  readonly headers: SandboxRequest['headers'];
  /** A read whose answer another one is after the write. */
  readonly read: string;
  readonly write: string;
  readonly body: unknown;
}

const accounts: Readonly<Record<string, Account>> = {
  hubspot: {
    headers: { authorization: 'Bearer pat-na1-sandbox-token' },
    read: 'GET /crm/v3/objects/contacts/101',
    write: 'PATCH /crm/v3/objects/contacts/101',
    body: { properties: { firstname: 'Changed' } },
  },
  lemlist: {
    headers: { authorization: basic(':lemlist-sandbox-key') },
    read: 'GET /campaigns',
    write: 'POST /campaigns',
    body: { name: 'Spring' },
  },
  explorium: {
    headers: { api_key: 'sandbox-key' },
    read: 'GET /v1/credits',
    write: 'POST /v1/businesses/match',
    body: { businesses_to_match: [{ domain: 'example.com' }] },
  },
  kit: {
    headers: { authorization: 'Bearer kit-sandbox-oauth-token' },
    read: 'GET /v4/tags',
    write: 'POST /v4/tags',
    body: { name: 'Fresh' },
  },
  mailchimp: {
    headers: { authorization: basic('any:0123456789abcdef-us19') },
    read: 'GET /lists',
    write: 'POST /lists/16ed227135/members',
    body: { email_address: 'new@example.com', status: 'subscribed' },
  },
  sendgrid: {
    headers: { authorization: 'Bearer SG.sandbox.sandbox' },
    read: 'GET /v3/marketing/lists',
    write: 'POST /v3/marketing/lists',
    body: { name: 'Ours' },
  },
};

for (const simulator of simulators) {
  describe(`every simulator, ${simulator.name}`, () => {
    const { headers, read, write, body } = accounts[simulator.name]!;
    const request = sandboxRequest(read, headers);
    const change = sandboxRequest(write, headers, body);
    const create = (): SimulatorInstance => simulator.create({ now: () => Date.UTC(2026, 10, 21), random: () => 0.5 });

    it(`answers the same to equal requests, as ${simulator.name}`, () => {
      const [one, other] = [create(), create()].map((instance) => [request, change, request].map((each) => instance.answer(each)));

      expect(one?.every(({ status }) => status < 300)).to.equal(true);
      expect(one?.[2]?.body).to.not.deep.equal(one?.[0]?.body);
      expect(other).to.deep.equal(one);
    });

    it(`forgets every scenario, throttle and write of ${simulator.name} at a reset`, () => {
      const fresh = create().answer(request);
      const instance = create();

      for (const [scenario, enter] of Object.entries(instance.scenarios)) {
        instance.answer(change);
        enter();
        instance.answer(change);
        instance.throttled(request);
        instance.reset();

        expect(instance.answer(request), scenario).to.deep.equal(fresh);
        instance.reset();
      }
    });

    it(`refuses a path that ${simulator.name} does not have, and throttles with 429`, () => {
      expect(create().answer({ ...request, path: '/no/such/path' }).status).to.equal(404);
      expect(create().throttled(request).status).to.equal(429);
    });

    it(`has a body for any status that ${simulator.name} may fail with`, () => {
      const statuses = [400, 401, 403, 404, 418, 429, 500, 502, 503, 524];

      const answers = statuses.map((status) => create().failure(status));

      expect(answers.map(({ status }) => status)).to.deep.equal(statuses);
      for (const { body } of answers) expect(body).to.not.equal(undefined);
    });
  });
}
