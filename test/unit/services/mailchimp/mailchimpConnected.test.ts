import { expect } from 'chai';
import { Secret } from '../../../../src/config/secret.ts';
import type { ServiceSettings } from '../../../../src/config/serviceConfig.ts';
import { mailchimp } from '../../../../src/services/mailchimp/mailchimp.ts';
import { addressUnder as addressOf } from '../../../support/connectedAddress.ts';

/** Where a ping goes under these settings. */
const addressUnder = (own: Partial<ServiceSettings>): Promise<string> =>
  addressOf(mailchimp, own, '{"health_status":"well"}', (client) => client.ping());

describe('a connected Mailchimp', () => {
  it('is asked at the data centre of its key', async () => {
    expect(await addressUnder({ secret: new Secret('0123456789abcdef-eu2') })).to.equal('https://eu2.api.mailchimp.com/3.0/ping');
  });

  it('is asked where the settings say, whatever the key or token', async () => {
    const baseUrl = 'https://proxy.example.com/mailchimp';

    expect(await addressUnder({ baseUrl, secret: new Secret('0123456789abcdef-eu2') })).to.equal(`${baseUrl}/ping`);
    expect(await addressUnder({ baseUrl, secret: new Secret('token0123456789') })).to.equal(`${baseUrl}/ping`);
  });

  it('is asked in the sandbox while there is no key', async () => {
    expect(await addressUnder({ useSandbox: true })).to.equal('http://127.0.0.1:4010/mailchimp/ping');
  });

  it('stops the start for a key that names no data centre, without repeating it', async () => {
    const failure = await addressUnder({ secret: new Secret('nowhere0123456789') }).then(
      () => undefined,
      (error: unknown) => error,
    );

    expect(failure).to.be.instanceOf(Error).with.property('message').that.includes('MAILCHIMP_API_KEY').and.not.includes('nowhere');
  });
});
