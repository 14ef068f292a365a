import { expect } from 'chai';
import { readConfig } from '../../../src/config/config.ts';
import { faultsOf, hubspot, lemlist, production, readFileFrom } from './settingFixtures.ts';

describe('readConfig', () => {
  it('serves a fresh clone on this machine, with the sandbox in place of every service', () => {
    const config = readConfig({}, [hubspot, lemlist]);

    expect(config).to.deep.include({ environment: 'development', host: '127.0.0.1', port: 3000, sandboxPort: 4010, drainDelayMs: 0 });
    expect(config).to.deep.include({ managementPort: undefined, apiKeysFile: undefined, redis: undefined, warnings: [] });
    expect(Object.values(config.services).map((service) => service.useSandbox)).to.deep.equal([true, true]);
  });

  it('takes every setting of the process', () => {
    const config = readConfig(
      {
        NODE_ENV: 'test',
        PORT: '0',
        HOST: '::1',
        MANAGEMENT_PORT: '0',
        APP_VERSION: '1.2.3+abc',
        LOG_LEVEL: 'silent',
        DATA_DIR: '/var/lib/gateway',
        SANDBOX_PORT: '0',
        DRAIN_DELAY_MS: '250',
      },
      [],
    );

    expect(config).to.deep.include({ environment: 'test', host: '::1', port: 0, managementPort: 0, version: '1.2.3+abc' });
    expect(config).to.deep.include({ logLevel: 'silent', dataDirectory: '/var/lib/gateway', sandboxPort: 0, drainDelayMs: 250 });
  });

  it('listens to everybody and drains for five seconds in production', () => {
    const config = readConfig(production, [hubspot], { readFile: readFileFrom({ '/keys.json': '[]' }) });

    expect(config).to.include({ environment: 'production', host: '0.0.0.0', drainDelayMs: 5000 });
    expect(config.apiKeysFile).to.include({ variable: 'API_KEYS_FILE', path: '/keys.json' });
  });

  it('takes an empty variable for an unset one', () => {
    const config = readConfig({ PORT: '', HOST: '', API_KEYS_FILE: '', HUBSPOT_API_KEY: '', REDIS_URL: '' }, [hubspot]);

    expect(config.port).to.equal(3000);
    expect(config.services['hubspot']?.useSandbox).to.equal(true);
  });

  it('reports every fault of every group in one message', () => {
    const faults = faultsOf(
      { NODE_ENV: 'production', PORT: 'http', LOG_LEVEL: 'loud', HUBSPOT_BASE_URL: 'nowhere', REDIS_URL: 'mysql://x' },
      [hubspot, lemlist],
    );

    expect(faults.map((fault) => fault.split(' ')[0])).to.have.members([
      'PORT',
      'LOG_LEVEL',
      'HUBSPOT_BASE_URL',
      'HUBSPOT_API_KEY',
      'LEMLIST_API_KEY',
      'REDIS_URL',
      'API_KEYS_FILE',
      'QUEUE_KEYS',
    ]);
  });

  it('says the rule and the remedy of a fault in a line of its message', () => {
    expect(() => readConfig({ PORT: 'http' }, [])).to.throw(
      '1 setting is not valid (docs/configuration.md):\n  - PORT must be a whole number from 0 to 65535, in digits only: change or unset it',
    );
  });

  it('never repeats a value, however wrong it is', () => {
    const canary = 'canary value';
    const names = [
      'NODE_ENV',
      'PORT',
      'LOG_LEVEL',
      'APP_VERSION',
      'HUBSPOT_API_KEY',
      'HUBSPOT_BASE_URL',
      'HUBSPOT_RATE_LIMIT',
      'REDIS_URL',
    ];

    const faults = faultsOf(Object.fromEntries(names.map((name) => [name, canary])), [hubspot]);

    expect(faults).to.have.length(names.length);
    expect(faults.join()).not.to.contain('canary');
  });

  for (const written of ['1e3', ' 10', '10 ', '0x10', '5s', '-1', '1.5', '00', '65536', '٣']) {
    it(`refuses "${written}" as a port`, () => {
      expect(faultsOf({ PORT: written }, [])).to.have.length(1);
    });
  }

  it('demands a file of API keys in production', () => {
    const faults = faultsOf({ ...production, API_KEYS_FILE: '' }, [hubspot]);

    expect(faults).to.deep.equal([
      'API_KEYS_FILE is required in production, where nobody may call without a key: set it to the file of keys',
    ]);
  });

  it('refuses in production a file of API keys with which nobody could call, but lets the last key be disabled later', () => {
    const usableKeysIn = (text: string): number => Number(text);
    const start = (NODE_ENV: string, keys: string) =>
      readConfig({ ...production, NODE_ENV }, [hubspot], { readFile: () => keys, usableKeysIn });

    const later = start('production', '1').apiKeysFile?.take('0');

    expect(() => start('production', '0')).to.throw(
      /API_KEYS_FILE must name a file with a key of your own: each of its keys is disabled or the example of the documents/u,
    );
    expect(start('development', '0').apiKeysFile?.text).to.equal('0');
    expect(later).to.equal(true);
  });

  it('refuses a file of API keys that cannot be read, by its error code alone', () => {
    const faults = faultsOf({ API_KEYS_FILE: '/missing/keys.json' }, [], readFileFrom({}));

    expect(faults).to.deep.equal(["API_KEYS_FILE must name a readable file (ENOENT): correct the path or the file's permissions"]);
  });

  it('reports what is wrong with the API keys beside all other faults', () => {
    const usableKeysIn = (): never => {
      throw new Error('file.0.scopes: must name at least one scope');
    };

    expect(() => readConfig({ PORT: 'x', API_KEYS_FILE: '/k' }, [], { readFile: () => '[{}]', usableKeysIn })).to.throw(
      /2 settings are not valid.*PORT must.*API_KEYS_FILE must name a file of API keys: file\.0\.scopes: must name at least one scope/s,
    );
  });

  it('refuses to be open to everybody on the network', () => {
    expect(faultsOf({ HOST: '0.0.0.0' }, [])).to.deep.equal([
      'HOST must be a loopback address while there are no API keys: unset it, or set API_KEYS_FILE',
    ]);
    expect(readConfig({ HOST: '0.0.0.0', API_KEYS_FILE: '/k' }, [], { readFile: () => '[]' }).host).to.equal('0.0.0.0');
  });

  it('refuses the sandbox in production', () => {
    const faults = faultsOf({ ...production, SANDBOX: 'on' }, [hubspot]);

    expect(faults).to.deep.equal(['SANDBOX must not be on in production: unset it']);
  });

  it('refuses two servers on one port, but lets the system pick for all', () => {
    expect(faultsOf({ PORT: '4010', MANAGEMENT_PORT: '4010' }, [hubspot])).to.deep.equal([
      "MANAGEMENT_PORT must differ from the gateway's other ports: change it",
      "SANDBOX_PORT must differ from the gateway's other ports: change it",
    ]);
    expect(readConfig({ PORT: '0', MANAGEMENT_PORT: '0', SANDBOX_PORT: '0' }, [hubspot]).port).to.equal(0);
  });

  for (const [written, meant] of [
    ['MANAGMENT_PORT', 'MANAGEMENT_PORT'],
    ['REDIS_CASHE_URL', 'REDIS_CACHE_URL'],
    ['REDIS_URI', 'REDIS_URL'],
    ['QUEUE_KEY_FILE', 'QUEUE_KEYS_FILE'],
    ['API_KEY_FILE', 'API_KEYS_FILE'],
    ['DATADIR', 'DATA_DIR'],
    ['HUBSPT_API_KEY', 'HUBSPOT_API_KEY'],
    ['REDIS_CACHE_URI', 'REDIS_CACHE_URL'],
    ['REDIS_PASS', 'REDIS_PASSWORD'],
  ] as const) {
    it(`names ${written} as what it was meant to be`, () => {
      const { warnings } = readConfig({ [written]: '1' }, [hubspot]);

      expect(warnings).to.deep.equal([`${written} is no setting and has no effect; did you mean ${meant}?`]);
    });
  }

  for (const name of ['hubspot', 'lemlist', 'explorium', 'kit', 'mailchimp', 'sendgrid']) {
    it(`names what is near to the key and the address of ${name} as what it was meant to be`, () => {
      const prefix = name.toUpperCase();
      const keys = ['KEY', 'TOKEN', 'ACCESS_TOKEN', 'API_TOKEN', 'SECRET', 'APIKEY'].map((end) => `${prefix}_${end}`);
      const { warnings } = readConfig(Object.fromEntries([...keys, `${prefix}_URL`].map((variable) => [variable, '1'])), [
        { ...hubspot, name },
      ]);

      expect(warnings).to.deep.equal([
        ...keys.map((variable) => `${variable} is no setting and has no effect; did you mean ${prefix}_API_KEY?`),
        `${prefix}_URL is no setting and has no effect; did you mean ${prefix}_BASE_URL?`,
      ]);
    });
  }

  it('says nothing of the variables that platforms set, however near they come', () => {
    const others = [
      'HOSTNAME',
      'PATH',
      'HOME',
      'NODE_VERSION',
      'NPM_VERSION',
      'API_VERSION',
      'XDG_DATA_DIRS',
      'REDIS_SERVICE_HOST',
      'REDIS_SERVICE_PORT',
      'REDIS_PORT',
    ];
    const links = [
      'REDIS_PORT_6379_TCP',
      'REDIS_PORT_6379_TCP_ADDR',
      'REDIS_CACHE_PORT',
      'REDIS_CACHE_SERVICE_HOST',
      'KUBERNETES_PORT',
      'PORT_3000_TCP',
      'GIT_API_KEY',
    ];

    const { warnings } = readConfig(Object.fromEntries([...others, ...links].map((name) => [name, '1'])), [hubspot]);

    expect(warnings).to.deep.equal([]);
  });

  for (const [variable, value, complaint] of [
    ['HUBSPOT_API_KEY', 'change-me', 'must hold a credential of your own'],
    ['HUBSPOT_API_KEY', 'CHANGE_ME', 'must hold a credential of your own'],
    ['HUBSPOT_API_KEY', 'your-api-key', 'must hold a credential of your own'],
    ['HUBSPOT_API_KEY', 'xxxxxxxx', 'must hold a credential of your own'],
    ['QUEUE_KEYS', 'key-1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=', 'must not be a key of few different bytes'],
    ['QUEUE_KEYS', 'key-1:QmFzZTY0IG9mIDMyIHJhbmRvbSBieXRlcyBvZiB5b3U=', 'must not be the example of the documents'],
    ['REDIS_URL', 'redis://:change-me@10.0.0.1', 'must hold a credential of your own'],
    ['REDIS_CACHE_URL', 'redis://:change-me@10.0.0.1', 'must hold a credential of your own'],
    ['NODE_TLS_REJECT_UNAUTHORIZED', '0', 'must not be 0 in production'],
  ] as const) {
    it(`refuses ${value.slice(0, 12)} as ${variable} in production, where it protects nothing`, () => {
      const faults = faultsOf({ ...production, [variable]: value }, [hubspot]);

      expect(faults).to.have.length(1);
      expect(faults[0]).to.match(new RegExp(`^${variable} ${complaint}`, 'u'));
    });
  }

  it('refuses an example in a mounted file as well, and says which file', () => {
    const files = { '/keys.json': '[]', '/hubspot': 'change-me\n', '/queue': 'key-1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' };
    const { HUBSPOT_API_KEY: _key, QUEUE_KEYS: _keys, ...rest } = production;

    const faults = faultsOf({ ...rest, HUBSPOT_API_KEY_FILE: '/hubspot', QUEUE_KEYS_FILE: '/queue' }, [hubspot], readFileFrom(files));

    expect(faults.map((fault) => fault.split(' ')[0])).to.deep.equal(['HUBSPOT_API_KEY_FILE', 'QUEUE_KEYS_FILE']);
  });

  it('warns of what production leaves open: the management routes, and a password on the network', () => {
    const { MANAGEMENT_PORT: _port, ...rest } = production;

    const { warnings } = readConfig({ ...rest, REDIS_URL: 'redis://:of-our-own@redis.example.com' }, [hubspot], { readFile: () => '[]' });

    expect(warnings.map((warning) => warning.split(' ').slice(0, 4).join(' '))).to.deep.equal([
      'MANAGEMENT_PORT is not set:',
      'the password of Redis',
    ]);
  });

  it('warns of a misspelled setting of a service', () => {
    const { warnings } = readConfig({ HUBSPOT_APIKEY: 'x', HUBSPOT_CIRCUT_TIMEOUT: '1', HUBSPOT_PORTAL: 'mine' }, [hubspot]);

    expect(warnings).to.deep.equal([
      'HUBSPOT_APIKEY is no setting and has no effect; did you mean HUBSPOT_API_KEY?',
      'HUBSPOT_CIRCUT_TIMEOUT is no setting and has no effect; did you mean HUBSPOT_CIRCUIT_TIMEOUT?',
    ]);
  });

  it('is frozen to its depths', () => {
    const config = readConfig({ REDIS_HOST: 'redis' }, [hubspot]);

    expect([config, config.services, config.services['hubspot']?.limits, config.redis].every(Object.isFrozen)).to.equal(true);
  });

  it('hashes equal settings alike, and different ones otherwise', () => {
    const { hash } = readConfig({ PORT: '8080' }, [hubspot]);

    expect(hash).to.match(/^[\da-f]{12}$/);
    expect(readConfig({ PORT: '8080' }, [hubspot]).hash).to.equal(hash);
    expect(readConfig({ PORT: '8081' }, [hubspot]).hash).not.to.equal(hash);
  });

  it('keeps credentials out of the hash and out of every print', () => {
    const one = readConfig({ HUBSPOT_API_KEY: 'canary-1' }, [hubspot]);
    const other = readConfig({ HUBSPOT_API_KEY: 'canary-2' }, [hubspot]);

    expect(one.hash).to.equal(other.hash);
    expect(JSON.stringify(one)).not.to.contain('canary');
  });
});
