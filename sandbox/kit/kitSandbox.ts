/**
 * A Kit to try things on: keys and tokens with their limits, 429 as bare text, lists that lag, fields and rows that come
 * later, bulk for tokens only. What the documentation leaves open is marked in docs/services/kit.md.
 */
import type { SandboxAnswer, SandboxRequest, Simulator, SimulatorInstance, SimulatorParts } from '../simulation/simulator.ts';
import { KitSimulatedAccount } from './kitSandboxAccount.ts';
import { bulkEndpoints } from './kitSandboxBulk.ts';
import { collectionEndpoints } from './kitSandboxCollections.ts';
import { dispatch, endpoint, json, refused } from './kitSandboxEndpoint.ts';
import { seedAccount, seedSequences } from './kitSandboxSeeds.ts';
import { subscriberEndpoints } from './kitSandboxSubscribers.ts';
import { kitWebhooks } from './kitSandboxWebhooks.ts';
import { KitWindow } from './kitSandboxWindow.ts';

const endpoints = [endpoint('GET /v4/account', () => json(seedAccount)), ...subscriberEndpoints, ...collectionEndpoints, ...bulkEndpoints];

const text = (status: number, body: string): SandboxAnswer => ({ status, headers: { 'content-type': 'text/plain' }, body });

const sentences: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'The access token is invalid',
  403: 'You do not have sufficient permissions to access this resource',
  404: 'Not Found',
  413: 'Bulk request queue is full',
  422: 'Email address is invalid',
};

const failure = (status: number): SandboxAnswer => {
  if (status === 429) return text(429, 'Retry later');
  // What Kit says of failures of its own is not known: nothing of ours reads it.
  return status >= 500 ? text(status, 'Internal Server Error') : refused(status, sentences[status] ?? 'Error');
};

interface Credential {
  readonly value: string;
  readonly isOauth: boolean;
}

const KEY = /^[\w-]{8,100}$/u;
const BEARER = /^Bearer ([\w.~+/-]{8,2000}=*)$/u;

/** A token where there is one: what needs it is refused without. */
const credentialIn = (headers: SandboxRequest['headers']): Credential | undefined => {
  const token = BEARER.exec(headers['authorization'] ?? '')?.[1];
  if (token !== undefined) return { value: token, isOauth: true };
  const key = headers['x-kit-api-key'] ?? '';
  return KEY.test(key) ? { value: key, isOauth: false } : undefined;
};

const REFUSED_CREDENTIALS = { revoked: 'The access token is invalid', expired: 'The access token expired' } as const;

class KitSimulator implements SimulatorInstance {
  readonly #parts: SimulatorParts;
  #account: KitSimulatedAccount;
  #window = new KitWindow();
  #isForbidden = false;

  /** The account's states that no request brings about. */
  readonly scenarios = {
    bulk_queue_full: () => {
      this.#account.isBulkQueueFull = true;
    },
    credential_revoked: () => {
      this.#account.credential = 'revoked';
    },
    missing_scopes: () => {
      this.#isForbidden = true;
    },
    no_subscribers: () => {
      this.#account = new KitSimulatedAccount(this.#parts, []);
    },
    sequences_inactive: () => {
      this.#account.sequences = new Map(seedSequences.map((sequence) => [sequence.id, { ...sequence, active: false }]));
    },
    subscriber_limit: () => {
      this.#account.isFull = true;
    },
    token_expired: () => {
      this.#account.credential = 'expired';
    },
    unknown_fields_refused: () => {
      this.#account.refusesUnknownFields = true;
    },
  };

  constructor(parts: SimulatorParts) {
    this.#parts = parts;
    this.#account = new KitSimulatedAccount(parts);
  }

  answer(request: SandboxRequest): SandboxAnswer {
    const credential = credentialIn(request.headers);
    if (credential === undefined) return failure(401);
    if (this.#account.credential !== 'valid') return refused(401, REFUSED_CREDENTIALS[this.#account.credential]);
    if (!this.#window.take(credential.value, credential.isOauth, this.#parts.now())) return failure(429);
    this.#account.settle();
    if (this.#isForbidden && request.path !== '/v4/account') return failure(403);
    return dispatch(endpoints, this.#account, request, credential.isOauth);
  }

  throttled(request: SandboxRequest): SandboxAnswer {
    const credential = credentialIn(request.headers);
    if (credential !== undefined) this.#window.exhaust(credential.value, credential.isOauth, this.#parts.now());
    return failure(429);
  }

  failure(status: number): SandboxAnswer {
    return failure(status);
  }

  settle(): boolean {
    return this.#account.settle();
  }

  reset(): void {
    this.#account = new KitSimulatedAccount(this.#parts);
    this.#window = new KitWindow();
    this.#isForbidden = false;
  }
}

export const kitSimulator: Simulator = {
  name: 'kit',
  webhooks: kitWebhooks,
  create: (parts) => new KitSimulator(parts),
};
