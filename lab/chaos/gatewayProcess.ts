/**
 * A gateway as a process of its own that is killed and comes back, each life on a free port and on what the last one left.
 */
import { gatewayAddressIn, ServerProcess } from '../../test/support/serverProcess.ts';
import type { KillLog } from './killLog.ts';
import type { Victim } from './plan.ts';

export interface GatewayProcessParts {
  readonly victim: Victim;
  /** For node, of the life that begins. */
  readonly nextArguments: () => readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly killLog: KillLog;
  readonly onCrash: (said: string) => void;
}

/** Where a process listens, for those who wait until it does. */
class Whereabouts {
  readonly url: Promise<string>;
  readonly tell: (url: string) => void;
  readonly giveUp: (reason: Error) => void;

  constructor() {
    let tell: (url: string) => void = () => undefined;
    let giveUp: (reason: Error) => void = () => undefined;
    this.url = new Promise((resolve, reject) => {
      tell = resolve;
      giveUp = reject;
    });
    // Perhaps nobody waits.
    this.url.catch(() => undefined);
    this.tell = tell;
    this.giveUp = giveUp;
  }
}

export class GatewayProcess {
  readonly #parts: GatewayProcessParts;
  #life: ServerProcess | undefined;
  #whereabouts = new Whereabouts();
  #isUp = false;
  /** To be called once it is: one may be killed again before it was up. */
  #backs: (() => void)[] = [];
  #isKilledByUs = false;
  #isStopping = false;

  constructor(parts: GatewayProcessParts) {
    this.#parts = parts;
  }

  start(): Promise<string> {
    this.#live();
    return this.url;
  }

  /** Resolves with where it listens, as soon as it does. @throws {Error} once it has ended by itself. */
  get url(): Promise<string> {
    return this.#whereabouts.url;
  }

  kill(): void {
    this.#isKilledByUs = true;
    this.#life?.kill();
  }

  /** For good; what waits then stays where it is. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#life?.kill();
    await this.#life?.ended;
  }

  /** What a life says after its end is of no use: nobody listens where it did. */
  #live(): void {
    const { environment, nextArguments } = this.#parts;
    this.#isKilledByUs = false;
    const life = new ServerProcess({ nodeArguments: nextArguments(), environment, addressIn: gatewayAddressIn });
    this.#life = life;
    // One that ends before it listens is told of by `#ended`.
    life.url.then(
      (url) => {
        this.#listens(url);
      },
      () => undefined,
    );
    void life.ended.then((signal) => {
      this.#ended(life, signal);
    });
  }

  #listens(url: string): void {
    this.#isUp = true;
    this.#whereabouts.tell(url);
    for (const back of this.#backs) back();
    this.#backs = [];
  }

  /** Comes back, unless it ended by itself: that is a fault of the gateway, and nobody need wait for it. */
  #ended({ output }: ServerProcess, signal: NodeJS.Signals | null): void {
    if (this.#isStopping) return;
    const { victim, killLog, onCrash } = this.#parts;
    if (this.#isUp) this.#whereabouts = new Whereabouts();
    this.#isUp = false;
    if (signal !== 'SIGKILL') {
      const said = `${victim}: ${output || 'ended without a word'}`;
      this.#whereabouts.giveUp(new Error(said));
      onCrash(said);
      return;
    }
    this.#backs.push(killLog.note(victim, !this.#isKilledByUs));
    this.#live();
  }
}
