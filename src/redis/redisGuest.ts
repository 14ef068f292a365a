/**
 * The guest on ioredis. Nothing waits for a connection, nothing is sent twice, no piece of work takes longer than 50 ms, and
 * a Redis that does not do its work is left alone for a while.
 */
import type { Redis } from 'ioredis';
import { SharedStateUnavailableError } from '../errors/sharedStateErrors.ts';
import type { Logger } from '../logging/logger.ts';
import { examineRedis, secondsOff } from './guestExamination.ts';
import type { Guest } from './guest.ts';
import { GuestPatience } from './guestPatience.ts';
import { GuestSubscriber } from './guestSubscriber.ts';
import { clientOptions, renewingPassword, type RedisParts } from './redisConnection.ts';
import { SILENT, UNREACHABLE, isAway, isMisdirected, knownReasonOf, reasonOf, withinTime } from './redisFailures.ts';
import { RedisLink, linkOptions } from './redisLink.ts';

export interface GuestParts extends RedisParts {
  /** Deployments that share a Redis need one each. */
  readonly keyPrefix: string;
  /** Of a whole piece of work; 50 unless said otherwise. Whoever asks has a call of its own to make. */
  readonly workWithinMs?: number;
}

const WORK_WITHIN_MS = 50;

/** By then the client forgets a command. Later than we give up: its timer knows nothing of answers that wait to be read. */
const TIMEOUTS = 4;

const OUR_FAULT = 'a command or an answer was not understood';
const CLOCK_IS_OFF =
  "this replica's clock is off that of Redis by more than a minute; nothing that is shared depends on it, but times in logs and the ends of overrides do";

type Watcher = Parameters<Guest['watch']>[0];

export class RedisGuest implements Guest {
  readonly #parts: GuestParts;
  readonly #logger: Logger;
  readonly #link: RedisLink;
  readonly #subscriber: GuestSubscriber;
  readonly #patience: GuestPatience;
  readonly #workWithinMs: number;
  readonly #watchers: Watcher[] = [];
  /** What was said in the log since it could last be used: each once. */
  readonly #told = new Set<string>();
  #isFit = false;
  #hasBeenUp = false;
  /** Why it is down, while it is. */
  #reason = 'Redis is not connected yet';
  /** Of the log: each once. */
  readonly #faults = new Set<string>();
  #secondsOff: number | undefined;

  private constructor(parts: GuestParts, role: string, newClient: (role: string, commandTimeout: number) => Redis) {
    this.#parts = parts;
    this.#logger = parts.logger.child({ redis: role });
    this.#patience = new GuestPatience(parts.clock, parts.random);
    this.#workWithinMs = parts.workWithinMs ?? WORK_WITHIN_MS;
    this.#link = new RedisLink(newClient(role, TIMEOUTS * this.#workWithinMs), parts.clock, {
      connected: () => void this.#examine(),
      ended: (error) => this.#ended(error),
    });
    this.#subscriber = new GuestSubscriber(parts, this.#logger, (commandTimeout) => newClient(`${role}-messages`, commandTimeout));
    this.#link.connect();
    parts.settings.password?.file?.onChange(() => {
      this.#link.connectNow();
    });
  }

  /**
   * Begins to connect, and loads ioredis for that: without a Redis nobody pays for it. Waits for nothing.
   *
   * @param role Shown by CLIENT LIST.
   */
  static async open(parts: GuestParts, role: string): Promise<RedisGuest> {
    const { Redis: Client } = await import('ioredis');
    const { settings, random } = parts;
    return new RedisGuest(parts, role, (name, commandTimeout) =>
      renewingPassword(
        new Client({ ...clientOptions(settings, name, random), ...linkOptions, enableReadyCheck: false, commandTimeout }),
        settings,
      ),
    );
  }

  get prefix(): string {
    return this.#parts.keyPrefix;
  }

  get isUp(): boolean {
    return this.#canBeUsed();
  }

  async ask<T>(work: (client: Redis) => Promise<T>): Promise<T> {
    if (!this.isUp) throw new SharedStateUnavailableError(this.#isFit ? UNREACHABLE : this.#reason);
    const begunAt = this.#parts.clock.now();
    try {
      const answer = await withinTime(this.#parts.clock, this.#workWithinMs, () => work(this.#link.client));
      if (this.#canBeUsed()) this.#patience.worked();
      return answer;
    } catch (error) {
      throw this.#failed(error, begunAt);
    }
  }

  /** Whoever watches late is told at once that it is up. */
  watch(watcher: Watcher): void {
    this.#watchers.push(watcher);
    if (this.isUp) watcher.up();
  }

  subscribe(channel: string, onMessage: (message: string) => void): void {
    this.#subscriber.subscribe(`${this.prefix}:${channel}`, onMessage);
  }

  async close(): Promise<void> {
    this.#isFit = false;
    this.#reason = 'it is closed';
    this.#watchers.length = 0;
    await Promise.all([this.#link.close(), this.#subscriber.close()]);
  }

  #canBeUsed(): boolean {
    return this.#isFit && this.#link.isConnected;
  }

  /**
   * What a failure tells. That Redis is silent, full, a replica, … the next piece of work would meet as well: it counts. An answer
   * that is none of these, or an answer that we do not understand, is our own fault, or that of one key: Redis is well, and
   * others go on using it.
   */
  #failed(error: unknown, begunAt: number): SharedStateUnavailableError {
    if (error instanceof SharedStateUnavailableError) return error;
    const reason = knownReasonOf(error) ?? (this.isUp ? OUR_FAULT : UNREACHABLE);
    if (reason === OUR_FAULT) this.#tellFault(error);
    // Where the connection is gone, its end says the rest.
    else if (this.isUp && (isMisdirected(reason) || this.#patience.failed(begunAt))) this.#giveUp(reason);
    return new SharedStateUnavailableError(reason);
  }

  /** Before a new connection is used. It passes, or is given up. */
  async #examine(): Promise<void> {
    const { clock, keyPrefix } = this.#parts;
    const begunAt = clock.now();
    try {
      const { unfit, wallTime } = await withinTime(clock, this.#workWithinMs, () => examineRedis(this.#link.client, keyPrefix));
      if (unfit === undefined) {
        this.#compareClocks(wallTime);
        this.#up();
      } else {
        this.#refuse(unfit, begunAt);
      }
    } catch (error) {
      if (this.#link.isConnected) this.#refuse(reasonOf(error), begunAt);
    }
  }

  #refuse(reason: string, begunAt: number): void {
    if (isMisdirected(reason)) this.#away(reason);
    else this.#lookFailed(reason, begunAt);
    this.#link.drop();
  }

  #giveUp(reason: string): void {
    this.#down(reason);
    this.#link.drop();
  }

  #ended(error: Error | undefined): number {
    const reason = reasonOf(error);
    if (isAway(reason)) {
      // Without an error it was given up by us, and has been spoken of.
      if (this.#isFit || error !== undefined) this.#away(reason);
    } else if (this.#isFit) this.#down(reason);
    else this.#lookFailed(reason, this.#parts.clock.now());
    return this.#patience.nextPauseMs();
  }

  /** Dialled again soon, for as long as it lasts. */
  #away(reason: string): void {
    this.#patience.unreachable();
    this.#down(reason);
  }

  /** A look that was only not answered is spoken of when that is no accident: it may have been this process that was busy. */
  #lookFailed(reason: string, begunAt: number): void {
    const isEnough = this.#patience.failed(begunAt);
    if (reason === SILENT && !isEnough) this.#reason = reason;
    else this.#down(reason);
  }

  #up(): void {
    if (!this.#link.isConnected || this.#isFit) return;
    this.#isFit = true;
    this.#patience.trusted();
    if (this.#told.size > 0) this.#logger.info({}, 'Redis can be used again');
    this.#told.clear();
    if (this.#hasBeenUp) this.#subscriber.renew();
    this.#hasBeenUp = true;
    for (const watcher of this.#watchers) watcher.up();
  }

  #down(reason: string): void {
    const wasUp = this.#isFit;
    this.#isFit = false;
    this.#reason = reason;
    if (!this.#told.has(reason))
      this.#logger.error({ reason }, 'Redis cannot be used; until it can, this replica acts by what it knows itself');
    this.#told.add(reason);
    if (wasUp) for (const watcher of this.#watchers) watcher.down(reason);
  }

  /** The code of an answer, such as WRONGTYPE, or the name of an error: nothing of what was sent or came back. */
  #tellFault(error: unknown): void {
    const { name, message } = error instanceof Error ? error : new Error();
    const fault = /^[A-Z]{2,}(?= )/.exec(message)?.[0] ?? name;
    if (this.#faults.has(fault)) return;
    this.#faults.add(fault);
    this.#logger.error({ fault }, 'Redis is well, but a piece of work on what replicas share failed; this is a fault of the gateway');
  }

  #compareClocks(theirs: number): void {
    const off = secondsOff(this.#parts.clock.wallTime(), theirs);
    if (off === this.#secondsOff) return;
    if (off !== undefined && this.#secondsOff === undefined) this.#logger.warn({ secondsAhead: off }, CLOCK_IS_OFF);
    this.#secondsOff = off;
  }
}
