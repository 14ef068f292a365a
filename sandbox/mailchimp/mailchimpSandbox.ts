/**
 * A Mailchimp to try things on: ten connections at once, problem documents, bulk writes whose failures hide in a 200,
 * batches in their own time. What the documentation leaves open is marked in docs/services/mailchimp.md.
 */
import type { SandboxAnswer, SandboxRequest, Simulator, SimulatorInstance, SimulatorParts } from '../simulation/simulator.ts';
import { isObject } from '../simulation/simulatedFields.ts';
import { MailchimpAccount, newInstance } from './mailchimpSandboxAccount.ts';
import { batchEndpoints, makeDueBatches } from './mailchimpSandboxBatches.ts';
import { bulkEndpoints } from './mailchimpSandboxBulk.ts';
import { hasFreeConnection } from './mailchimpSandboxConnections.ts';
import { credentialRefusal } from './mailchimpSandboxCredential.ts';
import { dispatch } from './mailchimpSandboxEndpoint.ts';
import { memberEndpoints } from './mailchimpSandboxMembers.ts';
import {
  disabledForCompliance,
  edgePage,
  failureOf,
  keyInvalid,
  PROBLEM_TYPE,
  tooManyConnections,
  wrongDataCentre,
} from './mailchimpSandboxProblems.ts';
import { searchEndpoints } from './mailchimpSandboxSearch.ts';
import { mailchimpWebhooks } from './mailchimpSandboxWebhooks.ts';

const endpoints = [...memberEndpoints, ...searchEndpoints, ...bulkEndpoints, ...batchEndpoints];

const NOTHING: SandboxAnswer = { status: 429 };

class MailchimpSimulator implements SimulatorInstance {
  readonly #parts: SimulatorParts;
  #account: MailchimpAccount;
  /** Answers every request, whatever it asks. */
  #standing: ((request: SandboxRequest) => SandboxAnswer | undefined) | undefined;
  #throttled = tooManyConnections;

  /** The account's states that no request brings about. */
  readonly scenarios = {
    key_revoked: () => {
      this.#standing = () => keyInvalid;
    },
    wrong_datacenter: () => {
      this.#standing = () => wrongDataCentre;
    },
    connections_taken: () => {
      this.#standing = () => this.#throttled;
    },
    missing_scopes: () => {
      this.#standing = ({ path }) => (path.endsWith('/ping') ? undefined : failureOf(403));
    },
    high_volume: () => {
      this.#standing = () => ({ status: 403 });
    },
    edge_pages: () => {
      this.#standing = () => edgePage(404);
    },
    throttled_by_a_page: () => {
      this.#throttled = edgePage(429);
    },
    throttled_without_a_word: () => {
      this.#throttled = NOTHING;
    },
    writes_disabled: () => {
      this.#standing = ({ method }) => (method === 'GET' ? undefined : disabledForCompliance);
    },
    members_in_compliance_state: () => {
      for (const list of this.#account.lists.values()) for (const member of list.members.values()) member.isInComplianceState = true;
    },
  };

  constructor(parts: SimulatorParts) {
    this.#parts = parts;
    this.#account = new MailchimpAccount(parts);
  }

  answer(request: SandboxRequest): SandboxAnswer {
    this.settle();
    const refused = hasFreeConnection(request.connections, this.#parts.now()) ? credentialRefusal(request) : this.#throttled;
    return this.#signed(refused ?? this.#standing?.(request) ?? dispatch(endpoints, this.#account, request));
  }

  throttled(): SandboxAnswer {
    return this.#signed(this.#throttled);
  }

  failure(status: number): SandboxAnswer {
    return this.#signed(failureOf(status));
  }

  settle(): boolean {
    return makeDueBatches(this.#account, (batched) => dispatch(endpoints, this.#account, batched));
  }

  reset(): void {
    this.#account = new MailchimpAccount(this.#parts);
    this.#standing = undefined;
    this.#throttled = tooManyConnections;
  }

  /** Each problem has an instance of its own, to ask the support about. */
  #signed(answer: SandboxAnswer): SandboxAnswer {
    if (answer.headers?.['content-type'] !== PROBLEM_TYPE || !isObject(answer.body)) return answer;
    return { ...answer, body: { ...answer.body, instance: newInstance(this.#parts.random) } };
  }
}

export const mailchimpSimulator: Simulator = {
  name: 'mailchimp',
  webhooks: mailchimpWebhooks,
  create: (parts) => new MailchimpSimulator(parts),
};
