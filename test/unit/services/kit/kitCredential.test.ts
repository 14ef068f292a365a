import { expect } from 'chai';
import { credentialHeaders, credentialKindOf } from '../../../../src/services/kit/kitCredential.ts';

const credentials = [
  ['kit_0123456789', 'key', { 'X-Kit-Api-Key': 'kit_0123456789' }],
  ['an-access-token', 'oauth', { Authorization: 'Bearer an-access-token' }],
  ['key:of-another-form', 'key', { 'X-Kit-Api-Key': 'of-another-form' }],
  ['oauth:kit_like-a-key', 'oauth', { Authorization: 'Bearer kit_like-a-key' }],
] as const;

describe('credentials of Kit', () => {
  for (const [secret, kind, headers] of credentials) {
    it(`take ${secret} for ${kind === 'key' ? 'an API key' : 'an OAuth token'} and send it as one`, () => {
      expect(credentialKindOf(secret)).to.equal(kind);
      expect(credentialHeaders(secret)).to.deep.equal(headers);
    });
  }

  it('are of an unknown kind where nobody says what they are', () => {
    expect(credentialKindOf(undefined)).to.equal('unknown');
  });
});
