/**
 * A HubSpot account that behaves as the real one does: limits, refusals, lagging search and all. What it does not know
 * (merging, restoring, other objects) answers 404.
 */
import { seconds } from '../../src/time/clock.ts';
import type { SandboxAnswer, SandboxRequest, Simulator, SimulatorInstance, SimulatorParts } from '../simulation/simulator.ts';
import { AssociationStore } from './hubspotSandboxLinks.ts';
import { isSearch, isWrite, serve } from './hubspotSandboxEndpoints.ts';
import { badJson, edgeFailure, failureOf, locked, migrating, missingScopes, unauthenticated } from './hubspotSandboxErrors.ts';
import { AccountLimits, tooMany, type LimitKind, type RefusedBy } from './hubspotSandboxLimits.ts';
import { RecordStore } from './hubspotSandboxStore.ts';
import { hubspotWebhooks } from './hubspotSandboxWebhooks.ts';

const LOCK_MS = seconds(2);

/** A private app's token or service key (`pat-na1-…`), or an OAuth access token, which is longer than any made-up word. */
const CREDENTIAL = /^Bearer (?:pat-[a-z]{2}\d-[\w-]{6,}|[\w.-]{24,})$/u;

type Condition = 'ten_second_limit' | 'search_limit' | 'migrating' | 'cloudflare_502' | 'missing_scopes';

class SimulatedHubspot implements SimulatorInstance {
  readonly #parts: SimulatorParts;
  #records: RecordStore;
  #associations = new AssociationStore();
  #limits = new AccountLimits();
  #condition: Condition | undefined;
  #lockedUntil = 0;

  constructor(parts: SimulatorParts) {
    this.#parts = parts;
    this.#records = new RecordStore(parts);
  }

  /** All but `locked`, which is over after two seconds, last until a reset. */
  readonly scenarios = {
    daily_limit: (): void => {
      this.#limits.useUpToday(this.#parts.now());
    },
    ten_second_limit: this.#entering('ten_second_limit'),
    search_limit: this.#entering('search_limit'),
    locked: (): void => {
      this.#lockedUntil = this.#parts.now() + LOCK_MS;
    },
    migrating: this.#entering('migrating'),
    cloudflare_502: this.#entering('cloudflare_502'),
    missing_scopes: this.#entering('missing_scopes'),
  };

  answer(request: SandboxRequest): SandboxAnswer {
    return this.#signed(this.#outage() ?? this.#refusedAtTheDoor(request) ?? this.#counted(request));
  }

  throttled(request: SandboxRequest): SandboxAnswer {
    const kind: LimitKind = isSearch(request) ? 'search' : 'burst';
    return this.#signed(this.#refusedByLimit(kind, kind === 'search' ? 'secondly' : 'ten_secondly_rolling'));
  }

  failure(status: number): SandboxAnswer {
    return this.#signed(status === 429 ? this.#refusedByLimit('burst', 'ten_secondly_rolling') : failureOf(status));
  }

  reset(): void {
    this.#records = new RecordStore(this.#parts);
    this.#associations = new AssociationStore();
    this.#limits = new AccountLimits();
    this.#condition = undefined;
    this.#lockedUntil = 0;
  }

  #entering(condition: Condition): () => void {
    return () => {
      this.#condition = condition;
    };
  }

  #outage(): SandboxAnswer | undefined {
    if (this.#condition === 'cloudflare_502') return edgeFailure(502);
    return this.#condition === 'migrating' ? migrating : undefined;
  }

  #refusedAtTheDoor({ headers }: SandboxRequest): SandboxAnswer | undefined {
    if (!CREDENTIAL.test(headers['authorization'] ?? '')) return unauthenticated;
    return this.#condition === 'missing_scopes' ? missingScopes : undefined;
  }

  #counted(request: SandboxRequest): SandboxAnswer {
    const kind: LimitKind = isSearch(request) ? 'search' : 'burst';
    const refusedBy = this.#imposedLimit(kind) ?? this.#limits.take(kind, this.#parts.now());
    if (refusedBy !== undefined) return this.#refusedByLimit(kind, refusedBy);
    return withHeaders(this.#served(request), this.#limits.headers(kind, this.#parts.now()));
  }

  #imposedLimit(kind: LimitKind): RefusedBy | undefined {
    if (kind === 'search') return this.#condition === 'search_limit' ? 'secondly' : undefined;
    return this.#condition === 'ten_second_limit' ? 'ten_secondly_rolling' : undefined;
  }

  #refusedByLimit(kind: LimitKind, by: RefusedBy): SandboxAnswer {
    const headers = this.#limits.headers(kind, this.#parts.now());
    const spent = kind === 'burst' && by !== 'daily' ? { 'x-hubspot-ratelimit-remaining': '0' } : {};
    return withHeaders(tooMany(by, this.#uniqueId()), { ...headers, ...spent });
  }

  #served(request: SandboxRequest): SandboxAnswer {
    if (request.malformed) return badJson;
    if (isWrite(request) && this.#parts.now() < this.#lockedUntil) return locked;
    return serve({ records: this.#records, associations: this.#associations, now: this.#parts.now }, request);
  }

  /** What every answer carries; the edge's own pages are not HubSpot's, and know no correlation id. */
  #signed(answer: SandboxAnswer): SandboxAnswer {
    const ray = { 'cf-ray': `${this.#hex(16)}-FRA` };
    if (typeof answer.body === 'string') return withHeaders(answer, ray);
    const correlationId = this.#uniqueId();
    const signed = withHeaders(answer, { ...ray, 'x-hubspot-correlation-id': correlationId });
    if (answer.body === undefined) return signed;
    const headers = { 'content-type': 'application/json;charset=utf-8', ...signed.headers };
    return { ...signed, headers, body: isRefusal(answer.body) ? { ...answer.body, correlationId } : answer.body };
  }

  #uniqueId(): string {
    return [8, 4, 4, 4, 12].map((length) => this.#hex(length)).join('-');
  }

  #hex(length: number): string {
    return Array.from({ length }, () => Math.floor(this.#parts.random() * 16).toString(16)).join('');
  }
}

const withHeaders = (answer: SandboxAnswer, headers: Readonly<Record<string, string>>): SandboxAnswer => ({
  ...answer,
  headers: { ...headers, ...answer.headers },
});

const isRefusal = (body: unknown): body is Readonly<Record<string, unknown>> =>
  typeof body === 'object' && body !== null && 'status' in body && body.status === 'error';

export const hubspotSimulator: Simulator = {
  name: 'hubspot',
  webhooks: hubspotWebhooks,
  create: (parts) => new SimulatedHubspot(parts),
};
