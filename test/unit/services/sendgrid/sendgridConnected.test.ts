import { expect } from 'chai';
import { Secret } from '../../../../src/config/secret.ts';
import type { ServiceSettings } from '../../../../src/config/serviceConfig.ts';
import { sendgrid } from '../../../../src/services/sendgrid/sendgrid.ts';
import { addressUnder as addressOf } from '../../../support/connectedAddress.ts';

/** Where the health check goes under these settings. */
const addressUnder = (own: Partial<ServiceSettings>): Promise<string> =>
  addressOf(sendgrid, own, '{"scopes":[]}', (client) => client.getScopes());

describe('a connected SendGrid', () => {
  it('is asked at the global host, unless the settings name the EU’s', async () => {
    const secret = new Secret('SG.key.of-ours');

    expect(await addressUnder({ secret })).to.equal('https://api.sendgrid.com/v3/scopes');
    expect(await addressUnder({ secret, baseUrl: 'https://api.eu.sendgrid.com' })).to.equal('https://api.eu.sendgrid.com/v3/scopes');
  });

  it('is asked in the sandbox while there is no key', async () => {
    expect(await addressUnder({ useSandbox: true })).to.equal('http://127.0.0.1:4010/sendgrid/v3/scopes');
  });
});
