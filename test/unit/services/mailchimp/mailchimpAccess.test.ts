import { expect } from 'chai';
import { mailchimp } from '../../../../src/services/mailchimp/mailchimp.ts';

describe('access to Mailchimp', () => {
  it('goes to the data centre that ends the key', () => {
    expect(mailchimp.baseUrlFor?.('0123456789abcdef-us19')).to.equal('https://us19.api.mailchimp.com/3.0');
    expect(mailchimp.baseUrlFor?.('with-dashes-in-it-eu2')).to.equal('https://eu2.api.mailchimp.com/3.0');
    expect(mailchimp.baseUrlFor?.('k-us7')).to.equal('https://us7.api.mailchimp.com/3.0');
  });

  for (const hostile of [
    'key',
    'key-',
    'key-us',
    'key-19',
    'key-US19',
    'key-us19.evil.test/',
    'key-evil.test#us1',
    'key-us19@evil.test',
    'key-us19\n',
    '',
  ]) {
    it(`refuses the credential ${JSON.stringify(hostile)} as an address, without repeating it`, () => {
      const address = () => mailchimp.baseUrlFor?.(hostile);

      expect(address)
        .to.throw(Error)
        .that.satisfies(({ message }: Error) => hostile === '' || hostile === 'key' || !message.includes(hostile));
      expect(address).to.throw('MAILCHIMP_BASE_URL');
    });
  }

  it('sends a key as the password of any user', () => {
    const [scheme, credential = ''] = (mailchimp.authenticate('abc-us19')['authorization'] ?? '').split(' ');

    expect(scheme).to.equal('Basic');
    expect(Buffer.from(credential, 'base64').toString()).to.equal('anystring:abc-us19');
  });

  it('sends a token that names no data centre as Bearer', () => {
    expect(mailchimp.authenticate('a1b2c3d4')).to.deep.equal({ authorization: 'Bearer a1b2c3d4' });
  });

  it('has an address for the credential of the sandbox, and asks for no quota', () => {
    expect(mailchimp.baseUrl).to.equal(mailchimp.baseUrlFor?.(mailchimp.sandboxSecret));
    expect(mailchimp.readQuota({ 'x-ratelimit-limit': '10' }, { operation: 'ping', wallTime: 0 })).to.deep.equal([]);
  });
});
