/**
 * The twin of the store that a fleet shares: one memory, and a door to it for each replica. Doors can be shut, or lead to nobody.
 */
import type { AnswerToShare, Look, LookWish, News, Notice, Place, SharedAnswers } from '../../src/cache/sharedAnswers.ts';
import { SharedStateUnavailableError } from '../../src/errors/sharedStateErrors.ts';
import type { Clock } from '../../src/time/clock.ts';

interface Kept {
  readonly text: string;
  readonly stamp: string;
  readonly storedAt: number;
  readonly goneAt: number;
}

interface Turn {
  readonly token: string;
  readonly stamp: string;
  readonly endsAt: number;
}

/** A place whose answer cannot be shared: nobody waits for a turn. */
const OPEN = 'open';

type Listener = Parameters<SharedAnswers['listen']>[0];

/** What all replicas see. */
export class MemoryFleet {
  readonly clock: Clock;
  readonly answers = new Map<string, Kept>();
  readonly turns = new Map<string, Turn>();
  readonly generations = new Map<string, string>();
  readonly listeners = new Set<Listener>();
  notices: Notice[] = [];
  /** Whether messages arrive; without them replicas have to ask. */
  hasMessages = true;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** What a replica of the store holds now: it may be promoted later, and then what came since is lost. */
  snapshot(): () => void {
    const [answers, generations, notices] = [new Map(this.answers), new Map(this.generations), [...this.notices]];
    return () => {
      this.flush();
      for (const [key, answer] of answers) this.answers.set(key, answer);
      for (const [key, generation] of generations) this.generations.set(key, generation);
      this.notices = notices;
    };
  }

  /** As FLUSHALL. */
  flush(): void {
    this.answers.clear();
    this.turns.clear();
    this.generations.clear();
    this.notices = [];
  }
}

export class MemorySharedAnswers implements SharedAnswers {
  readonly #fleet: MemoryFleet;
  #listener: Listener | undefined;
  /** `hung`: up by the looks of it, but every question ends after 50 ms. */
  state: 'up' | 'down' | 'hung' = 'up';
  /** A look sees what is there at once, and tells so many ms later. */
  lateMs = 0;

  constructor(fleet: MemoryFleet) {
    this.#fleet = fleet;
  }

  get isUp(): boolean {
    return this.state !== 'down';
  }

  comeBack(): void {
    this.state = 'up';
    this.#listener?.returned();
  }

  async look(place: Place, wish: LookWish): Promise<Look> {
    await this.#way();
    const seen = this.#seen(place, wish);
    if (this.lateMs > 0) await new Promise<void>((resolve) => void this.#fleet.clock.after(this.lateMs, resolve));
    return seen;
  }

  async put(place: Place, { token, stamp, text, livesForMs, askedAgoMs }: AnswerToShare): Promise<boolean> {
    await this.#way();
    const { answers, clock, generations } = this.#fleet;
    const key = keyOf(place);
    this.#endTurn(key, token);
    if (stamp !== place.labels.map((label) => generations.get(labelKey(place.service, label)) ?? '').join(' ')) return false;
    const now = clock.now();
    const kept = answers.get(key);
    if (kept !== undefined && kept.stamp === stamp && kept.goneAt > now && now - kept.storedAt < askedAgoMs) return false;
    answers.set(key, { text, stamp, storedAt: now, goneAt: now + livesForMs });
    return true;
  }

  async pass(place: Place, token: string, openForMs: number): Promise<void> {
    await this.#way();
    const key = keyOf(place);
    if (!this.#endTurn(key, token) || openForMs <= 0) return;
    this.#fleet.turns.set(key, { token: OPEN, stamp: '', endsAt: this.#fleet.clock.now() + openForMs });
  }

  async forget(service: string, labels: readonly string[]): Promise<void> {
    await this.#way();
    for (const label of labels) this.#fleet.generations.delete(labelKey(service, label));
  }

  async purge(service: string, labels: readonly string[], text: string): Promise<void> {
    await this.forget(service, labels);
    const notice = { at: (this.#fleet.notices.at(-1)?.at ?? 0) + 1, text };
    this.#fleet.notices.push(notice);
    if (this.#fleet.hasMessages) for (const listener of this.#fleet.listeners) listener.noticed(notice);
  }

  async newsSince(last: Notice | undefined): Promise<News> {
    await this.#way();
    const { notices } = this.#fleet;
    const latest = notices.at(-1) ?? { at: 0, text: '' };
    if (last === undefined) return { latest, texts: [] };
    const isKnown = last.at === 0 || notices.some(({ at, text }) => at === last.at && text === last.text);
    return { latest, texts: isKnown ? notices.filter(({ at }) => at > last.at).map(({ text }) => text) : 'lost' };
  }

  listen(listener: Listener): void {
    this.#listener = listener;
    this.#fleet.listeners.add(listener);
  }

  #seen(place: Place, wish: LookWish): Look {
    const stamp = place.labels.map((label) => this.#generation(place, label, wish.token)).join(' ');
    const kept = wish.want === 'nothing' ? undefined : this.#kept(place, stamp, wish);
    if (kept?.isFresh === true) return { turn: 'open', stamp, kept };
    const turn = wish.want === 'nothing' ? 'open' : this.#turn(place, stamp, wish);
    return wish.want === 'any' && kept !== undefined ? { turn, stamp, kept } : { turn, stamp };
  }

  async #way(): Promise<void> {
    if (this.state === 'hung') await new Promise<void>((resolve) => void this.#fleet.clock.after(50, resolve));
    if (this.state !== 'up') throw new SharedStateUnavailableError('the twin was told so');
  }

  #generation({ service }: Place, label: string, token: string): string {
    const key = labelKey(service, label);
    const known = this.#fleet.generations.get(key);
    if (known !== undefined) return known;
    this.#fleet.generations.set(key, token);
    return token;
  }

  #kept(place: Place, stamp: string, { freshForMs }: LookWish): Look['kept'] {
    const now = this.#fleet.clock.now();
    const kept = this.#fleet.answers.get(keyOf(place));
    if (kept === undefined || kept.stamp !== stamp || kept.goneAt <= now) return undefined;
    const ageMs = now - kept.storedAt;
    return { text: kept.text, ageMs, isFresh: ageMs < freshForMs };
  }

  #turn(place: Place, stamp: string, { token, turnForMs }: LookWish): Look['turn'] {
    const { turns, clock } = this.#fleet;
    const key = keyOf(place);
    const held = turns.get(key);
    if (held !== undefined && held.endsAt > clock.now()) {
      if (held.token === OPEN) return 'open';
      if (held.stamp === stamp) return 'theirs';
    }
    turns.set(key, { token, stamp, endsAt: clock.now() + turnForMs });
    return 'ours';
  }

  #endTurn(key: string, token: string): boolean {
    if (this.#fleet.turns.get(key)?.token !== token) return false;
    return this.#fleet.turns.delete(key);
  }
}

const keyOf = ({ service, name }: Place): string => `${service} ${name}`;
const labelKey = (service: string, label: string): string => `${service} ${label}`;
