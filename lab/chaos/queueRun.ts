/**
 * One run over one engine: rounds of weather and kills while callers write, then peace until everything that was accepted
 * has ended. What it leaves is evidence; the oracle judges it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { plainHttp } from '../../test/support/plainHttp.ts';
import { seededRandom } from '../../test/support/seededRandom.ts';
import type { Program } from '../../test/support/serverProcess.ts';
import type { Evidence, Job, Write } from './evidence.ts';
import { KillLog } from './killLog.ts';
import { Ledger } from './ledger.ts';
import { Pacemaker } from './pacemaker.ts';
import { planRounds, type PlannedKill, type Round, type RunSettings } from './plan.ts';
import { QueueHouse } from './queueHouse.ts';
import { Writers } from './writers.ts';

export interface QueueRunSettings extends RunSettings {
  readonly program: Program;
  /** No further round begins after this, ms. */
  readonly longestMs: number;
  readonly callersEach: number;
  readonly pauseMs: number;
  /** For everything that waits to end, once there is peace, ms. */
  readonly drainMs: number;
}

export interface QueueRun extends Evidence {
  readonly settings: QueueRunSettings;
  /** That were begun. */
  readonly rounds: number;
  readonly tookMs: number;
}

/** With a key, asked for once more at the end; the last of them. */
const REPEATED_AT_END = 200;
const ASKED_AT_ONCE = 16;
const LOOK_MS = 300;
/** Far more than an answer takes; one that never comes is not waited for. */
const ASKING_MS = 10_000;

const isEnded = (job: Job | undefined): boolean => job !== undefined && job.status !== 'queued' && job.status !== 'running';

const inParts = async <T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> => {
  const left = [...all];
  const worker = async (): Promise<void> => {
    for (let one = left.pop(); one !== undefined; one = left.pop()) await work(one);
  };
  await Promise.all(Array.from({ length: ASKED_AT_ONCE }, worker));
};

/** Of one that was not accepted, a repeat is a new request; it may only come late where no order is to be kept. */
const repeatable = (writes: readonly Write[]): readonly Write[] =>
  writes
    .filter(({ key, kind, answers }) => key !== undefined && (kind === 'deal' || answers.some(({ jobId }) => jobId !== undefined)))
    .slice(-REPEATED_AT_END);

const acceptedIds = (writes: readonly Write[]): readonly string[] => [
  ...new Set(writes.flatMap(({ answers }) => answers.flatMap(({ jobId }) => jobId ?? []))),
];

/** Nothing where the answer broke off: the last life may still have a fault point before it. Whoever asks asks again. */
const askFor = async (origin: string, id: string): Promise<Job | undefined> => {
  const answer = await plainHttp(`${origin}/api/jobs/${id}`, { signal: AbortSignal.timeout(ASKING_MS) }).catch(() => undefined);
  if (answer?.status !== 200) return undefined;
  const { text } = answer;
  const job = JSON.parse(text) as {
    readonly status: string;
    readonly reason?: string;
    readonly acceptedAt: string;
    readonly since: string;
  };
  return { status: job.status, reason: job.reason, acceptedAt: Date.parse(job.acceptedAt), since: Date.parse(job.since) };
};

/** Asks for every id until its job has ended, or nobody has patience any more. */
const untilEnded = async (url: () => Promise<string>, ids: readonly string[], patienceMs: number): Promise<ReadonlyMap<string, Job>> => {
  const jobs = new Map<string, Job>();
  const giveUpAt = Date.now() + patienceMs;
  let open = ids;
  while (open.length > 0 && Date.now() < giveUpAt) {
    const origin = await url();
    await inParts(open, async (id) => {
      const job = await askFor(origin, id);
      if (job !== undefined) jobs.set(id, job);
    });
    open = open.filter((id) => !isEnded(jobs.get(id)));
    await sleep(LOOK_MS);
  }
  return jobs;
};

const killInTime = async (house: QueueHouse, kill: PlannedKill): Promise<void> => {
  await sleep(kill.atMs);
  await house.kill(kill);
};

class Run {
  readonly #settings: QueueRunSettings;
  readonly #say: (line: string) => void;
  readonly #plan: readonly Round[];
  readonly #ledger = new Ledger();
  readonly #killLog = new KillLog();
  readonly #pacemaker = new Pacemaker();
  readonly #crashes: string[] = [];
  readonly #house: QueueHouse;
  readonly #writers: Writers;
  #rounds = 0;
  readonly #armed = new Set<number>();

  constructor(settings: QueueRunSettings, say: (line: string) => void) {
    this.#settings = settings;
    this.#say = say;
    this.#plan = planRounds(settings);
    this.#house = new QueueHouse({
      ...settings,
      ledger: this.#ledger,
      killLog: this.#killLog,
      nextFault: () => this.#nextFault(),
      onCrash: (said) => this.#crashes.push(said),
    });
    const { seed, callersEach, pauseMs } = settings;
    const round = (): number => this.#killLog.round;
    this.#writers = new Writers({ url: () => this.#house.url(), round, random: seededRandom(seed + 1), callersEach, pauseMs });
  }

  async perform(): Promise<QueueRun> {
    const startedAt = Date.now();
    try {
      this.#pacemaker.start();
      await this.#house.open();
      this.#writers.start();
      await this.#makeRounds(startedAt);
      await this.#liveOn();
      await this.#house.heal();
      await this.#writers.stop();
      const jobs = await this.#settle();
      return this.#evidence(jobs, Date.now() - startedAt);
    } catch (error) {
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return this.#evidence(new Map(), Date.now() - startedAt, `after round ${String(this.#rounds)} had begun: ${why}`);
    } finally {
      this.#pacemaker.stop();
      await this.#house.close();
      await this.#writers.stop();
    }
  }

  /** One armed life a round, the first to begin in it. */
  #nextFault(): Round['fault'] {
    const { round } = this.#killLog;
    if (this.#armed.has(round)) return undefined;
    this.#armed.add(round);
    return this.#plan[round - 1]?.fault;
  }

  async #makeRounds(startedAt: number): Promise<void> {
    const { longestMs, roundMs } = this.#settings;
    for (const round of this.#plan) {
      if (Date.now() - startedAt > longestMs || this.#crashes.length > 0) return;
      this.#rounds = round.number;
      this.#killLog.round = round.number;
      await this.#house.change(round.weather);
      await this.#house.url();
      await Promise.all([sleep(roundMs), ...round.kills.map((kill) => killInTime(this.#house, kill))]);
      this.#tell(round);
    }
  }

  /** In the weather of the last round, with nobody killed any more: what is put off in this life no other one takes up. */
  async #liveOn(): Promise<void> {
    await this.#house.whole();
    await sleep(this.#settings.roundMs / 2);
  }

  #tell({ number }: Round): void {
    const { engine, seed, rounds } = this.#settings;
    if (number % 10 !== 0) return;
    const accepted = acceptedIds(this.#writers.writes).length;
    const figures = `${String(this.#killLog.kills.length)} kills, ${String(accepted)} accepted, ${String(this.#ledger.commits.length)} made`;
    this.#say(`${engine}, seed ${String(seed)}: round ${String(number)} of ${String(rounds)}, ${figures}`);
  }

  async #settle(): Promise<ReadonlyMap<string, Job>> {
    await inParts(repeatable(this.#writers.writes), (write) => this.#writers.repeat(write));
    const ids = acceptedIds(this.#writers.writes);
    this.#say(`${this.#settings.engine}: peace; ${String(ids.length)} accepted writes have to end`);
    return untilEnded(() => this.#house.url(), ids, this.#settings.drainMs);
  }

  #evidence(jobs: ReadonlyMap<string, Job>, tookMs: number, brokenOff?: string): QueueRun {
    const { commits, refusedDoubles, lostAnswers, unheardAnswers } = this.#ledger;
    const seen = { commits, refusedDoubles, lostAnswers, unheardAnswers, kills: this.#killLog.kills, stalls: this.#pacemaker.stalls };
    return {
      ...seen,
      settings: this.#settings,
      rounds: this.#rounds,
      tookMs,
      writes: this.#writers.writes,
      jobs,
      crashes: this.#crashes,
      brokenOff,
    };
  }
}

export const runQueueChaos = (settings: QueueRunSettings, say: (line: string) => void): Promise<QueueRun> =>
  new Run(settings, say).perform();
