import { expect } from 'chai';
import { readSendgridQuota, resetAt } from '../../../../src/services/sendgrid/sendgridQuota.ts';

const headers = { 'x-ratelimit-limit': '500', 'x-ratelimit-remaining': '499', 'x-ratelimit-reset': '1392815263' };

describe('quota headers of SendGrid', () => {
  it('are read as those of the operation they answer: every endpoint has its own', () => {
    expect(readSendgridQuota(headers, { operation: 'list_bounces' })).to.deep.equal([
      { window: 'list_bounces', limit: 500, remaining: 499, resetAt: 1_392_815_263_000 },
    ]);
    expect(readSendgridQuota(headers, { operation: 'find_contacts' })[0]).to.include({ window: 'find_contacts' });
  });

  it('are not read where nobody says whose they are, so that endpoints are not taken for each other', () => {
    expect(readSendgridQuota(headers)).to.deep.equal([]);
  });

  it('may be missing, as on mail', () => {
    expect(readSendgridQuota({}, { operation: 'send_mail' })).to.deep.equal([]);
    expect(resetAt({})).to.equal(undefined);
  });
});
