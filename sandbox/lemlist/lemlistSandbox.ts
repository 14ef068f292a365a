/**
 * A Lemlist to try things on: Basic with an empty user, 20 requests per 2 s, errors as sentences, duplicates in all
 * three statuses. What the documentation leaves open is marked in docs/services/lemlist.md.
 */
import type { SandboxAnswer, SandboxRequest, Simulator, SimulatorInstance, SimulatorParts } from '../simulation/simulator.ts';
import { LemlistAccount } from './lemlistSandboxAccount.ts';
import { campaignEndpoints } from './lemlistSandboxCampaigns.ts';
import { contactEndpoints } from './lemlistSandboxContacts.ts';
import { dispatch, sentence } from './lemlistSandboxEndpoint.ts';
import { leadEndpoints } from './lemlistSandboxLeads.ts';
import { lemlistWebhooks } from './lemlistSandboxWebhooks.ts';
import { LemlistWindow } from './lemlistSandboxWindow.ts';

const endpoints = [...campaignEndpoints, ...leadEndpoints, ...contactEndpoints];

const sentences: Readonly<Record<number, string>> = {
  400: 'Bad team',
  401: 'The authentication you supplied is incorrect',
  402: 'Insufficient credits',
  403: 'User linked to this API key is blocked',
  404: 'No user found for this API key',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
};

const failure = (status: number): SandboxAnswer => sentence(status, sentences[status] ?? 'Error');

const BASIC = /^Basic ([A-Za-z0-9+/]+={0,2})$/u;
const EMPTY_USER_AND_KEY = /^:[\w-]{8,100}$/u;

/** `undefined` for a well-formed credential, else Lemlist's refusal. */
const refusal = (authorization: string | undefined): SandboxAnswer | undefined => {
  if (authorization === undefined) return sentence(400, 'No API key provided');
  const encoded = BASIC.exec(authorization)?.[1];
  const isWellFormed = encoded !== undefined && EMPTY_USER_AND_KEY.test(Buffer.from(encoded, 'base64').toString());
  return isWellFormed ? undefined : failure(401);
};

class LemlistSimulator implements SimulatorInstance {
  readonly #parts: SimulatorParts;
  #account: LemlistAccount;
  #window = new LemlistWindow();
  #isForbidden = false;

  /** The account's states that no request brings about. */
  readonly scenarios = {
    duplicate_as_409: () => {
      this.#account.duplicates = 409;
    },
    duplicate_as_500: () => {
      this.#account.duplicates = 500;
    },
    key_revoked: () => {
      this.#account.isKeyRevoked = true;
    },
    missing_scopes: () => {
      this.#isForbidden = true;
    },
    leads_in_graveyard: () => {
      for (const lead of this.#account.leads.values()) lead.isBuried = true;
    },
    out_of_credits: () => {
      this.#account.credits = 0;
    },
    team_shows_key: () => {
      this.#account.showsKeyInTeam = true;
    },
  };

  constructor(parts: SimulatorParts) {
    this.#parts = parts;
    this.#account = new LemlistAccount(parts);
  }

  answer(request: SandboxRequest): SandboxAnswer {
    const refused = refusal(request.headers['authorization']);
    if (refused !== undefined) return refused;
    if (this.#account.isKeyRevoked) return failure(401);
    if (!this.#window.take(this.#parts.now())) return this.#withLimits(failure(429));
    if (this.#isForbidden && request.path !== '/team') return this.#withLimits(sentence(403, 'Forbidden'));
    return this.#withLimits(dispatch(endpoints, this.#account, request));
  }

  throttled(): SandboxAnswer {
    this.#window.exhaust(this.#parts.now());
    return this.#withLimits(failure(429));
  }

  failure(status: number): SandboxAnswer {
    return failure(status);
  }

  reset(): void {
    this.#account = new LemlistAccount(this.#parts);
    this.#window = new LemlistWindow();
    this.#isForbidden = false;
  }

  #withLimits(answer: SandboxAnswer): SandboxAnswer {
    return { ...answer, headers: { ...this.#window.headers(this.#parts.now()), ...answer.headers } };
  }
}

export const lemlistSimulator: Simulator = {
  name: 'lemlist',
  webhooks: lemlistWebhooks,
  create: (parts) => new LemlistSimulator(parts),
};
