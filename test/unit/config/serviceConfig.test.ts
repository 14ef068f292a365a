import { expect } from 'chai';
import { readConfig } from '../../../src/config/config.ts';
import type { ReadFile } from '../../../src/config/secretFile.ts';
import { faultsOf, hubspot, production, readFileFrom } from './settingFixtures.ts';

const read = (env: Readonly<Record<string, string>>, readFile: ReadFile = readFileFrom({})) =>
  readConfig(env, [hubspot], { readFile }).services['hubspot'];

describe('readServiceSettings', () => {
  it('takes every limit of a service', () => {
    const settings = read({
      HUBSPOT_CIRCUIT_TIMEOUT: '3000',
      HUBSPOT_CIRCUIT_RESET_TIMEOUT: '7000',
      HUBSPOT_CIRCUIT_ERROR_THRESHOLD_PERCENTAGE: '12.5',
      HUBSPOT_CIRCUIT_VOLUME_THRESHOLD: '5',
      HUBSPOT_DEADLINE_MS: '9000',
      HUBSPOT_RATE_LIMIT: '100/10s',
    });

    expect(settings?.limits).to.deep.equal({
      attemptTimeoutMs: 3000,
      deadlineMs: 9000,
      openForMs: 7000,
      failureRatePercent: 12.5,
      minimumCalls: 5,
      rateLimit: { requests: 100, windowMs: 10_000 },
    });
  });

  it('calls the real service once there is a credential', () => {
    const settings = read({ HUBSPOT_API_KEY: 'pat-1' });

    expect(settings?.useSandbox).to.equal(false);
    expect(settings?.secret?.reveal()).to.equal('pat-1');
  });

  it('needs no credential at a base URL on this machine, and takes the slash off its end', () => {
    const settings = read({ HUBSPOT_BASE_URL: 'http://127.0.0.1:4010/hubspot/' });

    expect(settings).to.deep.include({ baseUrl: 'http://127.0.0.1:4010/hubspot', secret: undefined, useSandbox: false });
  });

  it('demands a credential for a base URL on another machine', () => {
    expect(faultsOf({ HUBSPOT_BASE_URL: 'https://proxy.example' }, [hubspot])).to.deep.equal([
      'HUBSPOT_API_KEY is required because HUBSPOT_BASE_URL is not on this machine: set it, or HUBSPOT_API_KEY_FILE to a file that holds it',
    ]);
  });

  it('demands a credential while the sandbox is off', () => {
    expect(faultsOf({ SANDBOX: 'off' }, [hubspot])[0]).to.match(/^HUBSPOT_API_KEY is required while SANDBOX is off/);
  });

  it('puts every service on the sandbox while it is on, and says that a base URL has no effect', () => {
    const config = readConfig({ SANDBOX: 'on', HUBSPOT_API_KEY: 'pat-1', HUBSPOT_BASE_URL: 'https://proxy.example' }, [hubspot]);

    expect(config.services['hubspot']).to.deep.include({ useSandbox: true, secret: undefined, baseUrl: undefined });
    expect(config.warnings).to.deep.equal(['HUBSPOT_BASE_URL has no effect while SANDBOX is on']);
  });

  it('reads a credential from a file, without the line break at its end', () => {
    const settings = read({ HUBSPOT_API_KEY_FILE: '/run/key' }, readFileFrom({ '/run/key': 'pat-2\n' }));

    expect(settings?.secret?.reveal()).to.equal('pat-2');
  });

  it('reports a file that is missing, and one with more than a credential, without quoting it', () => {
    const missing = faultsOf({ HUBSPOT_API_KEY_FILE: '/run/key' }, [hubspot], readFileFrom({}));
    const strange = faultsOf({ HUBSPOT_API_KEY_FILE: '/run/key' }, [hubspot], readFileFrom({ '/run/key': 'canary one\ncanary two' }));

    expect(missing).to.deep.equal(["HUBSPOT_API_KEY_FILE must name a readable file (ENOENT): correct the path or the file's permissions"]);
    expect(strange).to.have.length(1);
    expect(strange.join())
      .to.match(/^HUBSPOT_API_KEY_FILE must name a file with nothing but the credential/)
      .and.not.contain('canary');
  });

  it('refuses a credential given twice', () => {
    expect(faultsOf({ HUBSPOT_API_KEY: 'a', HUBSPOT_API_KEY_FILE: '/f' }, [hubspot], () => 'b')).to.deep.equal([
      'HUBSPOT_API_KEY_FILE must not be set beside HUBSPOT_API_KEY: keep one of the two',
    ]);
  });

  it('reports a malformed credential once, not as missing as well', () => {
    expect(faultsOf({ ...production, HUBSPOT_API_KEY: 'two words' }, [hubspot])).to.have.length(1);
  });

  for (const url of [
    'nowhere',
    'ftp://host',
    'https://user:pass@host',
    'https://host/?a=1',
    'https://host/#a',
    'https:host',
    'http://',
    'https://ho st',
  ]) {
    it(`refuses ${url} as a base URL`, () => {
      expect(faultsOf({ HUBSPOT_API_KEY: 'k', HUBSPOT_BASE_URL: url }, [hubspot])).to.have.length(1);
    });
  }

  it('lets a credential travel in the clear only to this machine in production', () => {
    const faultsAt = (url: string): readonly string[] => faultsOf({ ...production, HUBSPOT_BASE_URL: url }, [hubspot]);

    expect(faultsAt('http://proxy.example')).to.deep.equal([
      'HUBSPOT_BASE_URL must be https in production, or http to this machine: our credential travels there',
    ]);
    expect(faultsAt('http://127.0.0.1.example.com')).to.have.length(1);
    for (const url of ['https://proxy.example', 'http://localhost:1', 'http://[::1]:1', 'http://127.0.0.9'])
      expect(faultsAt(url)).to.deep.equal([]);
  });

  it('refuses an attempt that may last longer than the whole call, naming the setting that is set', () => {
    expect(faultsOf({ HUBSPOT_CIRCUIT_TIMEOUT: '10001' }, [hubspot])).to.deep.equal([
      'HUBSPOT_CIRCUIT_TIMEOUT must not exceed the deadline of the whole call: lower it, or raise HUBSPOT_DEADLINE_MS',
    ]);
    expect(faultsOf({ HUBSPOT_DEADLINE_MS: '3999' }, [hubspot])).to.deep.equal([
      'HUBSPOT_DEADLINE_MS must not be below the patience for one attempt: raise it, or lower HUBSPOT_CIRCUIT_TIMEOUT',
    ]);
    expect(faultsOf({ HUBSPOT_CIRCUIT_TIMEOUT: '20000', HUBSPOT_DEADLINE_MS: '20000' }, [hubspot])).to.deep.equal([]);
  });

  const wrong: Readonly<Record<string, readonly string[]>> = {
    CIRCUIT_TIMEOUT: ['0', '86400000', '5s'],
    CIRCUIT_ERROR_THRESHOLD_PERCENTAGE: ['0', '100.1', '50%', '1e1'],
    CIRCUIT_VOLUME_THRESHOLD: ['0', '1.5'],
    RATE_LIMIT: ['100', '100/10', '0/10s', '100/0s', '100/10ms'],
  };
  for (const [setting, values] of Object.entries(wrong)) {
    it(`refuses ${values.join(', ')} as ${setting}`, () => {
      for (const value of values) expect(faultsOf({ [`HUBSPOT_${setting}`]: value }, [hubspot]), value).to.have.length(1);
    });
  }
});
