/**
 * Which proxy the way to a service goes through, as the environment of most programs says it: HTTPS_PROXY, HTTP_PROXY, NO_PROXY.
 */
import { BlockList, isIP } from 'node:net';
import { percentDecoded } from './percentEncoding.ts';
import type { Secret } from './secret.ts';

/** Whole addresses are secrets: they may hold a password. */
export interface ProxySettings {
  /** For https addresses. */
  readonly https: Secret | undefined;
  /** For http addresses. */
  readonly http: Secret | undefined;
  /** Hosts reached without one: `host`, `.domain`, `host:port`, an address, a range such as `10.0.0.0/8`, `*` for all. */
  readonly except: readonly string[];
}

/** A proxy that connections go through. */
export interface ProxyAddress {
  /** `http:` or `https:`, no path. */
  readonly origin: string;
  /** The `Proxy-Authorization`, where it wants one. */
  readonly authorization?: string;
}

/** Both spellings are in use; the lower one comes first, as with curl. */
export const withProxyNames = (environment: Readonly<Record<string, string>>): Readonly<Record<string, string>> => {
  const lower = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'].flatMap((name) => {
    const value = environment[name.toLowerCase()];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...environment, ...Object.fromEntries(lower) };
};

/** The proxy for an origin; `undefined`: directly. */
export const proxyRule =
  ({ https, http, except }: ProxySettings): ((origin: string) => ProxyAddress | undefined) =>
  (origin) => {
    const { protocol, hostname, port } = new URL(origin);
    const proxy = protocol === 'https:' ? https : http;
    const host = hostname.replaceAll(/^\[|\]$/g, '');
    if (proxy === undefined || except.some((entry) => isMeant(entry, host, port || (protocol === 'https:' ? '443' : '80'))))
      return undefined;
    return addressOf(new URL(proxy.reveal()));
  };

const addressOf = ({ origin, username, password }: URL): ProxyAddress => {
  if (username === '' && password === '') return { origin };
  const credential = `${percentDecoded(username) ?? username}:${percentDecoded(password) ?? password}`;
  return { origin, authorization: `Basic ${Buffer.from(credential).toString('base64')}` };
};

const isMeant = (entry: string, host: string, port: string): boolean => {
  if (entry === '*') return true;
  if (entry.includes('/')) return isInRange(entry, host);
  const [, name = entry, onlyPort] = /^\[?([^[\]]*?)\]?(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? [];
  if (onlyPort !== undefined && onlyPort !== port) return false;
  const bare = name.replace(/^\*?\./, '').toLowerCase();
  return bare !== '' && (host === bare || (isIP(host) === 0 && host.endsWith(`.${bare}`)));
};

const isInRange = (range: string, host: string): boolean => {
  const [network = '', bits = ''] = range.split('/');
  const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(network) === 0 || isIP(host) !== isIP(network) || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 'ipv6' ? 128 : 32))
    return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family);
  return list.check(host, family);
};
