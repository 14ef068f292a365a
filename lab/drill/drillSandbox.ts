/**
 * The drill's hand on the sandbox's switches, and its eye on the gateway's counters.
 */
import { request } from 'undici';
import { healthFaults, isHealthFault, type DrillFault, type HealthFault } from './drillArguments.ts';

interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  readonly time: string;
}

export interface ReceivedCount {
  /** On behalf of callers. */
  readonly calls: number;
  readonly healthChecks: number;
}

const ask = async (method: 'GET' | 'PUT' | 'DELETE', url: string, body?: unknown): Promise<unknown> => {
  const answer = await request(url, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`${method} ${url} answered ${String(answer.statusCode)}: ${text}`);
  return JSON.parse(text);
};

export class DrillSandbox {
  constructor(
    private readonly origin: string,
    private readonly service: string,
  ) {}

  /** @throws {Error} if there is no sandbox, or it lacks the service. */
  async directUrls(): Promise<Readonly<Record<string, string>>> {
    const { services } = (await ask('GET', this.origin)) as { readonly services: Readonly<Record<string, { readonly directUrl: string }>> };
    if (!(this.service in services)) throw new Error(`The sandbox at ${this.origin} has no ${this.service}`);
    return Object.fromEntries(Object.entries(services).map(([name, { directUrl }]) => [name, directUrl]));
  }

  /** @returns Since when the fault is in force, by the sandbox's clock. */
  async breakService(fault: DrillFault, status: number | undefined): Promise<string> {
    await ask('DELETE', `${this.origin}/_requests`);
    const body = { fault: isHealthFault(fault) || fault === 'moved' ? 'error' : fault, ...(status === undefined ? {} : { status }) };
    const { since } = (await ask('PUT', `${this.origin}/_faults/${this.service}`, body)) as { readonly since: string };
    return since;
  }

  /**
   * All is healthy again but one operation.
   *
   * @param operation Method and beginning of the path, as the sandbox takes it.
   * @returns Since when, by the sandbox's clock.
   */
  async breakHealth(fault: HealthFault, operation: string): Promise<string> {
    const body = { ...healthFaults[fault], operation };
    const { since } = (await ask('PUT', `${this.origin}/_faults/${this.service}`, body)) as { readonly since: string };
    return since;
  }

  /** @returns Since when the service is well, by the sandbox's clock. */
  async mendService(): Promise<string> {
    const { since } = (await ask('DELETE', `${this.origin}/_faults/${this.service}`)) as { readonly since: string };
    return since;
  }

  /**
   * What reached the service between two moments of the sandbox's clock.
   *
   * @param healthOperation Method and path of what health checks ask.
   */
  async received(from: string, to: string, healthOperation: string): Promise<ReceivedCount> {
    const { requests } = (await ask('GET', `${this.origin}/_requests?service=${this.service}`)) as {
      readonly requests: readonly LoggedRequest[];
    };
    const during = requests.filter(({ time }) => time >= from && time < to);
    const healthChecks = during.filter(({ method, path }) => `${method} ${path}` === healthOperation).length;
    return { calls: during.length - healthChecks, healthChecks };
  }
}

/** Attempts of the gateway at a service since its start. */
export interface AttemptCount {
  readonly first: number;
  readonly retry: number;
}

/** The sum of `upstream_attempts_total` of a service, by `attempt`. */
export const attemptsIn = (metrics: string, service: string): AttemptCount => {
  const count = { first: 0, retry: 0 };
  for (const [, labels = '', value = ''] of metrics.matchAll(/^upstream_attempts_total\{(.*)\} (\S+)/gmu)) {
    if (!labels.includes(`service="${service}"`)) continue;
    count[labels.includes('attempt="retry"') ? 'retry' : 'first'] += Number(value);
  }
  return count;
};

/** How much of the open time is left, ms; `null` where the circuit is not open, or the gateway does not tell. */
export const readOpenTimeLeft = async (target: string, service: string): Promise<number | null> => {
  const answer = await request(`${target}/health/detailed`).catch(() => undefined);
  const text = await answer?.body.text();
  if (answer?.statusCode !== 200 || text === undefined) return null;
  const { checks } = JSON.parse(text) as {
    readonly checks?: Readonly<Record<string, readonly { readonly nextProbeAt?: string | null }[] | undefined>>;
  };
  const nextProbeAt = checks?.[`${service}:circuit`]?.[0]?.nextProbeAt ?? undefined;
  return nextProbeAt === undefined ? null : Math.max(0, Date.parse(nextProbeAt) - Date.now());
};

/** `undefined` where the gateway shows no metrics, for instance because they are on a management port. */
export const readAttempts = async (target: string, service: string): Promise<AttemptCount | undefined> => {
  const answer = await request(`${target}/metrics`).catch(() => undefined);
  const text = await answer?.body.text();
  return answer?.statusCode === 200 && text !== undefined ? attemptsIn(text, service) : undefined;
};
