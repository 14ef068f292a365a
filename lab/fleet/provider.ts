/**
 * The provider of a run: the sandbox as a process of its own. It counts every request that reaches it, and breaks on demand.
 */
import { plainHttp } from '../../test/support/plainHttp.ts';
import { nodeArgumentsFor, ServerProcess, type Program } from '../../test/support/serverProcess.ts';

export interface Arrival {
  /** Wall-clock ms. */
  readonly at: number;
  /** `null`: not answered yet, or never. */
  readonly status: number | null;
  /** `GET /path` below the service, as far as it may be shown. */
  readonly what: string;
}

export type ProviderFault = { readonly fault: 'hang' } | { readonly fault: 'error'; readonly status: number };

/** The limits of the simulated services are so many times as wide where a run is not about them. */
const WIDE = 1000;

interface LoggedRequest {
  readonly service: string;
  readonly time: string;
  readonly status: number | null;
  readonly method: string;
  readonly path: string;
}

interface LoggedRequests {
  readonly requests: readonly LoggedRequest[];
  /** Older ones that no longer fit. */
  readonly forgotten: number;
}

const addressIn = (line: string): string | undefined =>
  line.startsWith('{') ? (JSON.parse(line) as { readonly url?: string }).url : undefined;

export class Provider {
  readonly #process: ServerProcess;
  readonly #arrived: LoggedRequest[] = [];

  /** @param limits `real`: they are enforced as the services enforce them. */
  constructor(program: Program, seed: number, limits: 'real' | 'wide') {
    const speed = limits === 'real' ? 1 : WIDE;
    const environment = { SANDBOX_PORT: '0', SANDBOX_SEED: String(seed), SANDBOX_SPEED: String(speed) };
    this.#process = new ServerProcess({
      nodeArguments: [...nodeArgumentsFor(program, 'sandbox/server/main'), '--json'],
      environment,
      addressIn,
    });
  }

  /** Resolves with its origin, once it answers. */
  get url(): Promise<string> {
    return this.#process.url;
  }

  /** @returns The wall-clock moment from which on it holds. */
  async breakService(service: string, fault: ProviderFault): Promise<number> {
    return this.#since(await this.#control('PUT', `/_faults/${service}`, fault));
  }

  /** @returns The wall-clock moment from which on it is well. */
  async mendService(service: string): Promise<number> {
    return this.#since(await this.#control('DELETE', `/_faults/${service}`));
  }

  /**
   * Notes what has arrived; to be called before 10,000 more have, which is all that the sandbox keeps.
   *
   * @throws {Error} if it came too late.
   */
  async collect(): Promise<void> {
    const { requests, forgotten } = JSON.parse(await this.#control('GET', '/_requests')) as LoggedRequests;
    if (forgotten > this.#arrived.length) throw new Error(`nobody has counted ${String(forgotten - this.#arrived.length)} requests`);
    // Those that were noted before may have been answered since.
    this.#arrived.splice(forgotten, Infinity, ...requests);
  }

  /** All that reached the service since the last `forget()`, oldest first. */
  async arrivals(service: string): Promise<readonly Arrival[]> {
    await this.collect();
    const own = this.#arrived.filter((request) => request.service === service);
    return own.map(({ time, status, method, path }) => ({ at: Date.parse(time), status, what: `${method} ${path}` }));
  }

  async forget(): Promise<void> {
    await this.#control('DELETE', '/_requests');
    this.#arrived.length = 0;
  }

  async stop(): Promise<void> {
    await this.#process.stop();
  }

  #since(answer: string): number {
    return Date.parse((JSON.parse(answer) as { readonly since: string }).since);
  }

  async #control(method: string, path: string, body?: unknown): Promise<string> {
    const { status, text } = await plainHttp((await this.url) + path, { method, body });
    if (status !== 200) throw new Error(`${method} ${path} answered ${String(status)}: ${text}`);
    return text;
  }
}
