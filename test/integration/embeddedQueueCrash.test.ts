import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, rmSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { openEmbeddedStore } from '../../src/queue/embedded/embeddedStore.ts';
import type { QueueStore } from '../../src/queue/durableQueue.ts';
import type { FaultPoint } from '../../src/queue/embedded/embeddedMessages.ts';
import { systemClock } from '../../src/time/clock.ts';
import type { Orders } from '../support/embeddedQueueProcess.ts';
import { freshDirectory } from '../support/embeddedStoreRig.ts';
import { errorOf } from '../support/errorOf.ts';

const program = fileURLToPath(new URL('../support/embeddedQueueProcess.ts', import.meta.url));
/** Who may write nothing of root's: nobody. Where the suite does not run as root, the user is kept. */
const NOBODY = 65_534;

interface Outcome {
  readonly lines: readonly string[];
  readonly signal: NodeJS.Signals | null;
}

describe('embedded queue in a process that is killed', function () {
  this.timeout(30_000);

  let directory: string;
  let store: QueueStore | undefined;
  let child: ChildProcess | undefined;

  beforeEach(() => {
    directory = freshDirectory();
    store = undefined;
    child = undefined;
  });

  afterEach(async () => {
    child?.kill('SIGKILL');
    await store?.close();
    chmodSync(directory, 0o700);
    rmSync(directory, { recursive: true, force: true });
  });

  /** Without coverage: the figures of a killed process are torn. */
  const start = (orders: Partial<Orders>, options: { readonly uid?: number } = {}): ChildProcess => {
    const all: Orders = { directory: path.join(directory, 'data'), writers: 1, jobsEach: 0, takes: 0, ...orders };
    child = spawn(process.execPath, ['--import', 'tsx', program, JSON.stringify(all)], {
      env: { ...process.env, NODE_V8_COVERAGE: undefined },
      stdio: ['pipe', 'pipe', 'inherit'],
      ...options,
    });
    return child;
  };

  /** Everything it said until it was dead; it is killed once it has said so many lines of a kind, if it has not died of itself. */
  const untilDead = async (running: ChildProcess, kind = 'done', count = 1): Promise<Outcome> => {
    const ended = once(running, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
    const lines: string[] = [];
    for await (const line of createInterface(running.stdout!)) {
      lines.push(line);
      if (line.startsWith('refused')) break;
      if (lines.filter((one) => one.startsWith(kind)).length >= count) running.kill('SIGKILL');
    }
    running.kill('SIGKILL');
    const [, signal] = await ended;
    return { lines, signal };
  };

  const idsOf = (kind: string, lines: readonly string[]): readonly string[] =>
    lines.filter((line) => line.startsWith(`${kind} `)).map((line) => line.slice(kind.length + 1));

  const reopened = async (): Promise<QueueStore> => {
    store = await openEmbeddedStore({ directory: path.join(directory, 'data'), clock: systemClock });
    return store;
  };

  const kept = async (): Promise<readonly string[]> => (await (await reopened()).queue.list({ limit: 1000 })).map(({ id }) => id);

  const killedAt = (point: FaultPoint, command: 'add' | 'take', time: number, orders: Partial<Orders>): Promise<Outcome> =>
    untilDead(start({ kill: { point, command, time }, ...orders }), 'no such line');

  it('keeps what it has accepted, and promises nothing for what was not yet synced', async () => {
    const { lines, signal } = await killedAt('before_commit', 'add', 4, { jobsEach: 10 });

    const offered = idsOf('offered', lines);
    expect(signal).to.equal('SIGKILL');
    expect(offered).to.have.length(4);
    expect(idsOf('accepted', lines)).to.deep.equal(offered.slice(0, 3));
    expect(await kept()).to.deep.equal(offered.slice(0, 3));
  });

  for (const point of ['after_commit', 'before_answer'] as const) {
    it(`has on disk what was synced, though nobody was told (${point})`, async () => {
      const { lines } = await killedAt(point, 'add', 4, { jobsEach: 10 });

      const offered = idsOf('offered', lines);
      expect(idsOf('accepted', lines)).to.deep.equal(offered.slice(0, 3));
      expect(await kept()).to.deep.equal(offered);
    });
  }

  it('offers a job again that was claimed but not begun, as interrupted', async () => {
    const { lines } = await killedAt('after_claim', 'take', 2, { jobsEach: 3, takes: 3 });

    const [first, second, third] = idsOf('accepted', lines);
    const { queue } = await reopened();
    const taken = [await queue.take('crm'), await queue.take('crm'), await queue.take('crm')];
    expect(idsOf('claimed', lines)).to.deep.equal([first]);
    expect(taken.map((job) => [job?.id, job?.interrupted, job?.attempts])).to.deep.equal([
      [first, true, 0],
      [second, true, 0],
      [third, false, 0],
    ]);
  });

  for (const accepted of [1, 150, 600]) {
    it(`loses none of the jobs that many writers were promised (killed after ${String(accepted)})`, async () => {
      const { lines, signal } = await untilDead(start({ writers: 32, jobsEach: 30 }), 'accepted', accepted);

      const [promised, offered] = [idsOf('accepted', lines), idsOf('offered', lines)];
      const found = await kept();
      expect(signal).to.equal('SIGKILL');
      expect(promised).to.have.length.at.least(accepted);
      expect(promised.filter((id) => !found.includes(id))).to.deep.equal([]);
      expect(found.filter((id) => !offered.includes(id))).to.deep.equal([]);
      expect(new Set(found).size).to.equal(found.length);
    });
  }

  it('lets one process have a directory, and the next one as soon as the first is dead', async () => {
    const running = start({ jobsEach: 1 });
    await once(createInterface(running.stdout!), 'line');

    const refusal = await errorOf(reopened(), Error);
    running.kill('SIGKILL');
    await once(running, 'exit');

    expect(refusal.message).to.match(/^Another process has the queue in DATA_DIR \(.*\) open: stop it, or give this one/u);
    expect(await kept()).to.have.length.at.most(1);
  });

  it('says what to change when it may not write in its directory', async () => {
    chmodSync(directory, 0o555);

    const { lines } = await untilDead(start({}, process.getuid?.() === 0 ? { uid: NOBODY } : {}));

    expect(lines).to.have.length(1);
    expect(lines[0]).to.match(
      /^refused The queue cannot write in DATA_DIR \(.*\): let the user of this process write there, or set DATA_DIR/u,
    );
  });
});
