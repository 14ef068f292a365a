/**
 * What every engine of the durable queue is held to (`src/queue/durableQueue.ts`). Run it with a way to open the engine:
 *
 *   durableQueueContract('the embedded engine', openRig);
 *
 * The engine is opened once; every test has a service of its own in it.
 */
import { QueueUnavailableError } from '../../src/errors/queueErrors.ts';
import { errorOf } from '../support/errorOf.ts';
import { endings, order } from './queueExecution.ts';
import { acceptance, keeping } from './queueKeeping.ts';
import { abandonedClaims, settlingByPeople } from './queueRecovery.ts';
import { freshService, jobFor, type QueueRig } from './queueRig.ts';

/** Of one subject; it asks for the rig inside a test, when the engine is open. */
export type QueueTests = (rig: () => QueueRig) => void;

const chapters: readonly (readonly [title: string, tests: QueueTests])[] = [
  ['accepting jobs', acceptance],
  ['the order of jobs', order],
  ['how executions end', endings],
  ['crashes and lost claims', abandonedClaims],
  ['what people decide', settlingByPeople],
  ['overview and retention', keeping],
];

export const durableQueueContract = (name: string, openQueue: () => Promise<QueueRig>): void => {
  describe(`${name} as a durable queue`, function () {
    this.timeout(30_000);

    let opened: QueueRig;

    before(async () => {
      opened = await openQueue();
    });

    after(async () => {
      await opened.close();
    });

    for (const [title, tests] of chapters) {
      describe(title, () => {
        tests(() => opened);
      });
    }

    it('refuses work once it is closed, rather than hang', async () => {
      const rig = await openQueue();
      const service = freshService();
      await rig.queue.add(jobFor(rig, service));

      await rig.close();

      await errorOf(rig.queue.add(jobFor(rig, service)), QueueUnavailableError);
      await errorOf(rig.queue.take(service), QueueUnavailableError);
    });

    it('may be closed twice', async () => {
      const rig = await openQueue();
      await rig.queue.close();

      await rig.close();
    });
  });
};
