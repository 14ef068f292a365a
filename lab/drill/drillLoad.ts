/**
 * Callers at a constant rate. The loop is open: a call is sent when its time has come, whatever became of those
 * before, and its latency counts from that time. A driver that waited for answers would go easy on a slow gateway.
 */
import { Agent, request } from 'undici';

export interface DrillRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
}

export interface DrillCall {
  /** When it was due, ms on the monotonic clock. */
  readonly at: number;
  readonly latencyMs: number;
  /** 0: no answer at all. */
  readonly status: number;
  /** The problem's `code`; without an answer, the socket's. */
  readonly code: string | undefined;
}

const CALLER_PATIENCE_MS = 60_000;
/** Every call is to need the service: an answer out of the cache, or a fallback in its place, would hide the outage. */
const HEADERS = { 'cache-control': 'no-cache', prefer: 'handling=strict' };

/** The `code` of a problem, if the body is one. */
const codeIn = (text: string): string | undefined => {
  try {
    const body = JSON.parse(text) as { readonly code?: unknown };
    return typeof body.code === 'string' ? body.code : undefined;
  } catch {
    return undefined;
  }
};

export class DrillLoad {
  readonly #agent = new Agent({ headersTimeout: CALLER_PATIENCE_MS, bodyTimeout: CALLER_PATIENCE_MS });
  readonly #ended: DrillCall[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #sent = 0;
  #stopped: Promise<readonly DrillCall[]> | undefined;

  /**
   * @param target The gateway's origin.
   * @param next The request with a number; numbers count from 0.
   */
  constructor(
    private readonly target: string,
    private readonly next: (number: number) => DrillRequest,
  ) {}

  /** Calls that have ended so far, in the order of their end. */
  get ended(): readonly DrillCall[] {
    return this.#ended;
  }

  start(callsPerSecond: number): void {
    const startedAt = performance.now();
    const dueAt = (number: number): number => startedAt + (number * 1000) / callsPerSecond;
    const tick = (): void => {
      while (dueAt(this.#sent) <= performance.now()) this.#send(dueAt(this.#sent));
      this.#timer = setTimeout(tick, Math.max(0, dueAt(this.#sent) - performance.now()));
    };
    tick();
  }

  /** Sends no more, waits for what is under way, and gives the sockets back. */
  stop(): Promise<readonly DrillCall[]> {
    clearTimeout(this.#timer);
    this.#stopped ??= this.#drain();
    return this.#stopped;
  }

  /** Sends no more and hangs up on what is under way. */
  async abandon(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#agent.destroy();
    await Promise.all(this.#underWay);
  }

  async #drain(): Promise<readonly DrillCall[]> {
    await Promise.all(this.#underWay);
    await this.#agent.close();
    return this.#ended;
  }

  #send(at: number): void {
    const call = this.#call(this.next(this.#sent)).then(({ status, code }) => {
      this.#ended.push({ at, latencyMs: performance.now() - at, status, code });
      this.#underWay.delete(call);
    });
    this.#sent += 1;
    this.#underWay.add(call);
  }

  async #call({ method, path, body }: DrillRequest): Promise<Pick<DrillCall, 'status' | 'code'>> {
    try {
      const { statusCode, body: answer } = await request(`${this.target}${path}`, {
        method,
        dispatcher: this.#agent,
        headers: { ...HEADERS, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: statusCode, code: codeIn(await answer.text()) };
    } catch (error) {
      return { status: 0, code: error instanceof Error && 'code' in error ? String(error.code) : 'unknown' };
    }
  }
}
