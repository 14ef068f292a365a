/**
 * Purges across the fleet: ours told to the others, theirs carried out here. By message at once; and since messages get lost, by
 * asking every two seconds what came since.
 */
import { every } from '../time/every.ts';
import { seconds, type Clock } from '../time/clock.ts';
import { SharedRuns } from '../time/sharedRuns.ts';
import type { ResponseCache } from './responseCache.ts';
import { serviceLabel } from './labels.ts';
import type { News, Notice, SharedAnswers } from './sharedAnswers.ts';

/** Keeps labels, which name records of people, from being read in the store. */
export interface TextSealer {
  seal(text: string, context: string): string;
  /** @throws {Error} if it was not sealed so, or its key is not known. */
  open(sealed: string, context: string): string;
  /** Equal texts have equal digests in all replicas; nobody without the keys tells the text. */
  digest(text: string): string;
}

export interface FleetPurgesParts {
  readonly store: SharedAnswers;
  readonly cache: ResponseCache;
  readonly sealer: TextSealer;
  readonly clock: Clock;
}

const ASK_EVERY_MS = seconds(2);
const CONTEXT = 'purge';
/** More purges than that which the fleet was not told of become purges of whole services. */
const MAX_UNTOLD = 1000;
/** Labels in one notice, characters: the log holds thousands of notices. */
const NOTICE_LENGTH = 8_000;

/** One purge of a label: another one of the same label is another one. */
interface Untold {
  readonly service: string;
}

export class FleetPurges {
  readonly #parts: FleetPurgesParts;
  /** By service: labels of the next notice. Those of a flood share one. */
  #gathered = new Map<string, Set<string>>();
  readonly #telling: SharedRuns;
  /** By label: purges that the fleet has not heard of yet. */
  #untold = new Map<string, Untold>();
  /** Purges of our own that we have not heard of yet: at home they were carried out before. */
  readonly #own = new Set<string>();
  readonly #services = new Set<string>();
  #last: Notice | undefined;
  #isCatchingUp = false;
  #stop = (): void => undefined;

  constructor(parts: FleetPurgesParts) {
    this.#parts = parts;
    this.#telling = new SharedRuns(parts.clock, () => this.#tellGathered());
    parts.store.listen({
      noticed: (notice) => {
        this.#noticed(notice);
      },
      returned: () => void this.#catchUp(),
    });
  }

  /** While the fleet has not heard of a purge, what it keeps may be what was purged. */
  get areAllTold(): boolean {
    return this.#untold.size === 0;
  }

  /** Answers of this service are kept in the store. */
  uses(service: string): void {
    this.#services.add(service);
  }

  start(): void {
    this.#stop = every(this.#parts.clock, ASK_EVERY_MS, () => this.#catchUp());
  }

  stop(): void {
    this.#stop();
  }

  /**
   * Tells the fleet, and goes on trying if that fails. The cache of this process is its caller's to purge. Never rejects.
   *
   * @returns whether the fleet has been told.
   */
  async purge(service: string, labels: readonly string[]): Promise<boolean> {
    const { store, cache } = this.#parts;
    if (!store.isUp) {
      this.#keepUntold(labels.map((label) => [label, { service }]));
      return false;
    }
    const gathered = this.#gathered.get(service) ?? new Set();
    this.#gathered.set(service, gathered);
    for (const label of labels) gathered.add(label);
    const waits = this.#telling.isBusy;
    const isTold = await this.#telling.request().then(
      () => true,
      () => false,
    );
    // Until then what was purged could still be taken over from the store.
    if (waits) for (const label of labels) cache.purge(label);
    return isTold;
  }

  #keepUntold(purges: readonly (readonly [label: string, purge: Untold])[]): void {
    for (const [label, each] of purges) this.#untold.set(label, each);
    if (this.#untold.size > MAX_UNTOLD)
      this.#untold = new Map([...this.#untold.values()].map((each) => [serviceLabel(each.service), each]));
  }

  async #tellGathered(): Promise<void> {
    const gathered = [...this.#gathered].map(
      ([service, labels]) => [service, labels.size > MAX_UNTOLD ? [serviceLabel(service)] : [...labels]] as const,
    );
    this.#gathered = new Map();
    const untold = await Promise.all(
      gathered.map(async ([service, labels]) => {
        try {
          await this.#tell(service, labels);
          return [];
        } catch {
          return labels.map((label) => [label, { service }] as const);
        }
      }),
    );
    this.#keepUntold(untold.flat());
    if (untold.flat().length > 0) throw new Error('the fleet was not told of all purges');
  }

  async #tell(service: string, labels: readonly string[]): Promise<void> {
    const all = serviceLabel(service);
    for (const some of noticesOf(labels.includes(all) ? [all] : labels)) await this.#notify(service, some);
  }

  async #notify(service: string, labels: readonly string[]): Promise<void> {
    const { store, sealer } = this.#parts;
    const text = sealer.seal(JSON.stringify(labels), CONTEXT);
    this.#own.add(text);
    try {
      await store.purge(
        service,
        labels.map((label) => sealer.digest(label)),
        text,
      );
    } catch (error) {
      this.#own.delete(text);
      throw error;
    }
  }

  /** What others purged since we last heard, and what they have not heard of us. Never rejects: the next turn comes. */
  async #catchUp(): Promise<void> {
    if (this.#isCatchingUp || !this.#parts.store.isUp) return;
    this.#isCatchingUp = true;
    try {
      await this.#tellUntold();
      await this.#hear(await this.#parts.store.newsSince(this.#last));
    } catch {
      // The store is away again; what is untold stays so.
    } finally {
      this.#isCatchingUp = false;
    }
  }

  async #tellUntold(): Promise<void> {
    for (const service of new Set([...this.#untold.values()].map((each) => each.service))) {
      const untold = [...this.#untold].filter(([, each]) => each.service === service);
      await this.#tell(
        service,
        untold.map(([label]) => label),
      );
      // What was purged once more meanwhile, and could not be told again, is still to be told.
      for (const [label, each] of untold) if (this.#untold.get(label) === each) this.#untold.delete(label);
    }
  }

  async #hear({ latest, texts }: News): Promise<void> {
    if (texts === 'lost') await this.#startAnew();
    else for (const text of texts) this.#carryOut(text);
    this.#last = latest;
  }

  /**
   * The log of purges was lost, as by a failover: purges may be lost with it. What is kept here is not fresh any more, and what is
   * kept in the store, which may have been purged, is used no more.
   */
  async #startAnew(): Promise<void> {
    const { store, cache, sealer } = this.#parts;
    this.#own.clear();
    cache.outdate();
    for (const service of this.#services) await store.forget(service, [sealer.digest(serviceLabel(service))]);
  }

  #noticed(notice: Notice): void {
    this.#carryOut(notice.text);
    if (this.#last === undefined || notice.at <= this.#last.at) return;
    if (notice.at === this.#last.at + 1) this.#last = notice;
    else void this.#catchUp();
  }

  #carryOut(text: string): void {
    if (this.#own.delete(text)) return;
    const labels = this.#opened(text);
    if (labels === undefined) this.#parts.cache.outdate();
    else for (const label of labels) this.#parts.cache.purge(label);
  }

  /** Sealed by a key that we do not know (yet), it may be anything. */
  #opened(text: string): readonly string[] | undefined {
    try {
      return JSON.parse(this.#parts.sealer.open(text, CONTEXT)) as readonly string[];
    } catch {
      return undefined;
    }
  }
}

const noticesOf = (labels: readonly string[]): readonly (readonly string[])[] => {
  const notices: string[][] = [];
  let length = Infinity;
  for (const label of labels) {
    length += label.length;
    if (length > NOTICE_LENGTH) {
      notices.push([]);
      ({ length } = label);
    }
    notices.at(-1)?.push(label);
  }
  return notices;
};
