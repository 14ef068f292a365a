/**
 * An Explorium to try things on: the api_key header, 200 entities in any 60 s, credits that run out, misses inside 200s,
 * whole batches refused for one bad id. What the documentation leaves open is marked in docs/services/explorium.md.
 */
import type { SandboxAnswer, SandboxRequest, Simulator, SimulatorInstance, SimulatorParts } from '../simulation/simulator.ts';
import { ExploriumCatalogue, type Row } from './exploriumSandboxCatalogue.ts';
import { endpoints, type Endpoint, type Fault } from './exploriumSandboxEndpoints.ts';
import { ExploriumWindow } from './exploriumSandboxWindow.ts';

const WELL_FORMED_KEY = /^[\w-]{8,200}$/u;
const ALLOCATED_CREDITS = 1_000;
const THROTTLE_SECONDS = 60;
const HEX = '0123456789abcdef';

const details: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Invalid API key',
  403: 'You do not have access to this endpoint',
  404: 'Not found',
  500: 'Internal server error',
  503: 'Service unavailable',
};

const OUT_OF_CREDITS = 'You have insufficient credits to perform this operation. Please purchase additional credits.';

const asBody = ({ body, malformed }: SandboxRequest): Row | undefined =>
  !malformed && typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Row) : undefined;

const unprocessable = (faults: readonly Fault[]): SandboxAnswer => ({ status: 422, body: { detail: faults } });

class ExploriumSimulator implements SimulatorInstance {
  readonly #parts: SimulatorParts;
  #catalogue = new ExploriumCatalogue();
  #window = new ExploriumWindow();
  #credits = ALLOCATED_CREDITS;
  #isKeyRevoked = false;
  #failsInside = false;
  #isForbidden = false;
  /** The two forms of its 429 take turns, unless one is asked for. */
  #nextForm: 'first' | 'second' = 'first';
  #isSecondFormOnly = false;

  /** The account's states that no request brings about. */
  readonly scenarios = {
    out_of_credits: () => {
      this.#credits = 0;
    },
    key_revoked: () => {
      this.#isKeyRevoked = true;
    },
    missing_scopes: () => {
      this.#isForbidden = true;
    },
    second_429_body: () => {
      this.#isSecondFormOnly = true;
    },
    request_failure: () => {
      this.#failsInside = true;
    },
  };

  constructor(parts: SimulatorParts) {
    this.#parts = parts;
  }

  answer(request: SandboxRequest): SandboxAnswer {
    if (this.#isKeyRevoked || !WELL_FORMED_KEY.test(request.headers['api_key'] ?? '')) return this.failure(401);
    const endpoint = endpoints.get(request.path);
    if (request.path === '/v1/credits' && request.method === 'GET') return this.#limited(1, () => this.#creditsLeft());
    if (this.#isForbidden) return this.#withLimits(this.failure(403));
    if (endpoint === undefined) return this.#withLimits({ status: 404, body: { detail: 'Not Found' } });
    if (request.method !== 'POST') return this.#withLimits({ status: 405, body: { detail: 'Method Not Allowed' } });
    const body = asBody(request);
    if (body === undefined) return this.#withLimits(unprocessable([{ loc: ['body'], msg: 'field required', type: 'value_error.missing' }]));
    const faults = endpoint.faults(body);
    if (faults.length > 0) return this.#limited(1, () => unprocessable(faults));
    return this.#limited(endpoint.rows(body), () => this.#charged(endpoint, body));
  }

  /** Says no without filling the window, so that the throttle ends with the fault. */
  throttled(): SandboxAnswer {
    return this.#tooMany(THROTTLE_SECONDS);
  }

  failure(status: number, words = details[status] ?? 'Error'): SandboxAnswer {
    return { status, body: { details: words, correlation_id: this.#correlationId() } };
  }

  reset(): void {
    this.#catalogue = new ExploriumCatalogue();
    this.#window = new ExploriumWindow();
    this.#credits = ALLOCATED_CREDITS;
    this.#isKeyRevoked = false;
    this.#failsInside = false;
    this.#isForbidden = false;
    this.#nextForm = 'first';
    this.#isSecondFormOnly = false;
  }

  #limited(rows: number, answer: () => SandboxAnswer): SandboxAnswer {
    const now = this.#parts.now();
    if (!this.#window.take(now, rows)) return this.#tooMany(this.#window.secondsUntilFree(now, rows));
    return this.#withLimits(answer());
  }

  #charged(endpoint: Endpoint, body: Row): SandboxAnswer {
    const cost = endpoint.rows(body) * endpoint.creditsPerRow(body);
    if (cost > this.#credits) return this.failure(403, OUT_OF_CREDITS);
    if (this.#failsInside) return this.#success('failure', {});
    this.#credits -= cost;
    const answer = endpoint.answer(body, this.#catalogue);
    return this.#success(answer.found ? 'success' : 'miss', answer.body);
  }

  #creditsLeft(): SandboxAnswer {
    return this.#success('success', { allocated_credits: ALLOCATED_CREDITS, remaining_credits: this.#credits });
  }

  #success(requestStatus: 'success' | 'miss' | 'failure', body: Row): SandboxAnswer {
    const context = { correlation_id: this.#correlationId(), request_status: requestStatus, time_took_in_seconds: 0.074 };
    return { status: 200, body: { response_context: context, ...body } };
  }

  /** Form one as its page on limits has it, with Retry-After; form two as its page on errors has it, without. */
  #tooMany(seconds: number): SandboxAnswer {
    const form = this.#isSecondFormOnly ? 'second' : this.#nextForm;
    this.#nextForm = form === 'first' ? 'second' : 'first';
    const headers = this.#window.exhaustedHeaders(this.#parts.now());
    if (form === 'second') {
      const message = 'Rate limit exceeded. Please retry after the specified time.';
      return { status: 429, headers, body: { code: 429, message, retry_after: seconds } };
    }
    const message = `API rate limit exceeded. Please retry after ${String(seconds)} seconds.`;
    const body = { error: 'rate_limit_exceeded', message, retry_after: seconds };
    return { status: 429, headers: { ...headers, 'retry-after': String(seconds) }, body };
  }

  #withLimits(answer: SandboxAnswer): SandboxAnswer {
    return { ...answer, headers: this.#window.headers(this.#parts.now()) };
  }

  #correlationId(): string {
    return Array.from({ length: 32 }, () => HEX[Math.floor(this.#parts.random() * HEX.length)]).join('');
  }
}

export const exploriumSimulator: Simulator = {
  name: 'explorium',
  create: (parts) => new ExploriumSimulator(parts),
};
