/**
 * One service of the sandbox: its simulator, the fault in force, its webhooks, and the way a request takes between them.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Simulator } from '../simulation/simulator.ts';
import type { Clock } from '../../src/time/clock.ts';
import { carryOut, ConnectionCount, readSandboxRequest } from './exchange.ts';
import { behaviourFor, noFault, type FaultSetting } from './faults.ts';
import { RecordedSimulator } from './recordedSimulator.ts';
import { splitTarget } from './reply.ts';
import type { RequestLog } from './requestLog.ts';
import { SeededRandom } from './seededRandom.ts';
import type { ServiceSeeds } from './journal.ts';
import { SimulatorTime } from './simulatorTime.ts';
import { ServiceWebhooks } from './webhooks.ts';

interface SandboxedServiceParts {
  readonly clock: Clock;
  readonly seed: number;
  /** How fast the simulator's time goes; 1 is real time. */
  readonly speed: number;
  readonly requests: RequestLog;
}

export class SandboxedService {
  readonly name: string;
  /** Absent where the service's simulator tells nobody of anything. */
  readonly webhooks: ServiceWebhooks | undefined;
  readonly #parts: SandboxedServiceParts;
  readonly #description: Simulator;
  readonly #time: SimulatorTime;
  readonly #connections: ConnectionCount;
  /** A stream beside the simulator's: faults must not change what the simulator would have done. */
  readonly #faultChance: SeededRandom;
  #simulator: RecordedSimulator;
  #fault: FaultSetting = noFault;
  #since: { readonly monotonic: number; readonly wall: number };

  constructor(simulator: Simulator, parts: SandboxedServiceParts) {
    const { clock, seed, speed } = parts;
    this.name = simulator.name;
    this.#parts = parts;
    this.#description = simulator;
    this.#time = new SimulatorTime(clock, speed);
    this.#faultChance = new SeededRandom(seed, `${simulator.name} faults`);
    this.#connections = new ConnectionCount(this.#time.now);
    const settle = (): void => void this.#simulator.settle();
    this.webhooks = simulator.webhooks === undefined ? undefined : new ServiceWebhooks(simulator.webhooks, { clock, speed, settle });
    this.#simulator = this.#created(undefined);
    this.#since = { monotonic: clock.now(), wall: clock.wallTime() };
  }

  get scenarios(): readonly string[] {
    return Object.keys(this.#simulator.scenarios);
  }

  /** The fault in force, and since when it is. */
  report(): FaultSetting & { readonly since: string } {
    return { ...this.#fault, since: new Date(this.#since.wall).toISOString() };
  }

  /** Replaces the fault in force. Leaving a scenario puts the service back to its seeds: there is no other way out. */
  impose(fault: FaultSetting): void {
    if (this.#fault.fault === 'scenario') this.#simulator.reset();
    if (fault.fault === 'scenario') this.#simulator.scenarios[fault.scenario]?.();
    const { clock } = this.#parts;
    this.#fault = fault;
    this.#since = { monotonic: clock.now(), wall: clock.wallTime() };
  }

  /** As after start, or after seeds were loaded: their data, no fault, no webhook, chance as it stood then. */
  reset(): void {
    this.impose(noFault);
    this.#simulator.reset();
    this.#simulator.restartChance();
    this.#connections.forget();
    this.#faultChance.restart();
    this.webhooks?.unsubscribe();
  }

  /** What brings about the account as it is; `undefined` if too much was asked, or while a scenario is in force. */
  seeds(): ServiceSeeds | undefined {
    return this.#simulator.seeds();
  }

  /**
   * Makes the account that seeds describe, or the built-in one, without showing it yet.
   *
   * @returns Puts it in place.
   * @throws {ControlRefusal} 409 if the seeds don't fit.
   */
  prepare(seeds: ServiceSeeds | undefined): () => void {
    const prepared = this.#created(seeds);
    return () => {
      this.#simulator = prepared;
      this.#connections.forget();
      this.#faultChance.restart();
      const last = seeds?.entries.at(-1);
      if (last !== undefined) this.#time.skipTo(last.at);
    };
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
    const connections = this.#connections.enter(response);
    const request = { ...(await readSandboxRequest(req, target)), connections };
    const onStatus = (status: number): void => {
      entry.status = status;
    };
    carryOut(behaviour, { request, response, simulator: this.#simulator, clock, random: this.#faultChance.next, onStatus });
    this.webhooks?.flush();
  }

  #created(seeds: ServiceSeeds | undefined): RecordedSimulator {
    const emit = this.webhooks?.collect ?? ((): void => undefined);
    const parts = { time: this.#time, seed: this.#parts.seed, emit, ...(seeds === undefined ? {} : { seeds }) };
    return new RecordedSimulator(this.#description, parts);
  }
}
