import { expect } from 'chai';
import { sendgrid } from '../../../../src/services/sendgrid/sendgrid.ts';

const headers = { 'x-ratelimit-limit': '500', 'x-ratelimit-remaining': '499', 'x-ratelimit-reset': '1392815263' };
const wallTime = 1_392_815_200_000;

describe('quota headers of SendGrid', () => {
  it('are read as those of the operation they answer: every endpoint has its own', () => {
    expect(sendgrid.readQuota(headers, { operation: 'list_bounces', wallTime })).to.deep.equal([
      { window: 'list_bounces', limit: 500, remaining: 499, resetAt: 1_392_815_263_000 },
    ]);
    expect(sendgrid.readQuota(headers, { operation: 'find_contacts', wallTime })[0]).to.include({ window: 'find_contacts' });
  });

  it('may be missing, as on mail', () => {
    expect(sendgrid.readQuota({}, { operation: 'send_mail', wallTime })).to.deep.equal([]);
  });
});
