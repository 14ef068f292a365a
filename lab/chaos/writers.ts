/**
 * Callers of the gateway, who keep what they were answered. Each writes one thing after the other, as a careful caller
 * does: once a write of a record has not been answered at once, those that follow it are sent to the queue as well.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { plainHttp, type PlainResponse } from '../../test/support/plainHttp.ts';
import type { Answer, Write, WriteKind } from './evidence.ts';
import { leadMarker, POISON, unsubscribeMarker } from './providerShapes.ts';

/** Far above what is promised: whoever waits as long was forgotten. */
const HUNG_MS = 10_000;
const KEYED_SHARE = 0.35;
const ASYNC_SHARE = 0.4;
const POISONED_SHARE = 0.04;
/** Between two tries of a request with a key, and how many there are before it is left to the end of the run. */
const AGAIN_MS = 150;
const TRIES = 6;
const CAMPAIGN = 'cam_A1b2C3d4E5f6G7h8i';

interface Target {
  readonly method: 'POST' | 'PUT';
  readonly path: string;
  readonly body: unknown;
}

const targets: Readonly<Record<WriteKind, (marker: string, entity: string) => Target>> = {
  contact: (marker, entity) => ({
    method: 'PUT',
    path: `/api/hubspot/contacts/by-email/${entity}`,
    body: { properties: { firstname: marker } },
  }),
  poison: (marker, entity) => ({
    method: 'PUT',
    path: `/api/hubspot/contacts/by-email/${entity}`,
    body: { properties: { firstname: marker, [POISON]: 'x' } },
  }),
  deal: (marker) => ({ method: 'POST', path: '/api/hubspot/deals', body: { properties: { dealname: marker } } }),
  lead: (_marker, entity) => ({ method: 'POST', path: `/api/lemlist/campaigns/${CAMPAIGN}/leads`, body: { email: entity } }),
  unsubscribe: (_marker, entity) => ({ method: 'POST', path: '/api/lemlist/unsubscribes', body: { value: entity } }),
};

interface MutableWrite extends Write {
  readonly answers: Answer[];
}

export interface WritersParts {
  /** Where the gateway listens, once it does. */
  readonly url: () => Promise<string>;
  readonly round: () => number;
  /** Source of [0, 1). */
  readonly random: () => number;
  /** So many callers of each of three kinds. */
  readonly callersEach: number;
  /** The longest pause of a caller, ms. */
  readonly pauseMs: number;
}

const readAnswer = ({ status, text }: PlainResponse): Pick<Answer, 'status' | 'jobId' | 'code'> => {
  const body = JSON.parse(text) as { readonly id?: string; readonly code?: string };
  return { status, jobId: status === 202 ? body.id : undefined, code: body.code };
};

export class Writers {
  readonly #parts: WritersParts;
  readonly #writes: MutableWrite[] = [];
  #isStopped = false;
  #running: readonly Promise<void>[] = [];
  #lastNumber = 0;

  constructor(parts: WritersParts) {
    this.#parts = parts;
  }

  get writes(): readonly Write[] {
    return this.#writes;
  }

  start(): void {
    const callers = Array.from({ length: this.#parts.callersEach }, (_, number) => number);
    const running = callers.flatMap((number) => [
      this.#writeContact(`contact-${String(number)}@chaos.example`),
      this.#writeLeads(),
      this.#writeDeals(),
    ]);
    // They end with a gateway that has ended by itself; whoever runs it tells of that.
    this.#running = running.map((caller) => caller.catch(() => undefined));
  }

  /** Begins nothing more, and waits for what is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#running);
  }

  /** Once more, as a caller does who has a key and wants to know. */
  async repeat({ marker }: Write): Promise<void> {
    const write = this.#writes.find((one) => one.marker === marker);
    write?.answers.push(await this.#send(write, false));
  }

  /** One contact, changed again and again; now and then somebody gets a property wrong. */
  async #writeContact(entity: string): Promise<void> {
    let isQueued = false;
    for (let sequence = 1; !this.#isStopped; sequence += 1) {
      isQueued = !(await this.#write('contact', `contact ${entity} ${String(sequence)}`, entity, sequence, isQueued)) || isQueued;
      if (this.#parts.random() < POISONED_SHARE) await this.#writePoison();
    }
  }

  async #writePoison(): Promise<void> {
    const number = this.#number();
    await this.#write('poison', `poison ${number}`, `poison-${number}@chaos.example`, 1, false);
  }

  /** One person after the other: added, and unsubscribed. */
  async #writeLeads(): Promise<void> {
    while (!this.#isStopped) {
      const email = `person-${this.#number()}@chaos.example`;
      const isMade = await this.#write('lead', leadMarker(email), email, 1, false);
      await this.#write('unsubscribe', unsubscribeMarker(email), email, 2, !isMade);
    }
  }

  async #writeDeals(): Promise<void> {
    while (!this.#isStopped) {
      const number = this.#number();
      await this.#write('deal', `deal ${number}`, `deal ${number}`, 1, false);
    }
  }

  #number(): string {
    this.#lastNumber += 1;
    return String(this.#lastNumber);
  }

  /** @returns whether the provider has done it. */
  async #write(kind: WriteKind, marker: string, entity: string, sequence: number, mustWait: boolean): Promise<boolean> {
    const { random, pauseMs, round, url } = this.#parts;
    await sleep(random() * pauseMs);
    const isAsync = random() < ASYNC_SHARE || mustWait;
    const isKeyed = random() < KEYED_SHARE;
    await url();
    const key = isKeyed ? `key-${marker.replaceAll(' ', '-')}` : undefined;
    const write: MutableWrite = { marker, kind, entity, sequence, round: round(), key, answers: [] };
    this.#writes.push(write);
    const status = await this.#untilAnswered(write, isAsync);
    return status === 200 || status === 201;
  }

  /** Whoever has a key asks again until there is an answer that stays; whoever has none asks once. */
  async #untilAnswered(write: MutableWrite, isAsync: boolean): Promise<Answer['status']> {
    for (let tries = 1; ; tries += 1) {
      const answer = await this.#send(write, isAsync);
      write.answers.push(answer);
      const mayPass = typeof answer.status !== 'number' || answer.code === 'request_in_progress' || answer.status >= 500;
      if (write.key === undefined || !mayPass || tries === TRIES) return answer.status;
      await sleep(AGAIN_MS);
      await this.#parts.url();
    }
  }

  async #send({ kind, marker, entity, key }: Write, isAsync: boolean): Promise<Answer> {
    const { method, path, body } = targets[kind](marker, entity);
    const url = await this.#parts.url();
    const startedAt = Date.now();
    const headers = {
      'content-type': 'application/json',
      ...(isAsync && { prefer: 'respond-async' }),
      ...(key !== undefined && { 'idempotency-key': key }),
    };
    const signal = AbortSignal.timeout(HUNG_MS);
    try {
      const answer = readAnswer(await plainHttp(url + path, { method, headers, body, signal }));
      return { ...answer, isAsync, startedAt, endedAt: Date.now() };
    } catch {
      return { status: signal.aborted ? 'hung' : 'broken', jobId: undefined, code: undefined, isAsync, startedAt, endedAt: Date.now() };
    }
  }
}
