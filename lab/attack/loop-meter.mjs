/**
 * Preloaded into a process (`node --import`): tells the process that started it, when asked, how long its event loop was held at
 * the longest since it was last asked, in ms. `cpuMs` is what the main thread worked: other processes have no part in it, nor has the
 * time that it waited for something to do, in which the kernel may have worked for others on its account.
 */
import { Buffer } from 'node:buffer';
import { openSync, readSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { setInterval } from 'node:timers';

const schedule = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r');
const bytes = Buffer.alloc(64);

/** Time on a processor, ms. */
const worked = () => Number(bytes.latin1Slice(0, readSync(schedule, bytes, 0, bytes.length, 0)).split(' ')[0]) / 1e6;

const now = () => ({ cpu: worked(), wall: performance.now(), idle: performance.eventLoopUtilization().idle });

let last = now();
let longest = { cpuMs: 0, wallMs: 0 };

const look = () => {
  const next = now();
  const wallMs = next.wall - last.wall;
  const cpuMs = Math.min(next.cpu - last.cpu, wallMs - (next.idle - last.idle));
  longest = { cpuMs: Math.max(longest.cpuMs, cpuMs), wallMs: Math.max(longest.wallMs, wallMs) };
  last = next;
};

setInterval(look, 1).unref();
process.on('message', () => {
  look();
  process.send?.(longest);
  longest = { cpuMs: 0, wallMs: 0 };
});
process.channel?.unref();
