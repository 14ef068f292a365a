import { expect } from 'chai';
import { createHash, randomBytes } from 'node:crypto';
import { keyIdOf, mintKey } from '../../../src/web/apiKey.ts';
import { parseApiKeys, usableKeysIn } from '../../../src/web/apiKeysFile.ts';
import { createAuthenticator, openAuthenticator, type Identification } from '../../../src/web/authentication.ts';

const scopes = ['hubspot:read'];

const fileOf = (...entries: readonly object[]): string => JSON.stringify(entries);

const refusalOf = (identification: Identification): string | undefined =>
  'refusal' in identification ? identification.refusal : undefined;

describe('API key', () => {
  it('has a scannable prefix, its id, and the digest that the file keeps', () => {
    const { key, sha256 } = mintKey('crm-sync', randomBytes);

    expect(key).to.match(/^saa_live_crm-sync_[\dA-Za-z]{49}$/u);
    expect(keyIdOf(key)).to.equal('crm-sync');
    expect(sha256).to.equal(createHash('sha256').update(key).digest('hex'));
  });

  it('differs each time it is minted', () => {
    const keys = Array.from({ length: 20 }, () => mintKey('crm-sync', randomBytes).key);

    expect(new Set(keys)).to.have.property('size', 20);
  });

  it('is minted without bytes that would make some letters likelier', () => {
    const bytes = [255, 250, 248, 0];

    const { key } = mintKey('crm-sync', (size) => Uint8Array.from({ length: size }, (_, index) => bytes[index % bytes.length]!));

    expect(key.slice('saa_live_crm-sync_'.length, -6)).to.equal('0'.repeat(43));
  });

  it('is not recognised with any one letter changed', () => {
    const { key } = mintKey('crm-sync', randomBytes);
    const start = 'saa_live_crm-sync_'.length;

    const recognised = Array.from(key.slice(start), (letter, index) => {
      const other = letter === 'a' ? 'b' : 'a';
      return keyIdOf(key.slice(0, start + index) + other + key.slice(start + index + 1));
    });

    expect(recognised.filter((id) => id !== undefined)).to.deep.equal([]);
  });

  it('refuses an id that would not fit into a key', () => {
    expect(() => mintKey('crm_sync', randomBytes)).to.throw('3 to 40 letters');
  });
});

describe('API keys file', () => {
  const sha256 = 'a'.repeat(64);

  it('is read as entries', () => {
    const keys = parseApiKeys(fileOf({ id: 'crm-sync', name: 'CRM sync', sha256, scopes: ['hubspot:read', 'admin'] }));

    expect(keys).to.deep.equal([{ id: 'crm-sync', name: 'CRM sync', sha256, scopes: ['hubspot:read', 'admin'] }]);
  });

  it('is refused with every fault named, and no value', () => {
    const text = fileOf({ id: 'x', sha256: 'topsecret', scopes: ['hubspot:*'], key: 'saa_live_topsecret' });

    expect(() => parseApiKeys(text))
      .to.throw(/file\.0\.id: .*file\.0\.sha256: .*file\.0\.scopes\.0: .*key/su)
      .and.have.property('message')
      .that.does.not.contain('topsecret');
  });

  it('is refused when it is not JSON, without quoting it', () => {
    expect(() => parseApiKeys('topsecret')).to.throw(/^The file of API keys is not valid JSON$/u);
  });

  it('is refused with two keys of one id', () => {
    const entry = { id: 'crm-sync', sha256, scopes };

    expect(() => parseApiKeys(fileOf(entry, entry))).to.throw('two keys of one id');
  });

  it('tells how many keys somebody could come with: neither a disabled one nor the example', () => {
    const entries = [
      { id: 'own', sha256: '5f'.repeat(32), scopes },
      { id: 'disabled', sha256: '6f'.repeat(32), scopes, disabled: true },
      { id: 'example', sha256: '0'.repeat(64), scopes },
    ];

    expect(usableKeysIn(fileOf(...entries))).to.equal(1);
    expect(usableKeysIn(fileOf(...entries.slice(1)))).to.equal(0);
  });

  it('is refused when empty: nobody could call', () => {
    expect(() => parseApiKeys('[]')).to.throw('at least one key');
  });
});

describe('authenticator', () => {
  const minted = mintKey('crm-sync', randomBytes);
  const next = mintKey('crm-sync-2', randomBytes);
  const off = mintKey('retired', randomBytes);
  const authenticator = createAuthenticator({
    keys: [
      { id: 'crm-sync', name: 'CRM sync', sha256: minted.sha256, scopes: ['hubspot:read'] },
      { id: 'crm-sync-2', name: 'CRM sync', sha256: next.sha256, scopes: ['hubspot:read'] },
      { id: 'retired', sha256: off.sha256, scopes: ['hubspot:read'], disabled: true },
    ],
  });

  it('knows a key by either header', () => {
    const found = [{ authorization: `Bearer ${minted.key}` }, { authorization: `bearer ${minted.key}` }, { 'x-api-key': minted.key }].map(
      (headers) => authenticator.identify(headers),
    );

    for (const identification of found) expect(identification).to.have.nested.property('caller.id', 'crm-sync');
  });

  it('knows two keys of one client at once, so that they can be changed without a gap', () => {
    expect(authenticator.identify({ 'x-api-key': next.key })).to.have.nested.property('caller.id', 'crm-sync-2');
  });

  it('refuses everything else, and says why to the log alone', () => {
    const forged = mintKey('crm-sync', randomBytes).key;
    const stranger = mintKey('stranger', randomBytes).key;

    expect(refusalOf(authenticator.identify({}))).to.equal('no_key');
    expect(refusalOf(authenticator.identify({ authorization: 'Basic abc' }))).to.equal('malformed_key');
    expect(refusalOf(authenticator.identify({ 'x-api-key': `${minted.key}x` }))).to.equal('malformed_key');
    expect(refusalOf(authenticator.identify({ 'x-api-key': stranger }))).to.equal('unknown_key');
    expect(refusalOf(authenticator.identify({ 'x-api-key': forged }))).to.equal('wrong_secret');
    expect(refusalOf(authenticator.identify({ 'x-api-key': off.key }))).to.equal('disabled_key');
  });

  it('gives a key the scopes of its entry and no others', () => {
    const identification = authenticator.identify({ 'x-api-key': minted.key });

    const granted =
      'caller' in identification
        ? ['hubspot:read', 'hubspot:write', 'admin'].filter((scope) => identification.caller.scopes.has(scope))
        : [];

    expect(granted).to.deep.equal(['hubspot:read']);
  });

  it('lets everybody do everything when it is open', () => {
    const identification = openAuthenticator().identify({});

    expect(identification).to.have.nested.property('caller.id', 'local');
    expect('caller' in identification && identification.caller.scopes.has('admin')).to.equal(true);
  });
});
