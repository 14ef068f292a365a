import type { Logger } from '../../logging/logger.ts';
import type { FleetCircuitId } from '../../contract/fleetStore.ts';
import { minutes, seconds, type Clock } from '../../time/clock.ts';
import type { Guest } from '../../redis/guest.ts';
import { RedisScript } from '../../redis/redisScript.ts';

/** Seen for a minute, so that saying it more rarely than that is enough. */
const SAY_EVERY_MS = seconds(20);
const WARN_EVERY_MS = minutes(60);

const note = new RedisScript(import.meta.url, 'fleet-fingerprints');

/**
 * Two deployments on one prefix, with other policies or other accounts, keep circuits of their own: nothing is mixed up. But it
 * is seldom meant, so it is said.
 */
export class FleetFingerprints {
  readonly #guest: Guest;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** By name of a circuit; monotonic ms. */
  readonly #saidAt = new Map<string, number>();
  readonly #warnedAt = new Map<string, number>();

  constructor(guest: Guest, clock: Clock, logger: Logger) {
    this.#guest = guest;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Never rejects: nobody waits for it. */
  async say({ name, fingerprint }: FleetCircuitId): Promise<void> {
    if (!this.#isDue(this.#saidAt, name, SAY_EVERY_MS)) return;
    const key = `${this.#guest.prefix}:fleet:{${name}}:fingerprints`;
    try {
      const others = (await this.#guest.ask((client) => note.run(client, [key], [fingerprint]))) as readonly string[];
      if (others.length > 0 && this.#isDue(this.#warnedAt, name, WARN_EVERY_MS)) this.#warn(name);
    } catch {
      // The guest has told what there is to tell.
    }
  }

  #isDue(last: Map<string, number>, name: string, everyMs: number): boolean {
    const now = this.#clock.now();
    if (now - (last.get(name) ?? -Infinity) < everyMs) return false;
    last.set(name, now);
    return true;
  }

  #warn(circuit: string): void {
    this.#logger.warn(
      { circuit, prefix: this.#guest.prefix },
      'another deployment, or another version of this one, uses the same prefix in Redis with another policy or account for this service: ' +
        'each keeps circuits of its own; set REDIS_KEY_PREFIX if that is not meant',
    );
  }
}
