import { expect } from 'chai';
import { CredentialStandIns } from '../../../../sandbox/server/credentialStandIn.ts';

const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;
const pairIn = (header: string | undefined): string => Buffer.from((header ?? '').replace('Basic ', ''), 'base64').toString();
const standInFor = (name: string, value: string): string | undefined => new CredentialStandIns().headers({ [name]: value })[name];

describe('stand-ins for credentials', () => {
  it('keep the kind of a key and nothing of the key', () => {
    expect(standInFor('authorization', 'Bearer pat-na1-1a2B3c-9zZ8')).to.equal('Bearer pat-na1-0a0A0a-0aA1');
    expect(standInFor('authorization', 'Bearer SG.Qw3rty.Uiop45')).to.equal('Bearer SG.Aa0aaa.Aaaa01');
    expect(standInFor('x-kit-api-key', 'kit_9f8e7d6c5b')).to.equal('aaa_0a0a0a0a01');
    expect(standInFor('api_key', '0123456789abcdef')).to.equal('0000000000aaaaa1');
  });

  it('look into the pair of Basic, leave an empty user empty and a data centre readable', () => {
    expect(pairIn(standInFor('authorization', basic(':lemlist-key-77')))).to.equal(':aaaaaaa-aaa-00');
    expect(pairIn(standInFor('authorization', basic('any:0c0ffee0-us19')))).to.equal('aaa:0a0aaaa1-us19');
  });

  it('are one for one: equal for equal credentials, unlike for others', () => {
    const standIns = new CredentialStandIns();
    const values = ['kit_aaaaaaaa', 'kit_bbbbbbbb', 'kit_aaaaaaaa'].map(
      (key) => standIns.headers({ 'x-kit-api-key': key })['x-kit-api-key'],
    );

    expect(values).to.deep.equal(['aaa_aaaaaaa1', 'aaa_aaaaaaa2', 'aaa_aaaaaaa1']);
  });

  it('stand for themselves when they are recorded again', () => {
    for (const value of [
      'Bearer pat-na1-1a2B3c-9zZ8',
      'Bearer kit-sandbox-oauth-token',
      basic('any:0c0ffee0-us19'),
      'nonsense',
      'Basic !!',
    ]) {
      const once = standInFor('authorization', value) ?? '';

      expect(standInFor('authorization', once), value).to.equal(once);
    }
  });

  it('leave out headers that no service looks at', () => {
    const kept = new CredentialStandIns().headers({
      accept: 'application/json',
      cookie: 'session=1',
      'user-agent': 'me',
      host: '127.0.0.1:1',
    });

    expect(kept).to.deep.equal({ accept: 'application/json', host: '127.0.0.1:1' });
  });

  it('take the place of keys in the query, and of nothing else there', () => {
    const kept = new CredentialStandIns().query(new URLSearchParams('limit=5&access_token=a1b2c3d4&email=jane%40example.com'));

    expect(kept).to.equal('limit=5&access_token=a0a0a0a1&email=jane%40example.com');
  });
});
