/**
 * Faults for the embedded queue (`src/queue/embedded/embeddedFaults.ts`): a disk that hangs, and a process that is killed at a
 * chosen point. Both threads load this file.
 */
import { isMainThread } from 'node:worker_threads';
import type { Command, FaultHook, FaultPoint, Faults } from '../../src/queue/embedded/embeddedMessages.ts';

export interface FaultPlan {
  /** Shared by both threads: see {@link DiskGate}. */
  readonly gate?: SharedArrayBuffer;
  /** SIGKILLs the process when it comes to this point with such a command for the so-manieth time. */
  readonly kill?: { readonly point: FaultPoint; readonly command: Command; readonly time: number };
}

const SHUT = 0;
const COMMITS = 1;
const PASSES = 2;
const CHANGES = 3;

/** A disk that hangs while the gate is shut, and counts what it commits. */
export class DiskGate {
  readonly buffer = new SharedArrayBuffer(16);
  readonly #cells = new Int32Array(this.buffer);

  get commits(): number {
    return Atomics.load(this.#cells, COMMITS);
  }

  shut(): void {
    Atomics.store(this.#cells, SHUT, 1);
  }

  open(): void {
    Atomics.store(this.#cells, SHUT, 0);
    this.#change();
  }

  /** Lets one commit pass, and hangs again. */
  letOnePass(): void {
    Atomics.add(this.#cells, PASSES, 1);
    this.#change();
  }

  #change(): void {
    Atomics.add(this.#cells, CHANGES, 1);
    Atomics.notify(this.#cells, CHANGES);
  }
}

const mayPass = (cells: Int32Array): boolean => {
  if (Atomics.load(cells, SHUT) === 0) return true;
  if (Atomics.load(cells, PASSES) === 0) return false;
  Atomics.sub(cells, PASSES, 1);
  return true;
};

const passGate = (gate: SharedArrayBuffer, point: FaultPoint): void => {
  if (isMainThread || point !== 'before_commit') return;
  const cells = new Int32Array(gate);
  for (let seen = Atomics.load(cells, CHANGES); !mayPass(cells); seen = Atomics.load(cells, CHANGES)) Atomics.wait(cells, CHANGES, seen);
  Atomics.add(cells, COMMITS, 1);
};

export const createFaultHook = (data: unknown): FaultHook => {
  const { gate, kill } = data as FaultPlan;
  let times = 0;
  return (point, commands) => {
    if (gate !== undefined) passGate(gate, point);
    if (kill?.point !== point || !commands.includes(kill.command)) return;
    times += 1;
    if (times === kill.time) process.kill(process.pid, 'SIGKILL');
  };
};

export const faultsOf = (plan: FaultPlan): Faults => ({ module: import.meta.url, data: plan });
