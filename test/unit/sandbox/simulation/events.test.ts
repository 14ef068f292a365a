import { expect } from 'chai';
import { hubspotSimulator } from '../../../../sandbox/hubspot/hubspotSandbox.ts';
import { kitSimulator } from '../../../../sandbox/kit/kitSandbox.ts';
import { lemlistSimulator } from '../../../../sandbox/lemlist/lemlistSandbox.ts';
import { mailchimpSimulator } from '../../../../sandbox/mailchimp/mailchimpSandbox.ts';
import { sendgridSimulator } from '../../../../sandbox/sendgrid/sendgridSandbox.ts';
import { createSigner, stampedSignature, type SimulatedEvent } from '../../../../sandbox/simulation/webhooks.ts';
import type { Simulator, SimulatorInstance } from '../../../../sandbox/simulation/simulator.ts';
import { SeededRandom } from '../../../../sandbox/server/seededRandom.ts';

const LIST = '/lists/16ed227135/members';
const START = Date.UTC(2026, 10, 1);

const credentials = {
  hubspot: { authorization: 'Bearer pat-na1-sandbox-token' },
  kit: { authorization: 'Bearer kit-sandbox-oauth-token' },
  lemlist: { authorization: `Basic ${Buffer.from(':lemlist-sandbox-key').toString('base64')}` },
  sendgrid: { authorization: 'Bearer SG.sandbox.sandbox' },
  mailchimp: { authorization: `Basic ${Buffer.from('any:0123456789abcdef-us19').toString('base64')}` },
};

describe('events of simulated accounts', () => {
  let events: SimulatedEvent[];
  let now: number;
  let instance: SimulatorInstance;
  let headers: Readonly<Record<string, string>>;

  const simulate = (simulator: Simulator): void => {
    events = [];
    now = START;
    headers = credentials[simulator.name as keyof typeof credentials];
    instance = simulator.create({ now: () => now, random: new SeededRandom(1, 'test').next, emit: (event) => events.push(event) });
  };
  const ask = (method: string, target: string, body?: unknown): Record<string, unknown> => {
    const [path = '', query = ''] = target.split('?');
    const answer = instance.answer({ method, path, query: new URLSearchParams(query), headers, body, malformed: false });
    expect(answer.status, `${method} ${target}: ${JSON.stringify(answer.body)}`).to.be.below(300);
    return (answer.body ?? {}) as Record<string, unknown>;
  };
  /** What was told since this was last asked. */
  const told = (): readonly string[] => events.splice(0).map(({ type }) => type);

  describe('of HubSpot', () => {
    beforeEach(() => {
      simulate(hubspotSimulator);
    });

    it('are one for a new record, whichever way it came', () => {
      ask('POST', '/crm/objects/2026-03/contacts', { properties: { email: 'one@example.com' } });
      ask('POST', '/crm/objects/2026-03/companies/batch/create', {
        inputs: [{ properties: { name: 'One' } }, { properties: { name: 'Two' } }],
      });

      expect(told()).to.deep.equal(['contact.creation', 'company.creation', 'company.creation']);
    });

    it('are one for each property that has another value, and none for one that stays', () => {
      const { id } = ask('POST', '/crm/objects/2026-03/contacts', { properties: { email: 'one@example.com', city: 'Bonn' } });
      told();

      ask('PATCH', `/crm/objects/2026-03/contacts/${String(id)}`, { properties: { city: 'Bonn', firstname: 'Ada' } });

      expect(events.map(({ type, body }) => [type, body['propertyName'], body['objectId']])).to.deep.equal([
        ['contact.propertyChange', 'firstname', Number(id)],
      ]);
    });
  });

  describe('of Lemlist', () => {
    beforeEach(() => {
      simulate(lemlistSimulator);
    });

    it('are one for each value that was not unsubscribed yet', () => {
      ask('POST', '/v2/unsubscribes/variables', { values: ['a@example.com', '@example.net'] });
      ask('POST', '/v2/unsubscribes/variables/a%40example.com');

      expect(told()).to.deep.equal(['emailsUnsubscribed', 'emailsUnsubscribed']);
    });

    it('are one for a pause and one for its end', () => {
      const lead = 'lea_seedAda0000000001?campaignId=cam_4HrZbi8xsez4QlrnL';
      ask('POST', `/leads/pause/${lead}`);
      ask('POST', `/leads/pause/${lead}`);
      ask('POST', `/leads/start/${lead}`);

      expect(told()).to.deep.equal(['paused', 'resumed']);
    });
  });

  describe('of Kit', () => {
    beforeEach(() => {
      simulate(kitSimulator);
    });

    it('follow a subscriber from its creation to its end', () => {
      const { subscriber } = ask('POST', '/v4/subscribers', { email_address: 'one@example.com', state: 'inactive' }) as {
        subscriber: { id: number };
      };
      const created = told();
      const { tag } = ask('POST', '/v4/tags', { name: 'new' }) as { tag: { id: number } };
      ask('POST', `/v4/tags/${String(tag.id)}/subscribers/${String(subscriber.id)}`);
      ask('POST', `/v4/tags/${String(tag.id)}/subscribers/${String(subscriber.id)}`);
      ask('DELETE', `/v4/tags/${String(tag.id)}/subscribers/${String(subscriber.id)}`);
      ask('DELETE', `/v4/tags/${String(tag.id)}/subscribers/${String(subscriber.id)}`);
      ask('POST', `/v4/subscribers/${String(subscriber.id)}/unsubscribe`, {});

      expect(created).to.deep.equal(['subscriber.created']);
      expect(told()).to.deep.equal(['subscriber.tag_added', 'subscriber.tag_removed', 'subscriber.unsubscribed']);
    });

    it('come from rows that were put off once they are done, by the clock alone', () => {
      const subscribers = Array.from({ length: 101 }, (_, row) => ({ email_address: `row${String(row)}@example.com` }));
      ask('POST', '/v4/bulk/subscribers', { subscribers });
      const early = [instance.settle?.(), told().length];

      now += 5_000;
      const late = [instance.settle?.(), told().length, instance.settle?.()];

      expect([early, late]).to.deep.equal([
        [false, 0],
        [true, 202, false],
      ]);
    });
  });

  describe('of Mailchimp', () => {
    beforeEach(() => {
      simulate(mailchimpSimulator);
    });

    it('follow a member through its states', () => {
      const email = 'one@example.com';
      ask('PUT', `${LIST}/one%40example.com`, { email_address: email, status_if_new: 'subscribed' });
      ask('PATCH', `${LIST}/one%40example.com`, { merge_fields: { FNAME: 'One' } });
      ask('PATCH', `${LIST}/one%40example.com`, { status: 'unsubscribed' });
      ask('PATCH', `${LIST}/one%40example.com`, { status: 'pending' });
      ask('PATCH', `${LIST}/one%40example.com`, { status: 'subscribed' });
      ask('PATCH', `${LIST}/one%40example.com`, { status: 'cleaned' });

      expect(told()).to.deep.equal(['subscribe', 'profile', 'unsubscribe', 'subscribe', 'cleaned']);
    });

    it('tell an archived member from one that left', () => {
      for (const name of ['one', 'two']) {
        ask('PUT', `${LIST}/${name}%40example.com`, { email_address: `${name}@example.com`, status_if_new: 'subscribed' });
      }
      told();

      ask('DELETE', `${LIST}/one%40example.com`);
      ask('PATCH', `${LIST}/two%40example.com`, { status: 'unsubscribed' });

      expect(events.map(({ type, body }) => [type, (body['data'] as Record<string, unknown>)['action']])).to.deep.equal([
        ['unsubscribe', 'delete'],
        ['unsubscribe', 'unsub'],
      ]);
    });

    it('come as a form that nests as Mailchimp does', () => {
      ask('PUT', `${LIST}/one%40example.com`, {
        email_address: 'one@example.com',
        status_if_new: 'subscribed',
        merge_fields: { ADDRESS: { city: 'Bonn' }, AGE: 7 },
      });

      const moment = { id: 1, url: 'http://127.0.0.1', wallTime: now, attempt: 0 };
      const body = mailchimpSimulator.webhooks?.compose(events.slice(0, 1), moment, createSigner('optional')).body;

      expect(Object.fromEntries(new URLSearchParams(body))).to.include({
        fired_at: '2026-11-01 00:00:00',
        'data[merges][ADDRESS][city]': 'Bonn',
        'data[merges][AGE]': '7',
      });
    });
  });

  describe('of SendGrid', () => {
    beforeEach(() => {
      simulate(sendgridSimulator);
    });

    it('say of each recipient what became of the mail, with what the sender gave along', () => {
      ask('POST', '/v3/asm/suppressions/global', { recipient_emails: ['gone@example.com'] });
      ask('POST', '/v3/mail/send', {
        personalizations: [
          { to: [{ email: 'one@example.com' }], custom_args: { row: '1' } },
          { to: [{ email: 'gone@example.com' }], custom_args: { row: '2' } },
        ],
        from: { email: 'sales@example.com' },
        subject: 'Hello',
        content: [{ type: 'text/plain', value: 'Hello' }],
        custom_args: { row: '0', run: 'a' },
      });

      expect(events.map(({ type, body }) => [type, body['email'], body['row'], body['run'], body['reason']])).to.deep.equal([
        ['processed', 'one@example.com', '1', 'a', undefined],
        ['delivered', 'one@example.com', '1', 'a', undefined],
        ['dropped', 'gone@example.com', '2', 'a', 'Unsubscribed Address'],
      ]);
      expect(new Set(events.map(({ body }) => body['sg_event_id'])).size).to.equal(3);
    });

    it('leave jobs to the clock, which does them once', () => {
      ask('PUT', '/v3/marketing/contacts', { contacts: [{ email: 'one@example.com' }] });
      const early = instance.settle?.();

      now += 2_000;

      expect([early, instance.settle?.(), instance.settle?.()]).to.deep.equal([false, true, false]);
    });
  });
});

describe('stamped signature', () => {
  it('is the digest over moment and body that a known key gives', () => {
    // openssl: printf '1767225600.{}' | openssl dgst -sha256 -hmac secret
    expect(stampedSignature(createSigner('needed', 'secret'), '{}', 1_767_225_600_999)).to.equal(
      't=1767225600,v1=fa7eaa06bf97d7815f3f456e97cde70c9e50cb005f01660c8d10b10c21964887',
    );
  });
});
