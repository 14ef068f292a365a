/**
 * Kit takes two kinds of credential, and only one of them opens its bulk endpoints: docs/services/kit.md#access.
 */
import type { ServiceQuotas } from '../../contract/quotaRule.ts';
import { minutes } from '../../time/clock.ts';

/** `key`: a v4 API key. `oauth`: an access token. `unknown`: nobody said, so Kit itself has to refuse. */
export type CredentialKind = 'key' | 'oauth' | 'unknown';

interface Credential {
  readonly kind: Exclude<CredentialKind, 'unknown'>;
  readonly value: string;
}

/** Keys begin with this as far as anybody has seen; Kit does not promise it, so the kind can be said in front. */
const KEY_PREFIX = 'kit_';
const SAID = /^(key|oauth):(.+)$/u;

const credentialIn = (secret: string): Credential => {
  const [, kind, value = ''] = SAID.exec(secret) ?? [];
  if (kind === 'key' || kind === 'oauth') return { kind, value };
  return { kind: secret.startsWith(KEY_PREFIX) ? 'key' : 'oauth', value: secret };
};

/** @param secret `kit_…` is a key and all else an access token, unless `key:` or `oauth:` in front says otherwise. */
export const credentialKindOf = (secret: string | undefined): CredentialKind =>
  secret === undefined ? 'unknown' : credentialIn(secret).kind;

/** The header that carries the credential. */
export const credentialHeaders = (secret: string): Readonly<Record<string, string>> => {
  const { kind, value } = credentialIn(secret);
  return kind === 'key' ? { 'X-Kit-Api-Key': value } : { Authorization: `Bearer ${value}` };
};

/** Requests in any minute. No header tells of them. */
const PERMITS = { key: 120, oauth: 600 } as const;

export const kitQuotas = (secret: string): ServiceQuotas => ({
  classes: { default: [{ permits: PERMITS[credentialIn(secret).kind], windowMs: minutes(1) }] },
});
