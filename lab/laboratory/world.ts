/**
 * What a rival is given: the service, through a client with an attempt timeout or as a transport for our own pipeline,
 * and somebody to tell that its circuit has opened. Everything that reaches the service is counted here.
 */
import type { HttpResponse, Transport } from '../../src/wire/transport.ts';
import type { LabCall } from './labCall.ts';
import type { LabTime } from './labTime.ts';
import type { Ledger } from './ledger.ts';
import type { Fate, SimulatedService } from './simulatedService.ts';

/** A request that came to nothing, as a client library would tell it. */
export class RequestFailed extends Error {
  /** @param status `undefined`: no answer in time. */
  constructor(readonly status: number | undefined) {
    super(status === undefined ? 'timed out' : `answered ${String(status)}`);
  }
}

/** Probes of a rival's own, which belong to no call, are for this operation. */
const PROBE_OPERATION = 'probe';
const CALL_PATH = /\/(?<index>\d+)$/u;
const ANSWERED: HttpResponse = { status: 200, headers: { 'content-type': 'application/json' }, body: '{"id":"1"}' };

interface WorldParts {
  readonly time: LabTime;
  readonly ledger: Ledger;
  /** One for each service of the scenario. */
  readonly services: readonly SimulatedService[];
  readonly random: () => number;
}

export class World {
  readonly random: () => number;
  readonly #parts: WorldParts;
  readonly #calls = new Map<number, LabCall>();
  #probes = 0;

  constructor(parts: WorldParts) {
    this.#parts = parts;
    this.random = parts.random;
  }

  get serviceCount(): number {
    return this.#parts.services.length;
  }

  /** Known to the end of the run: a rival may go on with a call whose caller has long gone. */
  enter(call: LabCall): void {
    this.#calls.set(call.index, call);
  }

  /** For clients that are handed a URL only: the last part of its path is the call's number. */
  callOf(path: string, service: number): LabCall {
    const known = this.#calls.get(Number(CALL_PATH.exec(path)?.groups?.['index'] ?? NaN));
    if (known !== undefined) return known;
    this.#probes += 1;
    return { index: -this.#probes, service, operation: PROBE_OPERATION, startedAt: this.#parts.time.now, attempts: 0 };
  }

  /**
   * Sends one request, as a client with that attempt timeout would.
   *
   * @throws {RequestFailed}
   */
  ask(call: LabCall, timeoutMs: number): Promise<void> {
    const { status, afterMs } = this.#send(call);
    const inTime = afterMs <= timeoutMs;
    if (status !== 200 || !inTime) this.#parts.ledger.requestDoomed(call, this.#parts.time.now);
    return new Promise((resolve, reject) => {
      setTimeout(
        () => {
          if (status === 200 && inTime) resolve();
          else reject(new RequestFailed(inTime ? status : undefined));
        },
        Math.min(afterMs, timeoutMs),
      );
    });
  }

  /** The wire of our own pipeline: waits as long as it is let. */
  transport(service: number): Transport {
    const { ledger, time } = this.#parts;
    return ({ path }, signal) => {
      const call = this.callOf(path, service);
      const sentAt = time.now;
      const fate = this.#send(call);
      return new Promise((resolve, reject) => {
        const answer = (): void => {
          signal.removeEventListener('abort', onAbort);
          if (fate.status !== 200) ledger.requestDoomed(call, sentAt);
          resolve(responseOf(fate));
        };
        const timer = fate.status === undefined ? undefined : setTimeout(answer, fate.afterMs);
        const onAbort = (): void => {
          clearTimeout(timer);
          ledger.requestDoomed(call, sentAt);
          reject(signal.reason as Error);
        };
        signal.addEventListener('abort', onAbort, { once: true });
      });
    };
  }

  opened(circuit: string): void {
    this.#parts.ledger.circuitOpened(circuit, this.#parts.time.now);
  }

  closed(circuit: string): void {
    this.#parts.ledger.circuitClosed(circuit);
  }

  #send(call: LabCall): Fate {
    const service = this.#parts.services[call.service];
    if (service === undefined) throw new Error(`there is no service ${String(call.service)}`);
    this.#parts.ledger.requestSent(call);
    return service.receive(call, this.#parts.time.now);
  }
}

const responseOf = ({ status = 503, retryAfterSeconds }: Fate): HttpResponse => {
  if (status === 200) return ANSWERED;
  const headers: Readonly<Record<string, string>> = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  return { status, headers, body: '{}' };
};
