/**
 * Stand-ins for credentials: of the same form, so that a simulator takes or refuses them as it did the real ones, and
 * worth nothing. Equal credentials have equal stand-ins, unlike ones unlike, because quotas are counted per credential.
 */

/** What says of which kind a key is, and opens nothing: HubSpot's region, SendGrid's prefix, Mailchimp's data centre. */
const KIND_BEFORE = /^(?:pat-[a-z]{2}\d-|SG\.)/u;
const KIND_AFTER = /-[a-z]{2}\d{1,3}$/u;

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/u;
const SCHEME = /^(Basic|Bearer) +((?:[^ ].*)?)$/iu;

/** Digits and letters go; the last few tell credentials apart. */
const masked = (core: string, ordinal: number): string => {
  const flat = core.replace(/\d/gu, '0').replace(/[a-z]/gu, 'a').replace(/[A-Z]/gu, 'A');
  const mark = ordinal.toString(16).slice(-3);
  return /[\w]{4}$/u.test(flat) ? flat.slice(0, -mark.length) + mark : flat;
};

const maskedKey = (key: string, ordinal: number): string => {
  const before = KIND_BEFORE.exec(key)?.[0] ?? '';
  const after = KIND_AFTER.exec(key.slice(before.length))?.[0] ?? '';
  return `${before}${masked(key.slice(before.length, key.length - after.length), ordinal)}${after}`;
};

/** User and key within base64; an empty user stays empty. */
const maskedPair = (encoded: string, ordinal: number): string => {
  const [user = '', ...rest] = Buffer.from(encoded, 'base64').toString('latin1').split(':');
  const pair = rest.length === 0 ? maskedKey(user, ordinal) : `${masked(user, 0)}:${maskedKey(rest.join(':'), ordinal)}`;
  return Buffer.from(pair, 'latin1').toString('base64');
};

const standInFor = (value: string, ordinal: number): string => {
  const [, scheme, rest = ''] = SCHEME.exec(value) ?? [];
  if (scheme === undefined) return maskedKey(value, ordinal);
  const isPair = scheme.toLowerCase() === 'basic' && BASE64.test(rest);
  return `${scheme} ${isPair ? maskedPair(rest, ordinal) : maskedKey(rest, ordinal)}`;
};

const CARRIES_CREDENTIAL = /authorization|key|token|secret/iu;
/** What simulators may look at besides. Everything else is left out: cookies, agents, traces. */
const HARMLESS: ReadonlySet<string> = new Set(['accept', 'content-type', 'host', 'on-behalf-of']);

export class CredentialStandIns {
  readonly #standIns = new Map<string, string>();

  /** The headers as they may be kept. */
  headers(headers: Readonly<Record<string, string>>): Record<string, string> {
    return Object.fromEntries(
      Object.entries(headers).flatMap(([name, value]) => {
        if (HARMLESS.has(name)) return [[name, value]];
        return CARRIES_CREDENTIAL.test(name) ? [[name, this.#of(value)]] : [];
      }),
    );
  }

  /** The query as it may be kept: old clients put keys there. */
  query(query: URLSearchParams): string {
    const kept = [...query].map(([name, value]): [string, string] => [name, CARRIES_CREDENTIAL.test(name) ? this.#of(value) : value]);
    return new URLSearchParams(kept).toString();
  }

  #of(value: string): string {
    const standIn = this.#standIns.get(value) ?? standInFor(value, this.#standIns.size + 1);
    this.#standIns.set(value, standIn);
    return standIn;
  }
}
