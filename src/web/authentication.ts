/**
 * Who calls, by API key. Nothing here writes a key anywhere.
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { digestOf, keyIdOf } from './apiKey.ts';
import type { ApiKey } from './apiKeysFile.ts';
import type { Caller } from './route.ts';

/** Why a caller was not let in: for the log. The caller is not told, so as not to be helped. */
export type Refusal = 'no_key' | 'malformed_key' | 'unknown_key' | 'disabled_key' | 'wrong_secret';

export type Identification =
  | { readonly caller: Caller }
  /** `keyId` only where the key is well-formed, so that it is safe to log. */
  | { readonly refusal: Refusal; readonly keyId?: string };

export interface Authenticator {
  identify(headers: IncomingHttpHeaders): Identification;
}

export interface KeyedAuthenticator extends Authenticator {
  /** From the next request on these keys are known, and no others. */
  useKeys(keys: readonly ApiKey[]): void;
}

interface KnownKey {
  readonly caller: Caller;
  readonly digest: Buffer;
  readonly disabled: boolean;
}

const BEARER = /^Bearer +(\S+)$/iu;

/** `Authorization: Bearer` before `X-Api-Key`; never the query, which ends up in logs. */
const presentedKey = (headers: IncomingHttpHeaders): string | undefined => {
  const { authorization } = headers;
  if (authorization !== undefined) return BEARER.exec(authorization)?.[1] ?? '';
  const key = headers['x-api-key'];
  return typeof key === 'string' ? key : undefined;
};

const known = ({ id, sha256, scopes, disabled = false }: ApiKey): KnownKey => ({
  caller: { id, scopes: new Set(scopes) },
  digest: Buffer.from(sha256, 'hex'),
  disabled,
});

/**
 * Knows callers by the keys given. The cheap checks come first; the secret is compared as a digest, in constant time.
 */
export const createAuthenticator = ({ keys }: { readonly keys: readonly ApiKey[] }): KeyedAuthenticator => {
  const tableOf = (all: readonly ApiKey[]) => new Map(all.map((key) => [key.id, known(key)]));
  let byId = tableOf(keys);
  return {
    useKeys(next) {
      byId = tableOf(next);
    },
    identify(headers) {
      const key = presentedKey(headers);
      if (key === undefined) return { refusal: 'no_key' };
      const keyId = keyIdOf(key);
      if (keyId === undefined) return { refusal: 'malformed_key' };
      const entry = byId.get(keyId);
      if (entry === undefined) return { refusal: 'unknown_key', keyId };
      if (!timingSafeEqual(Buffer.from(digestOf(key), 'hex'), entry.digest)) return { refusal: 'wrong_secret', keyId };
      return entry.disabled ? { refusal: 'disabled_key', keyId } : { caller: entry.caller };
    },
  };
};

class EveryScope extends Set<string> {
  override has(): boolean {
    return true;
  }
}

const LOCAL: Caller = { id: 'local', scopes: new EveryScope() };

/** Lets everybody do everything: for development on loopback. Who may use it is decided by the settings, not here. */
export const openAuthenticator = (): Authenticator => ({ identify: () => ({ caller: LOCAL }) });
