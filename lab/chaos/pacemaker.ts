import type { Stall } from './evidence.ts';

const BEAT_MS = 20;
/** Later than this, it was not only this process that was busy, ms. */
const STALL_MS = 60;

/** Notices when the machine stands still: its beats come late then. */
export class Pacemaker {
  readonly #stalls: Stall[] = [];
  #last = 0;
  #timer: NodeJS.Timeout | undefined;

  get stalls(): readonly Stall[] {
    return this.#stalls;
  }

  start(): void {
    this.#last = Date.now();
    this.#timer = setInterval(() => {
      this.#beat();
    }, BEAT_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    const now = Date.now();
    if (now - this.#last > STALL_MS) this.#stalls.push({ from: this.#last, to: now });
    this.#last = now;
  }
}
