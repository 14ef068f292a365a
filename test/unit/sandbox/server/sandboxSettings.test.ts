import { expect } from 'chai';
import { readSandboxArguments, readSandboxSettings } from '../../../../sandbox/server/sandboxSettings.ts';

const services = ['toy', 'shop'];

describe('sandbox settings', () => {
  it('start on port 4010 in real time with a fresh seed and the built-in data when nothing is set', () => {
    expect(readSandboxSettings({ SANDBOX_SEED: '' }, services)).to.deep.equal({
      port: 4010,
      ports: { toy: 0, shop: 0 },
      seed: undefined,
      speed: 1,
      seedsFile: undefined,
      webhookHosts: [],
    });
  });

  it('take ports, seed, speed, a file of seeds and hosts for webhooks', () => {
    const settings = readSandboxSettings(
      {
        SANDBOX_PORT: '0',
        SANDBOX_PORT_SHOP: '4012',
        SANDBOX_SEED: '42',
        SANDBOX_SPEED: '2.5',
        SANDBOX_SEEDS: 'seeds.json',
        SANDBOX_WEBHOOK_HOSTS: 'Hooks.example,other',
        OTHER: 'x',
      },
      services,
    );

    expect(settings).to.deep.equal({
      port: 0,
      ports: { toy: 0, shop: 4012 },
      seed: 42,
      speed: 2.5,
      seedsFile: 'seeds.json',
      webhookHosts: ['hooks.example', 'other'],
    });
  });

  it('name every variable at fault and its rule, not its value', () => {
    const env = {
      SANDBOX_PORT: '70000',
      SANDBOX_SEED: 'abc',
      SANDBOX_SPEED: '0',
      SANDBOX_WEBHOOK_HOSTS: 'http://x',
      SANDBOX_PORT_TOY: 'http',
      SANDBOX_PORT_TOYS: '1',
    };

    expect(() => readSandboxSettings(env, services)).to.throw(
      'SANDBOX_PORT must be a whole number from 0 to 65535; SANDBOX_SEED must be a whole number from 0 to 4294967295; ' +
        'SANDBOX_SPEED must be a number above 0, up to 10000; SANDBOX_WEBHOOK_HOSTS must be host names, separated by commas; ' +
        'SANDBOX_PORT_TOY must be a whole number from 0 to 65535; SANDBOX_PORT_TOYS is the port of no service; there are toy, shop',
    );
  });
});

describe('sandbox arguments', () => {
  it('stand for settings', () => {
    const { settings, json } = readSandboxArguments([
      '--port',
      '0',
      '--ports',
      'toy=1,shop=2',
      '--seed',
      '7',
      '--speed',
      '10',
      '--seeds',
      'a.json',
      '--json',
    ]);

    expect(json).to.equal(true);
    expect(settings).to.deep.equal({
      SANDBOX_PORT: '0',
      SANDBOX_PORT_TOY: '1',
      SANDBOX_PORT_SHOP: '2',
      SANDBOX_SEED: '7',
      SANDBOX_SPEED: '10',
      SANDBOX_SEEDS: 'a.json',
    });
  });

  it('leave variables alone that they do not name', () => {
    expect(readSandboxArguments([])).to.deep.equal({ settings: {}, json: false });
  });

  it('are refused when a service is named without its port', () => {
    const { settings } = readSandboxArguments(['--ports', 'toy']);

    expect(() => readSandboxSettings(settings, services)).to.throw('SANDBOX_PORT_TOY must be a whole number');
  });

  it('are refused when they are unknown', () => {
    expect(() => readSandboxArguments(['--prot', '0'])).to.throw(TypeError, '--prot');
  });
});
