/**
 * The answers that a fleet shares, in Redis: each a hash beside the turn to ask for it and the generations of its labels. What
 * belongs to one service lies on one shard; the log of purges lies on one of its own.
 */
import type { Redis } from 'ioredis';
import type { AnswerToShare, Look, LookWish, News, Notice, Place, SharedAnswers } from '../../cache/sharedAnswers.ts';
import { minutes, seconds } from '../../time/clock.ts';
import type { Guest } from '../../redis/guest.ts';
import { RedisScript } from '../../redis/redisScript.ts';

/** Longer than any question to a service is under way; an answer that comes later still is not taken in. */
const GENERATION_OUTLIVES_MS = minutes(5);
/** Purges in the log: more than happen in the two seconds until each replica has asked; some MB at the very most. */
const LOG_LENGTH = 2000;
const LOG_LIVES_MS = seconds(7 * 86_400);

const look = new RedisScript(import.meta.url, 'cache-look');
const put = new RedisScript(import.meta.url, 'cache-put');
const pass = new RedisScript(import.meta.url, 'cache-pass');
const notice = new RedisScript(import.meta.url, 'cache-notice');
const news = new RedisScript(import.meta.url, 'cache-news');

type LookReply = readonly [turn: Look['turn'], stamp: string, text?: string, age?: number, isFresh?: '0' | '1'];
type NewsReply = readonly [at: number, latest: string, isLost: '0' | '1', texts: readonly string[]];

export class RedisSharedAnswers implements SharedAnswers {
  readonly #guest: Guest;
  readonly #room: string;
  readonly #channel: string;

  /** @param room Told apart by it: replicas that hold the same keys, and so can read each other, have the same. */
  constructor(guest: Guest, room: string) {
    this.#guest = guest;
    this.#room = `cache-${room}`;
    this.#channel = `${this.#room}:purges`;
  }

  get isUp(): boolean {
    return this.#guest.isUp;
  }

  async look(place: Place, { token, want, freshForMs, livesForMs, turnForMs }: LookWish): Promise<Look> {
    const values = [token, want, freshForMs, livesForMs, turnForMs, GENERATION_OUTLIVES_MS];
    const [turn, stamp, text, ageMs, isFresh] = (await this.#run(look, this.#keys(place), values)) as LookReply;
    if (text === undefined || ageMs === undefined) return { turn, stamp };
    return { turn, stamp, kept: { text, ageMs, isFresh: isFresh === '1' } };
  }

  async put(place: Place, { token, stamp, text, livesForMs, askedAgoMs }: AnswerToShare): Promise<boolean> {
    const values = [token, stamp, text, livesForMs, askedAgoMs, GENERATION_OUTLIVES_MS];
    return (await this.#run(put, this.#keys(place), values)) === 1;
  }

  async pass(place: Place, token: string, openForMs: number): Promise<void> {
    await this.#run(pass, [this.#key(place.service, 'turn', place.name)], [token, openForMs]);
  }

  async forget(service: string, labels: readonly string[]): Promise<void> {
    await this.#guest.ask((client) => client.unlink(...this.#generations(service, labels)));
  }

  async purge(service: string, labels: readonly string[], text: string): Promise<void> {
    const generations = this.#generations(service, labels);
    const values = [text, LOG_LENGTH, LOG_LIVES_MS, `${this.#guest.prefix}:${this.#channel}`];
    // On one connection, so in this order: who is told finds the old answers gone.
    await this.#guest.ask((client: Redis) => Promise.all([client.unlink(...generations), notice.run(client, this.#log(), values)]));
  }

  async newsSince(last: Notice | undefined): Promise<News> {
    const [at, latest, isLost, texts] = (await this.#run(news, this.#log(), [last?.at ?? '', last?.text ?? ''])) as NewsReply;
    return { latest: { at, text: latest }, texts: isLost === '1' ? 'lost' : [...texts].reverse() };
  }

  listen(listener: Parameters<SharedAnswers['listen']>[0]): void {
    this.#guest.subscribe(this.#channel, (message) => {
      const [at = '', text = ''] = message.split(' ', 2);
      listener.noticed({ at: Number(at), text });
    });
    this.#guest.watch({
      up: () => {
        listener.returned();
      },
      down: () => undefined,
    });
  }

  #run(script: RedisScript, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown> {
    return this.#guest.ask((client) => script.run(client, keys, values));
  }

  #keys({ service, name, labels }: Place): readonly string[] {
    return [this.#key(service, 'answer', name), this.#key(service, 'turn', name), ...this.#generations(service, labels)];
  }

  #generations(service: string, labels: readonly string[]): readonly string[] {
    return labels.map((label) => this.#key(service, 'generation', label));
  }

  #key(service: string, kind: 'answer' | 'turn' | 'generation', name: string): string {
    return `${this.#guest.prefix}:{${this.#room}:${service}}:${kind}:${name}`;
  }

  #log(): readonly string[] {
    return ['at', 'texts'].map((name) => `${this.#guest.prefix}:{${this.#room}}:purges:${name}`);
  }
}
