/**
 * Any row of what replicas do with a limit that they share, played on a store; after each step it is seen whether they could
 * together have used more than the limit.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import type { ShareGrant, SharedLimitId } from '../../src/quota/quotaShares.ts';
import { reportOf, type QuotaSharesRig, type SpokenReport } from './quotaSharesRig.ts';

export const LIMIT = 20;
/** No moment at which anything ends is near a multiple of the time that passes at once, so that the milliseconds between two commands do not matter. */
const HOLDS_MS = 7000;
const PASSES_MS = 3000;
/** Between two commands, so that no two are of one moment. */
const BETWEEN_MS = 5;

const replica = fc.integer({ min: 0, max: 2 });

export const anyCommands = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('take'), replica, count: fc.integer({ min: 1, max: 20 }) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('end'), replica }) },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('report'),
        replica,
        waiting: fc.constantFrom(0, 3, 20),
        first: fc.integer({ min: 1, max: 6 }),
        isLost: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('pass'), times: fc.constantFrom(1, 1, 1, 2, 4) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('end process'), replica }) },
  ),
  { minLength: 10, maxLength: 60 },
);

export type Command = (typeof anyCommands extends fc.Arbitrary<infer Row> ? Row : never) extends readonly (infer One)[] ? One : never;

interface Used {
  readonly weight: number;
  /** Absent: under way. */
  backAt: number | undefined;
  /** It ends by then; no attempt lasts longer than a lease does. */
  readonly endsBy: number;
}

/** A replica that does what `SharedLimit` does, and no more. */
class Player {
  readonly name: string;
  #share = 0;
  #until = 0;
  #generation = 0;
  #used: Used[] = [];

  constructor(name: string) {
    this.name = name;
  }

  share(now: number): number {
    return now < this.#until ? this.#share : 0;
  }

  used(now: number): number {
    for (const each of this.#used) if (each.backAt === undefined && each.endsBy <= now) each.backAt = each.endsBy + HOLDS_MS;
    this.#used = this.#used.filter(({ backAt }) => backAt === undefined || backAt > now);
    return this.#used.reduce((sum, { weight }) => sum + weight, 0);
  }

  /** What it could have used at most before it hears of anything else. */
  most(now: number): number {
    return Math.max(this.share(now), this.used(now));
  }

  /** So many, or what is left. */
  take(now: number, count: number): void {
    const weight = Math.min(count, this.share(now) - this.used(now));
    if (weight > 0) this.#used.push({ weight, backAt: undefined, endsBy: this.#until });
  }

  end(now: number): void {
    const underWay = this.#used.find(({ backAt }) => backAt === undefined);
    if (underWay !== undefined) underWay.backAt = now + HOLDS_MS;
  }

  endProcess(): void {
    this.#share = 0;
  }

  report(now: number, waiting: number, first: number): SpokenReport {
    const [held, used] = [this.share(now), this.used(now)];
    const needed = waiting === 0 ? 0 : Math.min(LIMIT, used + first);
    const fallsInMs = this.#fallsInMs(now, held);
    return {
      ...reportOf({ limit: LIMIT, holdsMs: HOLDS_MS, held, used, wanted: Math.min(LIMIT, used + waiting), needed }),
      ...(fallsInMs === undefined ? {} : { fallsInMs }),
      generation: this.#generation,
    };
  }

  heard(sentAt: number, { permits, leaseMs, generation }: ShareGrant): void {
    this.#share = permits;
    this.#until = sentAt + leaseMs;
    this.#generation = generation;
  }

  #fallsInMs(now: number, permits: number): number | undefined {
    let over = this.used(now) - permits;
    if (over <= 0) return 0;
    for (const { weight, backAt } of this.#used.filter((each) => each.backAt !== undefined).sort((a, b) => a.backAt! - b.backAt!)) {
      over -= weight;
      if (over <= 0) return backAt! - now;
    }
    return undefined;
  }
}

export interface Step {
  readonly command: Command;
  readonly grant: ShareGrant | undefined;
}

/** @throws {AssertionError} as soon as more than the limit may be used. */
export const play = async (rig: QuotaSharesRig, limit: SharedLimitId, commands: readonly Command[]): Promise<readonly Step[]> => {
  const players = [0, 1, 2].map((index) => new Player(`player ${String(index)}`));
  const steps: Step[] = [];
  let now = 0;
  const pass = async (ms: number): Promise<void> => {
    await rig.pass(ms);
    now += ms;
  };
  await rig.join('the first').report(limit, { ...reportOf({ limit: LIMIT, isLast: true }), generation: 0 });
  await pass(PASSES_MS);
  for (const command of commands) {
    await pass(BETWEEN_MS);
    let grant: ShareGrant | undefined;
    if (command.kind === 'pass') {
      await pass(command.times * PASSES_MS);
    } else {
      const player = players[command.replica]!;
      if (command.kind === 'take') player.take(now, command.count);
      if (command.kind === 'end') player.end(now);
      if (command.kind === 'end process') player.endProcess();
      if (command.kind === 'report' || command.kind === 'end process') {
        const [waiting, first] = command.kind === 'report' ? [command.waiting, command.first] : [0, 1];
        const report = { ...player.report(now, waiting, first), isLast: command.kind === 'end process' };
        grant = await rig.join(player.name).report(limit, { generation: 0, ...report });
        if (command.kind === 'report' && !command.isLost) player.heard(now, grant);
      }
    }
    steps.push({ command, grant });
    const most = players.reduce((sum, player) => sum + player.most(now), 0);
    expect(most, `after ${JSON.stringify(command)}`).to.be.at.most(LIMIT);
  }
  return steps;
};
