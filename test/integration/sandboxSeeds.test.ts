import { expect } from 'chai';
import { startSandbox, type Sandbox } from '../../sandbox/server/sandbox.ts';
import { serviceRegistry } from '../../src/services/registry.ts';
import { simulators } from '../../sandbox/simulators.ts';
import { HandDrivenClock } from '../support/handDrivenClock.ts';
import { plainHttp, type PlainRequest, type PlainResponse } from '../support/plainHttp.ts';
import { toySimulator } from '../support/toySimulator.ts';

type Name = keyof typeof serviceRegistry;

/** Moves time between two requests. */
type Step = readonly [method: string, path: string, body?: unknown] | { readonly passMs: number };

interface Story {
  readonly build: readonly Step[];
  readonly look: readonly Step[];
}

/** Writes of every service, with work that is put off and chance that is drawn between them. */
const stories: Readonly<Record<Name, Story>> = {
  hubspot: {
    build: [
      ['POST', '/crm/objects/2026-03/contacts', { properties: { email: 'grace@example.com', firstname: 'Grace' } }],
      ['GET', '/crm/objects/2026-03/contacts?limit=2'],
      { passMs: 1500 },
      ['POST', '/crm/objects/2026-03/companies', { properties: { name: 'Example Ltd', domain: 'new.example.com' } }],
    ],
    look: [
      ['GET', '/crm/objects/2026-03/contacts/grace%40example.com?idProperty=email'],
      ['GET', '/crm/objects/2026-03/companies?limit=100'],
      ['POST', '/crm/objects/2026-03/contacts', { properties: { email: 'next@example.com' } }],
    ],
  },
  lemlist: {
    build: [
      ['POST', '/campaigns', { name: 'From a test' }],
      ['POST', '/v2/unsubscribes/variables/gone%40example.com'],
      { passMs: 100 },
      ['POST', '/contacts', { email: 'grace@example.com', firstName: 'Grace' }],
    ],
    look: [
      ['GET', '/campaigns?version=v2'],
      ['GET', '/v2/unsubscribes/variables/gone%40example.com'],
      ['GET', '/contacts?idsOrEmails=grace@example.com'],
    ],
  },
  explorium: {
    build: [['POST', '/v1/businesses/match', { businesses_to_match: [{ domain: 'example.com' }, { domain: 'example.org' }] }]],
    look: [['GET', '/v1/credits']],
  },
  kit: {
    build: [
      ['POST', '/v4/subscribers', { email_address: 'grace@example.com', first_name: 'Grace' }],
      ['POST', '/v4/tags', { name: 'from a test' }],
      { passMs: 400_000 },
    ],
    look: [
      ['GET', '/v4/subscribers?status=all'],
      ['GET', '/v4/tags'],
      ['POST', '/v4/tags', { name: 'next' }],
    ],
  },
  mailchimp: {
    build: [
      ['PUT', '/lists/16ed227135/members/grace%40example.com', { email_address: 'grace@example.com', status_if_new: 'subscribed' }],
      [
        'POST',
        '/batches',
        {
          operations: [
            { method: 'POST', path: '/lists/16ed227135/members', body: '{"email_address":"later@example.com","status":"subscribed"}' },
          ],
        },
      ],
      { passMs: 9000 },
      ['GET', '/ping'],
    ],
    look: [
      ['GET', '/lists/16ed227135/members?count=100'],
      ['POST', '/batches', { operations: [{ method: 'GET', path: '/ping' }] }],
    ],
  },
  sendgrid: {
    build: [
      ['PUT', '/v3/marketing/contacts', { contacts: [{ email: 'grace@example.com', first_name: 'Grace' }] }],
      ['POST', '/v3/asm/suppressions/global', { recipient_emails: ['gone@example.com'] }],
      { passMs: 3000 },
      ['GET', '/v3/scopes'],
    ],
    look: [
      ['POST', '/v3/marketing/contacts/search/emails', { emails: ['grace@example.com'] }],
      ['GET', '/v3/asm/suppressions/global/gone%40example.com'],
      ['POST', '/v3/mail/batch'],
    ],
  },
};

describe('sandbox seeds', () => {
  let clock: HandDrivenClock;
  const open: Sandbox[] = [];

  const start = async (seed: number, seeds?: string, simulated = simulators): Promise<Sandbox> => {
    const parts = { simulators: simulated, port: 0, seed, clock, log: () => undefined };
    const sandbox = await startSandbox(seeds === undefined ? parts : { ...parts, seeds });
    open.push(sandbox);
    return sandbox;
  };
  const control = (sandbox: Sandbox, path: string, options: PlainRequest = {}): Promise<PlainResponse> =>
    plainHttp(`http://127.0.0.1:${String(sandbox.port)}${path}`, options);

  /** The answers to a story, as texts. */
  const tell = async (sandbox: Sandbox, name: Name, steps: readonly Step[]): Promise<readonly string[]> => {
    const { authenticate, sandboxSecret } = serviceRegistry[name];
    const answers: string[] = [];
    for (const step of steps) {
      if ('passMs' in step) {
        clock.advance(step.passMs);
        continue;
      }
      const [method, path, body] = step;
      const headers = { ...authenticate(sandboxSecret), 'content-type': 'application/json' };
      const { status, text } = await plainHttp(`${sandbox.url(name)}${path}`, { method, headers, body });
      expect(status, `${method} ${path}: ${text}`).to.be.below(300);
      answers.push(text);
    }
    return answers;
  };
  const named = Object.entries(stories) as (readonly [Name, Story])[];
  const tellAll = async (sandbox: Sandbox, part: 'build' | 'look'): Promise<Record<string, readonly string[]>> => {
    const told: Record<string, readonly string[]> = {};
    for (const [name, story] of named) told[name] = await tell(sandbox, name, story[part]);
    return told;
  };

  beforeEach(() => {
    clock = new HandDrivenClock();
  });
  afterEach(() => Promise.all(open.splice(0).map((sandbox) => sandbox.close())));

  it('bring about the same accounts in a sandbox of another seed, an hour later', async () => {
    const first = await start(1);
    await tellAll(first, 'build');
    const { text: seeds, headers } = await control(first, '/_seeds');
    clock.advance(3_600_000);
    const second = await start(2, seeds);

    const [told, again] = [await tellAll(first, 'look'), await tellAll(second, 'look')];

    expect(again).to.deep.equal(told);
    expect(headers['content-disposition']).to.equal('attachment; filename="sandbox-seeds.json"');
  });

  it('are what a reset goes back to, until they are forgotten', async () => {
    const sandbox = await start(1);
    const { text: builtIn } = await control(sandbox, '/_seeds');
    await tell(sandbox, 'kit', [['POST', '/v4/tags', { name: 'kept' }]]);
    const { text: seeds } = await control(sandbox, '/_seeds');
    const put = await control(sandbox, '/_seeds', { method: 'PUT', body: seeds });
    await tell(sandbox, 'kit', [['POST', '/v4/tags', { name: 'passing' }]]);

    await control(sandbox, '/_reset', { method: 'POST' });
    const afterReset = await control(sandbox, '/_seeds');
    await control(sandbox, '/_seeds', { method: 'DELETE' });
    const [tags] = await tell(sandbox, 'kit', [['GET', '/v4/tags']]);

    expect(JSON.parse(put.text)).to.have.nested.property('services.kit', 1);
    expect(afterReset.text).to.equal(seeds).and.not.equal(builtIn);
    expect(tags).not.to.match(/kept|passing/u);
  });

  it('hold no credential, and load all the same', async () => {
    const sandbox = await start(1);
    const secret = Buffer.from(':lemlist-very-secret-key').toString('base64');
    await plainHttp(`${sandbox.url('lemlist')}/team?access_token=very-secret-token`, {
      headers: { authorization: `Basic ${secret}`, cookie: 'secret=1' },
    });
    await plainHttp(`${sandbox.url('kit')}/v4/account`, { headers: { 'x-kit-api-key': 'kit_very_secret_key' } });

    const { text } = await control(sandbox, '/_seeds');

    expect(text)
      .not.to.match(/secret|cookie/iu)
      .and.not.to.include(secret);
    expect((await control(sandbox, '/_seeds', { method: 'PUT', body: text })).status).to.equal(200);
  });

  it('leave webhooks as they are, and end faults', async () => {
    const sandbox = await start(1);
    const { text: seeds } = await control(sandbox, '/_seeds');
    await control(sandbox, '/_webhooks/kit', { method: 'PUT', body: { url: 'http://127.0.0.1:9/hook' } });
    await control(sandbox, '/_faults/kit', { method: 'PUT', body: { fault: 'refuse' } });

    await control(sandbox, '/_seeds', { method: 'PUT', body: seeds });

    expect(JSON.parse((await control(sandbox, '/_webhooks')).text)).to.have.nested.property('kit.target', 'http://127.0.0.1:9');
    expect((await plainHttp(`${sandbox.directUrl('kit')}/v4/account`)).status).to.equal(401);
  });

  it('are refused while a scenario is in force, which no request could repeat', async () => {
    const sandbox = await start(1);
    await control(sandbox, '/_faults/kit', { method: 'PUT', body: { fault: 'scenario', scenario: 'subscriber_limit' } });

    const during = await control(sandbox, '/_seeds');
    await control(sandbox, '/_faults/kit', { method: 'DELETE' });

    expect(during.status).to.equal(409);
    expect(during.text).to.match(/kit can't be recorded/u);
    expect((await control(sandbox, '/_seeds')).status).to.equal(200);
  });

  it('change nothing when they do not fit', async () => {
    const sandbox = await start(1);
    await tell(sandbox, 'kit', [['POST', '/v4/tags', { name: 'kept' }]]);
    const { text } = await control(sandbox, '/_seeds');
    const wrong = [
      text.replace('"status":201', '"status":200'),
      text.replace('"kit":', '"kitt":'),
      text.replace('seeds 1', 'seeds 9'),
      text.replace('"did":"answer"', '"did":"sing"'),
      text.slice(0, -5),
    ];

    const answers = await Promise.all(wrong.map((body) => control(sandbox, '/_seeds', { method: 'PUT', body })));

    expect(answers.map(({ status }) => status)).to.deep.equal([409, 400, 400, 400, 400]);
    expect(answers[0]?.text).to.match(/request 1 is answered 201, and was 200/u);
    expect((await control(sandbox, '/_seeds')).text).to.equal(text);
  });

  it('are lost after more requests than a journal holds, until the next reset', async () => {
    const sandbox = await start(1, undefined, [toySimulator()]);
    const body = 'x'.repeat(2_100_000);
    for (let request = 0; request < 2; request += 1)
      await plainHttp(`${sandbox.url('toy')}/x`, { method: 'POST', body: JSON.stringify(body) });

    const lost = await control(sandbox, '/_seeds');
    await control(sandbox, '/_reset', { method: 'POST' });

    expect(lost.status).to.equal(409);
    expect((await control(sandbox, '/_seeds')).status).to.equal(200);
  });
});
