/**
 * Preloaded into a process (`node --import`): tells the process that started it, when asked, how long its event loop was held at
 * the longest since it was last asked, in ms. `cpuMs` is what the main thread worked: other processes have no part in it.
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

const now = () => ({ cpu: worked(), wall: performance.now() });

let last = now();
let longest = { cpuMs: 0, wallMs: 0 };

const look = () => {
  const next = now();
  longest = { cpuMs: Math.max(longest.cpuMs, next.cpu - last.cpu), wallMs: Math.max(longest.wallMs, next.wall - last.wall) };
  last = next;
};

setInterval(look, 1).unref();
process.on('message', () => {
  look();
  process.send?.(longest);
  longest = { cpuMs: 0, wallMs: 0 };
});
process.channel?.unref();
