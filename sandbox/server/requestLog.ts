/**
 * What the services of the sandbox were asked: enough to count calls, nothing that could identify a person or open
 * a door. No query, no header, no body is ever kept.
 */

export interface RequestEntry {
  readonly service: string;
  readonly method: string;
  /** Below the service's prefix, without the query; segments that may hold personal data are `*`. */
  readonly path: string;
  /** When it arrived, ISO 8601. */
  readonly time: string;
  /** What it met: `ok` or the fault. */
  fault: string;
  /** `null` while unanswered, and for ever where the fault never answers. */
  status: number | null;
}

/** Ids are plain; emails, phone numbers and links need another character somewhere, encoded or not. */
const PLAIN_SEGMENT = /^[\w.~:-]*$/u;
/** An md5, which is how Mailchimp names a person: whoever knows the address knows it. */
const DIGEST = /^[0-9a-f]{32}$/iu;
const MAX_PATH_LENGTH = 200;

/** The path as it may be shown. */
export const maskedPath = (path: string): string =>
  path
    .split('/')
    .map((segment) => (PLAIN_SEGMENT.test(segment) && !DIGEST.test(segment) ? segment : '*'))
    .join('/')
    .slice(0, MAX_PATH_LENGTH);

/** The latest requests, up to a number; older ones are forgotten, and counted. */
export class RequestLog {
  readonly #entries: RequestEntry[] = [];
  #forgotten = 0;

  constructor(private readonly capacity = 10_000) {}

  /** Notes an arrival; the entry is completed in place once it is answered. */
  add(service: string, method: string, path: string, wallTime: number): RequestEntry {
    const time = new Date(wallTime).toISOString();
    const entry: RequestEntry = { service, method, path: maskedPath(path), time, fault: 'ok', status: null };
    this.#entries.push(entry);
    if (this.#entries.length > this.capacity) {
      this.#entries.shift();
      this.#forgotten += 1;
    }
    return entry;
  }

  /** Oldest first. `forgotten`: how many requests, of any service, no longer fit. */
  list(service?: string): { readonly requests: readonly RequestEntry[]; readonly forgotten: number } {
    const requests = this.#entries.filter((entry) => service === undefined || entry.service === service);
    return { requests, forgotten: this.#forgotten };
  }

  clear(): void {
    this.#entries.length = 0;
    this.#forgotten = 0;
  }
}
