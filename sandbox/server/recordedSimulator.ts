/**
 * A simulator with its journal: what it was asked can be taken away as seeds, and brought about again from them.
 */
import type { SimulatedEvent } from '../simulation/webhooks.ts';
import type { SandboxAnswer, SandboxRequest, Simulator, SimulatorInstance } from '../simulation/simulator.ts';
import { Journal, replayed, unlikeRecording, type JournalEntry, type ServiceSeeds } from './journal.ts';
import { SeededRandom } from './seededRandom.ts';
import type { SimulatorTime } from './simulatorTime.ts';

export interface RecordedSimulatorParts {
  readonly time: SimulatorTime;
  readonly seed: number;
  readonly emit: (event: SimulatedEvent) => void;
  /** What it begins with instead of its built-in data alone. */
  readonly seeds?: ServiceSeeds;
}

export class RecordedSimulator implements SimulatorInstance {
  readonly #name: string;
  readonly #instance: SimulatorInstance;
  readonly #time: SimulatorTime;
  readonly #chance: SeededRandom;
  readonly #seeds: ServiceSeeds | undefined;
  readonly #journal = new Journal();
  #isReplaying = false;

  /** @throws {ControlRefusal} 409 if the seeds don't fit the simulator. */
  constructor(simulator: Simulator, { time, seed, emit, seeds }: RecordedSimulatorParts) {
    this.#name = simulator.name;
    this.#time = time;
    this.#seeds = seeds;
    this.#chance = new SeededRandom(seed, `${simulator.name} simulator`);
    const told = (event: SimulatedEvent): void => {
      if (!this.#isReplaying) emit(event);
    };
    this.#instance = simulator.create({ now: time.now, random: this.#chance.next, emit: told });
    this.#replay();
  }

  /** What brings about this account again; `undefined` if too much was asked, or a scenario is in force. */
  seeds(): ServiceSeeds | undefined {
    const entries = this.#journal.entries();
    return entries === undefined ? undefined : { chance: this.#chance.position, entries: [...entries] };
  }

  answer(request: SandboxRequest): SandboxAnswer {
    return this.#recorded('answer', request, () => this.#instance.answer(request));
  }

  throttled(request: SandboxRequest): SandboxAnswer {
    return this.#recorded('throttle', request, () => this.#instance.throttled(request));
  }

  failure(status: number): SandboxAnswer {
    return this.#instance.failure(status);
  }

  get scenarios(): SimulatorInstance['scenarios'] {
    const wrapped = Object.entries(this.#instance.scenarios).map(([name, enter]) => [
      name,
      (): void => {
        this.#journal.lose();
        enter();
      },
    ]);
    return Object.fromEntries(wrapped) as SimulatorInstance['scenarios'];
  }

  settle(): boolean {
    const [at, chance] = [this.#time.now(), this.#chance.position];
    const hasDone = this.#time.at(at, () => this.#instance.settle?.() ?? false);
    if (hasDone) this.#journal.add({ did: 'settle', at, chance });
    return hasDone;
  }

  /** Back to the seeds it began with. */
  reset(): void {
    this.#instance.reset();
    this.#journal.clear();
    this.#replay();
  }

  /** Chance from its first number, or from where the seeds left it. */
  restartChance(): void {
    this.#chance.restart();
    if (this.#seeds !== undefined) this.#chance.seek(this.#seeds.chance);
  }

  #recorded(did: 'answer' | 'throttle', request: SandboxRequest, work: () => SandboxAnswer): SandboxAnswer {
    const [at, chance] = [this.#time.now(), this.#chance.position];
    const answer = this.#time.at(at, work);
    this.#journal.add({ did, at, chance, status: answer.status, request: this.#journal.recorded(request) });
    return answer;
  }

  #replay(): void {
    if (this.#seeds === undefined) return;
    const { entries, chance } = this.#seeds;
    this.#isReplaying = true;
    for (const [index, entry] of entries.entries()) this.#replayOne(entry, index);
    this.#isReplaying = false;
    this.#chance.seek(chance);
  }

  #replayOne(entry: JournalEntry, index: number): void {
    this.#chance.seek(entry.chance);
    this.#time.at(entry.at, () => {
      if (entry.did === 'settle') {
        this.settle();
        return;
      }
      const request = replayed(entry.request);
      const { status } = entry.did === 'answer' ? this.answer(request) : this.throttled(request);
      if (status !== entry.status) throw unlikeRecording(this.#name, index, entry.status, status);
    });
  }
}
