import { expect } from 'chai';
import { TransportFailure } from '../../../../src/wire/transport.ts';
import { OutcomeUnknownError } from '../../../../src/errors/upstreamErrors.ts';
import { errorOf } from '../../../support/errorOf.ts';
import { simulatedWire } from '../../../support/simulatedWire.ts';
import { fieldOf, mail, sendgridHouse, simulatedSendgrid, type SimulatedSendgrid } from '../../services/sendgrid/simulatedSendgrid.ts';

describe('simulated mail of SendGrid', () => {
  let simulated: SimulatedSendgrid;

  beforeEach(() => {
    simulated = simulatedSendgrid();
  });

  const send = (more: Readonly<Record<string, unknown>> = {}) => simulated.ask('POST /v3/mail/send', { ...mail, ...more });
  const arrived = (): readonly unknown[] => fieldOf(simulated.ask('GET /v3/messages?limit=100'), 'messages') as readonly unknown[];

  it('is accepted by an empty 202 with an id, and arrives', () => {
    const answer = send();

    expect(answer).to.have.all.keys('status', 'headers').and.include({ status: 202 });
    expect(arrived()).to.have.length(1);
    expect(arrived()[0]).to.include({ to_email: 'ada@example.com', subject: 'Your order', msg_id: answer.headers?.['x-message-id'] });
  });

  it('arrives twice if it is sent twice', () => {
    send();
    send();

    expect(arrived()).to.have.length(2);
  });

  it('arrives once by our client, although the answer to it was lost', async () => {
    const wire = simulatedWire(simulated.simulator);
    const house = sendgridHouse(async (request, signal) => {
      await wire(request, signal);
      throw new TransportFailure('reset');
    });

    await errorOf(house.client.sendMail(mail), OutcomeUnknownError).finally(house.close);

    expect(arrived()).to.have.length(1);
  });

  it('is not sent in sandbox mode, and not to suppressed addresses', () => {
    const tried = send({ mail_settings: { sandbox_mode: { enable: true } } });
    const dropped = send({ personalizations: [{ to: [{ email: 'bounced@example.com' }], cc: [{ email: 'test@example.com' }] }] });

    expect(tried).to.deep.equal({ status: 200 });
    expect(dropped.status).to.equal(202);
    expect(arrived()).to.deep.equal([]);
  });

  it('is refused with the field at fault', () => {
    const many = Array.from({ length: 1_001 }, () => ({ email: 'ada@example.com' }));
    const faults: readonly (readonly [Readonly<Record<string, unknown>>, string])[] = [
      [{ personalizations: [] }, 'personalizations'],
      [{ personalizations: [{ to: many }] }, 'personalizations'],
      [{ personalizations: [{ to: [] }] }, 'personalizations.0.to'],
      [{ from: undefined }, 'from.email'],
      [{ subject: undefined }, 'subject'],
      [{ content: undefined }, 'content'],
      [{ categories: Array.from({ length: 11 }, String) }, 'categories'],
      [{ send_at: Date.UTC(2026, 10, 25) / 1000 }, 'send_at'],
    ];

    for (const [more, field] of faults) {
      const answer = send(more);
      expect(answer.status, field).to.equal(400);
      expect(fieldOf(answer, 'errors')).to.have.nested.property('[0].field', field);
    }
    expect(arrived()).to.deep.equal([]);
  });

  it('needs no subject and no content of its own with a template', () => {
    expect(send({ subject: undefined, content: undefined, template_id: 'd-1' }).status).to.equal(202);
  });
});
