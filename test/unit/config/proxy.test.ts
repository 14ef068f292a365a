import { expect } from 'chai';
import { readConfig } from '../../../src/config/config.ts';
import { proxyRule } from '../../../src/config/proxy.ts';
import { faultsOf, hubspot } from './settingFixtures.ts';

const ruleOf = (env: Readonly<Record<string, string>>) => proxyRule(readConfig(env, [hubspot]).proxy);
const SECURE = 'https://api.hubapi.com';

describe('the proxy on the way to a service', () => {
  it('is none unless one is set', () => {
    expect(ruleOf({})(SECURE)).to.equal(undefined);
  });

  it('is chosen by the scheme of the service', () => {
    const rule = ruleOf({ HTTPS_PROXY: 'http://one:3128', HTTP_PROXY: 'http://other:3128' });

    expect([rule(SECURE)?.origin, rule('http://127.0.0.1:4010')?.origin]).to.deep.equal(['http://one:3128', 'http://other:3128']);
  });

  it('is read in lower case first, and without a scheme as http', () => {
    expect(ruleOf({ HTTPS_PROXY: 'http://upper:1', https_proxy: 'lower:2' })(SECURE)).to.deep.equal({ origin: 'http://lower:2' });
  });

  it('is told its user and password', () => {
    const proxy = ruleOf({ HTTPS_PROXY: 'http://us%40er:p%3Aw@proxy:3128' })(SECURE);

    expect(proxy).to.deep.equal({ origin: 'http://proxy:3128', authorization: `Basic ${Buffer.from('us@er:p:w').toString('base64')}` });
  });

  it('never shows its address, which may hold a password', () => {
    const config = readConfig({ HTTPS_PROXY: 'http://user:hunter2@proxy:3128' }, [hubspot]);

    expect(JSON.stringify(config)).to.not.include('hunter2').and.not.include('proxy:3128');
  });

  for (const value of ['socks5://proxy:1080', 'http://proxy:3128/path', 'http://?nowhere', 'http://u:%zz@proxy']) {
    it(`is refused as ${value}, without a word of it`, () => {
      const [fault, ...others] = faultsOf({ HTTPS_PROXY: value }, [hubspot]);

      expect(fault).to.include('HTTPS_PROXY').and.include('must be the URL of an HTTP proxy').and.not.include(value);
      expect(others).to.deep.equal([]);
    });
  }

  for (const [except, origin, isDirect] of [
    ['*', SECURE, true],
    ['hubapi.com', SECURE, true],
    ['.hubapi.com', SECURE, true],
    ['*.hubapi.com', SECURE, true],
    ['API.HubAPI.com', SECURE, true],
    ['api.hubapi.com:443', SECURE, true],
    ['api.hubapi.com:8443', SECURE, false],
    ['bapi.com', SECURE, false],
    ['localhost, api.hubapi.com', SECURE, true],
    ['localhost 127.0.0.1', 'https://127.0.0.1:4010', true],
    ['127.0.0.1', 'https://127.0.0.2', false],
    ['0.1', 'https://127.0.0.1', false],
    ['127.0.0.0/8', 'https://127.9.0.1', true],
    ['10.0.0.0/8', 'https://127.0.0.1', false],
    ['10.0.0.0/99', 'https://10.0.0.1', false],
    ['::1', 'https://[::1]:8443', true],
    ['fd00::/8', 'https://[fd12::1]', true],
    ['.', SECURE, false],
  ] as const) {
    it(`is ${isDirect ? 'left out' : 'used'} for ${origin} with NO_PROXY=${except}`, () => {
      const proxy = ruleOf({ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: except })(origin);

      expect(proxy === undefined).to.equal(isDirect);
    });
  }
});
