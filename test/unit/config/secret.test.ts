import { expect } from 'chai';
import { format, inspect } from 'node:util';
import { Secret } from '../../../src/config/secret.ts';

describe('Secret', () => {
  const secret = new Secret('canary');

  it('gives its value to whoever asks for it by name', () => {
    expect(secret.reveal()).to.equal('canary');
  });

  it('prints as redacted, however it is printed', () => {
    const prints = [secret.toString(), JSON.stringify({ secret }), inspect({ secret }), format('%s %o %j', secret, secret, secret)];

    expect(prints.join(' ')).to.contain('[redacted]').and.not.contain('canary');
  });

  it('shows its value to nobody who enumerates or copies it', () => {
    expect(Object.values({ ...secret })).to.deep.equal([]);
  });
});
