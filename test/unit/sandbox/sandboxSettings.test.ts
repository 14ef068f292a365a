import { expect } from 'chai';
import { readSandboxSettings } from '../../../src/sandbox/sandboxSettings.ts';

describe('sandbox settings', () => {
  it('start on port 4010 in real time with a fresh seed when nothing is set', () => {
    expect(readSandboxSettings({ SANDBOX_SEED: '' })).to.deep.equal({ port: 4010, seed: undefined, speed: 1 });
  });

  it('take port, seed and speed', () => {
    const settings = readSandboxSettings({ SANDBOX_PORT: '0', SANDBOX_SEED: '42', SANDBOX_SPEED: '2.5', OTHER: 'x' });

    expect(settings).to.deep.equal({ port: 0, seed: 42, speed: 2.5 });
  });

  it('name every variable at fault and its rule, not its value', () => {
    const read = (): unknown => readSandboxSettings({ SANDBOX_PORT: '70000', SANDBOX_SEED: 'abc', SANDBOX_SPEED: '0' });

    expect(read).to.throw(
      'SANDBOX_PORT must be a whole number from 0 to 65535; SANDBOX_SEED must be a whole number from 0 to 4294967295; ' +
        'SANDBOX_SPEED must be a number above 0, up to 10000',
    );
  });
});
