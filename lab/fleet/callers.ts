/**
 * Callers of a fleet. The loop is open: a call is sent when its time has come, whatever became of those before, and its
 * latency counts from that time. The schedule is drawn from a seed, the same for every fleet that is compared.
 */
import type { DrillCall } from '../drill/drillLoad.ts';
import { plainHttp } from '../../test/support/plainHttp.ts';
import { seededRandom } from '../../test/support/seededRandom.ts';
import type { Asked } from './subjects.ts';

export interface FleetCall extends DrillCall {
  /** From 0. */
  readonly replica: number;
  /** Which of all. */
  readonly number: number;
}

export interface CallersParts {
  /** Origins of the replicas; calls go round. */
  readonly urls: readonly string[];
  readonly call: (number: number) => Asked;
  /** Over all replicas. */
  readonly callsPerSecond: number;
  readonly seed: number;
  /** How long a caller says that it waits, s; absent: the service's own deadline stands. */
  readonly patienceSeconds?: number;
}

/** The service had its say: an answer, or its own word that there is no such record. */
export const wasServed = ({ status, code }: Pick<FleetCall, 'status' | 'code'>): boolean =>
  (status >= 200 && status < 300) || (status === 404 && code === 'upstream_rejected');

/** Far above every deadline: whoever waits as long was forgotten. */
const HUNG_MS = 60_000;

const codeIn = (text: string): string | undefined => {
  const body = text.startsWith('{') ? (JSON.parse(text) as { readonly code?: unknown }) : {};
  return typeof body.code === 'string' ? body.code : undefined;
};

export class Callers {
  readonly #parts: CallersParts;
  readonly #random: () => number;
  readonly #ended: FleetCall[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #sent = 0;
  #dueAt = 0;

  constructor(parts: CallersParts) {
    this.#parts = parts;
    this.#random = seededRandom(parts.seed);
  }

  /** Those that have ended, in the order of their end. */
  get ended(): readonly FleetCall[] {
    return this.#ended;
  }

  start(): void {
    this.#dueAt = Date.now();
    this.#tick();
  }

  /** Sends no more, and waits for what is under way. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await Promise.all(this.#underWay);
  }

  #tick(): void {
    while (this.#dueAt <= Date.now()) this.#send();
    this.#timer = setTimeout(() => {
      this.#tick();
    }, this.#dueAt - Date.now());
  }

  #send(): void {
    const [at, number] = [this.#dueAt, this.#sent];
    this.#sent += 1;
    // Irregular, as callers are: half of the mean pause to one and a half.
    this.#dueAt += (1000 / this.#parts.callsPerSecond) * (0.5 + this.#random());
    const call = this.#make(at, number).then((ended) => {
      this.#ended.push(ended);
      this.#underWay.delete(call);
    });
    this.#underWay.add(call);
  }

  async #make(at: number, number: number): Promise<FleetCall> {
    const { urls, call, patienceSeconds } = this.#parts;
    const replica = number % urls.length;
    const { path, method = 'GET', headers, body } = call(number);
    const patience = patienceSeconds === undefined ? {} : { 'x-request-timeout': String(patienceSeconds) };
    const options = { method, headers: { ...headers, ...patience }, body, signal: AbortSignal.timeout(HUNG_MS) };
    try {
      const { status, text } = await plainHttp(`${urls[replica] ?? ''}${path}`, options);
      return { at, number, replica, latencyMs: Date.now() - at, status, code: codeIn(text) };
    } catch (error) {
      return { at, number, replica, latencyMs: Date.now() - at, status: 0, code: error instanceof Error ? error.name : 'unknown' };
    }
  }
}
