/**
 * One service of the sandbox: its simulator, the fault in force, and the way a request takes between the two.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Simulator, SimulatorInstance } from '../services/simulator.ts';
import type { Clock } from '../time/clock.ts';
import { carryOut } from './exchange.ts';
import { behaviourFor, noFault, type FaultSetting } from './faults.ts';
import { readSandboxRequest, splitTarget } from './incomingRequest.ts';
import type { RequestLog } from './requestLog.ts';
import { SeededRandom } from './seededRandom.ts';

export interface SandboxedServiceParts {
  readonly clock: Clock;
  readonly seed: number;
  /** How fast the simulator's time goes; 1 is real time. */
  readonly speed: number;
  readonly requests: RequestLog;
}

export class SandboxedService {
  readonly name: string;
  readonly #parts: SandboxedServiceParts;
  readonly #instance: SimulatorInstance;
  /** Two streams: faults must not change what the simulator would have done. */
  readonly #simulatorChance: SeededRandom;
  readonly #faultChance: SeededRandom;
  #fault: FaultSetting = noFault;
  #since: { readonly monotonic: number; readonly wall: number };

  constructor(simulator: Simulator, parts: SandboxedServiceParts) {
    const { clock, seed, speed } = parts;
    this.name = simulator.name;
    this.#parts = parts;
    this.#simulatorChance = new SeededRandom(seed, `${simulator.name} simulator`);
    this.#faultChance = new SeededRandom(seed, `${simulator.name} faults`);
    const start = clock.wallTime();
    this.#instance = simulator.create({
      now: () => start + (clock.wallTime() - start) * speed,
      random: this.#simulatorChance.next,
    });
    this.#since = { monotonic: clock.now(), wall: start };
  }

  get scenarios(): readonly string[] {
    return Object.keys(this.#instance.scenarios);
  }

  /** The fault in force, and since when it is. */
  report(): FaultSetting & { readonly since: string } {
    return { ...this.#fault, since: new Date(this.#since.wall).toISOString() };
  }

  /** Replaces the fault in force. Leaving a scenario puts the service back to its seeds: there is no other way out. */
  impose(fault: FaultSetting): void {
    if (this.#fault.fault === 'scenario') this.#instance.reset();
    if (fault.fault === 'scenario') this.#instance.scenarios[fault.scenario]?.();
    const { clock } = this.#parts;
    this.#fault = fault;
    this.#since = { monotonic: clock.now(), wall: clock.wallTime() };
  }

  /** As after start: seeded data, no fault, chance from its first number. */
  reset(): void {
    this.impose(noFault);
    this.#instance.reset();
    this.#simulatorChance.restart();
    this.#faultChance.restart();
  }

  /**
   * Answers a request, or does not, as the fault in force has it.
   *
   * @param target Path and query below the service's prefix.
   * @throws {Error} if the request cannot be read, or the simulator has a fault of its own.
   */
  async handle(req: IncomingMessage, response: ServerResponse, target: string): Promise<void> {
    const { clock, requests } = this.#parts;
    const method = req.method ?? 'GET';
    const { path } = splitTarget(target);
    const entry = requests.add(this.name, method, path, clock.wallTime());
    const behaviour = behaviourFor(this.#fault, { method, path }, clock.now() - this.#since.monotonic, this.#faultChance.next);
    entry.fault = behaviour.kind;
    const request = await readSandboxRequest(req, target);
    const onStatus = (status: number): void => {
      entry.status = status;
    };
    carryOut(behaviour, { request, response, simulator: this.#instance, clock, random: this.#faultChance.next, onStatus });
  }
}
