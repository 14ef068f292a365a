/**
 * A SendGrid to try things on: mail that arrives twice if it is sent twice, contacts written by jobs, 404 where nobody is
 * known, a 401 that is a used up quota, a limit of each endpoint. What the documentation leaves open is marked in
 * docs/services/sendgrid.md.
 */
import type { SandboxAnswer, SandboxRequest, Simulator, SimulatorInstance, SimulatorParts } from '../simulation/simulator.ts';
import { SendgridSimulatedAccount } from './sendgridSandboxAccount.ts';
import { contactEndpoints } from './sendgridSandboxContacts.ts';
import { ask, contentTooLarge, endpoint, find, json, notFound, refused } from './sendgridSandboxEndpoint.ts';
import { listEndpoints } from './sendgridSandboxLists.ts';
import { mailEndpoints, senderUnverified, tooManyCredits } from './sendgridSandboxMail.ts';
import { allScopes } from './sendgridSandboxSeeds.ts';
import { suppressionEndpoints } from './sendgridSandboxSuppressions.ts';
import { sendgridWebhooks } from './sendgridSandboxWebhooks.ts';
import { SendgridWindows } from './sendgridSandboxWindows.ts';

const BEARER = /^Bearer (SG\.[\w.-]{4,200})$/u;
const MAIL = 'POST /v3/mail/send';

const unauthenticated = refused(401, 'authorization required');
const invalidGrant = refused(401, 'The provided authorization grant is invalid, expired, or revoked');
const tooMany = refused(429, 'too many requests');

const knownFailures: readonly SandboxAnswer[] = [
  refused(400, 'bad request'),
  unauthenticated,
  refused(403, 'access forbidden'),
  notFound,
  refused(405, 'method not allowed'),
  refused(406, 'only accepts application/json'),
  refused(408, 'request timed out'),
  contentTooLarge,
  refused(415, 'content type unsupported'),
  tooMany,
  refused(500, 'internal server error'),
];

/** Proxies before it answer with pages. */
const pageOf = (status: number): SandboxAnswer => ({
  status,
  headers: { 'content-type': 'text/html' },
  body: `<html><head><title>${String(status)}</title></head><body><center><h1>${String(status)}</h1></center><hr>nginx</body></html>`,
});

const failure = (status: number): SandboxAnswer => knownFailures.find((known) => known.status === status) ?? pageOf(status);

/** Answers in an endpoint's place; `undefined` leaves it to the endpoint. */
type Standing = (where: string) => SandboxAnswer | undefined;

const isMail = (where: string): boolean => where.includes(' /v3/mail/');
const isMarketing = (where: string): boolean => where.includes(' /v3/marketing/');

const withScopes = (scopes: readonly string[], where: string): SandboxAnswer | undefined =>
  where === 'GET /v3/scopes' ? json({ scopes }) : undefined;

const noMail: Standing = (where) =>
  isMail(where)
    ? refused(403, 'access forbidden', 'null')
    : withScopes(
        allScopes.filter((scope) => !scope.startsWith('mail.')),
        where,
      );

const noMarketing: Standing = (where) =>
  isMarketing(where)
    ? refused(403, 'access forbidden')
    : withScopes(
        allScopes.filter((scope) => !scope.startsWith('marketing.')),
        where,
      );

const endpoints = [
  endpoint('GET /v3/scopes', () => json({ scopes: allScopes })),
  ...mailEndpoints,
  ...contactEndpoints,
  ...listEndpoints,
  ...suppressionEndpoints,
];

class SendgridSimulator implements SimulatorInstance {
  readonly #parts: SimulatorParts;
  #account: SendgridSimulatedAccount;
  #windows = new SendgridWindows();
  #standing: Standing = () => undefined;

  /** The account's states that no request brings about. */
  readonly scenarios = {
    credits_exceeded: () => {
      this.#standing = (where) => (where === MAIL ? tooManyCredits : undefined);
    },
    eu_host: () => {
      this.#standing = (where) => (isMarketing(where) ? notFound : undefined);
    },
    imports_failed: () => {
      this.#account.imports = 'failed';
    },
    imports_stuck: () => {
      this.#account.imports = 'stuck';
    },
    key_revoked: () => {
      this.#standing = () => invalidGrant;
    },
    mail_scope_missing: () => {
      this.#standing = noMail;
    },
    marketing_scope_missing: () => {
      this.#standing = noMarketing;
    },
    sender_unverified: () => {
      this.#standing = (where) => (where === MAIL ? senderUnverified : undefined);
    },
  };

  constructor(parts: SimulatorParts) {
    this.#parts = parts;
    this.#account = new SendgridSimulatedAccount(parts);
  }

  answer(request: SandboxRequest): SandboxAnswer {
    const authorization = request.headers['authorization'];
    if (authorization === undefined) return unauthenticated;
    if (!BEARER.test(authorization)) return invalidGrant;
    this.#account.settle();
    const found = find(endpoints, request);
    if ('status' in found) return found;
    const { name } = found.endpoint;
    const answered = (): SandboxAnswer => this.#standing(name) ?? ask(found, this.#account, request);
    // Whether mail has a limit that its headers tell is not known.
    return name === MAIL ? answered() : this.#limited(`${authorization} ${name}`, answered);
  }

  throttled(request: SandboxRequest): SandboxAnswer {
    const found = find(endpoints, request);
    const of = `${request.headers['authorization'] ?? ''} ${'status' in found ? request.path : found.endpoint.name}`;
    this.#windows.exhaust(of, this.#parts.now());
    return this.#limited(of, () => tooMany);
  }

  failure(status: number): SandboxAnswer {
    return failure(status);
  }

  settle(): boolean {
    return this.#account.settle();
  }

  reset(): void {
    this.#account = new SendgridSimulatedAccount(this.#parts);
    this.#windows = new SendgridWindows();
    this.#standing = () => undefined;
  }

  #limited(of: string, answered: () => SandboxAnswer): SandboxAnswer {
    const now = this.#parts.now();
    const answer = this.#windows.take(of, now) ? answered() : tooMany;
    return { ...answer, headers: { ...answer.headers, ...this.#windows.headers(of, now) } };
  }
}

export const sendgridSimulator: Simulator = {
  name: 'sendgrid',
  webhooks: sendgridWebhooks,
  create: (parts) => new SendgridSimulator(parts),
};
