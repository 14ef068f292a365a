/**
 * What every store of Idempotency-Keys is held to (`src/web/idempotency.ts`):
 *
 *   idempotencyStoreContract('the embedded engine', openRig);
 *
 * The store is opened once; every test has keys of its own. The port is handed the time, but a store may also let keys
 * lapse by its own clock: so the times here are near the present of the rig.
 */
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { QueueUnavailableError } from '../../src/errors/queueErrors.ts';
import type { IdempotencyStore, KeptLimits, KeyUse } from '../../src/web/idempotency.ts';
import { errorOf } from '../support/errorOf.ts';
import { HOUR_MS, until, untilPast } from './queueRig.ts';

export interface KeysRig {
  /** After a crash, the one that was opened then. */
  readonly keys: IdempotencyStore;
  /** Wall-clock ms, as the store sees them. */
  now(): number;
  /** Lets about 10 ms pass: a driven clock is moved, for a real one it waits. */
  tick(): Promise<void>;
  /** Abandons the store as a SIGKILL of its process would, and opens it again on what it left behind. */
  crash(): Promise<void>;
  close(): Promise<void>;
}

const freshUse = (rig: KeysRig, fields: Partial<KeyUse> = {}): KeyUse => ({
  key: randomUUID(),
  fingerprint: 'fingerprint of the request',
  leaseUntil: rig.now() + 60_000,
  keepUntil: rig.now() + HOUR_MS,
  ...fields,
});

export const idempotencyStoreContract = (name: string, openStore: (limits?: KeptLimits) => Promise<KeysRig>): void => {
  describe(`${name} as a store of idempotency keys`, function () {
    this.timeout(30_000);

    let rig: KeysRig;

    before(async () => {
      rig = await openStore();
    });

    after(async () => {
      await rig.close();
    });

    const begin = (use: KeyUse) => rig.keys.begin(use, rig.now());

    it('calls the first use of a key the first, and an equal one meanwhile running', async () => {
      const use = freshUse(rig);

      expect(await begin(use)).to.deep.equal({ kind: 'first' });
      expect(await begin(use)).to.deep.equal({ kind: 'running' });
    });

    it('lets exactly one of many equal requests at once be the first', async () => {
      const use = freshUse(rig);

      const states = await Promise.all(Array.from({ length: 20 }, () => begin(use)));

      expect(states.filter(({ kind }) => kind === 'first')).to.have.length(1);
      expect(states.filter(({ kind }) => kind === 'running')).to.have.length(19);
    });

    it('tells the answer of the first request, as often as it is asked', async () => {
      const use = freshUse(rig);
      await begin(use);
      await rig.keys.finish(use.key, 'v1.sealed.answer');

      expect(await begin(use)).to.deep.equal({ kind: 'answered', answer: 'v1.sealed.answer' });
      expect(await begin(use)).to.deep.equal({ kind: 'answered', answer: 'v1.sealed.answer' });
    });

    it('refuses a key for another request, while the first runs and when it is answered', async () => {
      const use = freshUse(rig);
      const other = { ...use, fingerprint: 'of another request' };
      await begin(use);

      const meanwhile = await begin(other);
      await rig.keys.finish(use.key, 'v1.sealed.answer');
      const afterwards = await begin(other);

      expect([meanwhile, afterwards]).to.deep.equal([{ kind: 'reused' }, { kind: 'reused' }]);
    });

    it('lets the next request be the first when one came to no terminal answer', async () => {
      const use = freshUse(rig);
      await begin(use);
      await rig.keys.forget(use.key);

      expect(await begin({ ...use, fingerprint: 'of another request' })).to.deep.equal({ kind: 'first' });
    });

    it('calls a first request interrupted when it has not ended by the end of its lease, and stays with that', async () => {
      const use = freshUse(rig, { leaseUntil: rig.now() + 30 });
      await begin(use);
      await untilPast(rig, use.leaseUntil);

      expect(await begin(use)).to.deep.equal({ kind: 'interrupted' });
      expect(await begin({ ...use, leaseUntil: rig.now() + 60_000 })).to.deep.equal({ kind: 'interrupted' });
    });

    it('takes the answer of a first request that ends after its lease', async () => {
      const use = freshUse(rig, { leaseUntil: rig.now() + 30 });
      await begin(use);
      await untilPast(rig, use.leaseUntil);
      await rig.keys.finish(use.key, 'v1.late.answer');

      expect(await begin(use)).to.deep.equal({ kind: 'answered', answer: 'v1.late.answer' });
    });

    it('forgets a key when it need not be kept any longer', async () => {
      const use = freshUse(rig, { keepUntil: rig.now() + 40, leaseUntil: rig.now() + 20 });
      await begin(use);
      await rig.keys.finish(use.key, 'v1.sealed.answer');
      await untilPast(rig, use.keepUntil);

      const anew = await begin({ ...use, leaseUntil: rig.now() + 60_000, keepUntil: rig.now() + HOUR_MS });

      expect(anew).to.deep.equal({ kind: 'first' });
    });

    it('knows answers and fingerprints after a crash', async () => {
      const use = freshUse(rig);
      await begin(use);
      await rig.keys.finish(use.key, 'v1.sealed.answer');

      await rig.crash();

      expect(await begin(use)).to.deep.equal({ kind: 'answered', answer: 'v1.sealed.answer' });
      expect(await begin({ ...use, fingerprint: 'of another request' })).to.deep.equal({ kind: 'reused' });
    });

    it('calls a request interrupted that was running in a process that died, by the end of its lease at the latest', async () => {
      const use = freshUse(rig, { leaseUntil: rig.now() + 500 });
      await begin(use);
      await rig.crash();

      const state = await until(rig, async () => {
        const { kind } = await begin(use);
        return kind === 'running' ? undefined : kind;
      });

      expect(state).to.equal('interrupted');
    });

    it('ignores the end of a key that it does not know', async () => {
      const use = freshUse(rig);

      await rig.keys.finish(use.key, 'v1.sealed.answer');
      await rig.keys.forget(use.key);

      expect(await begin(use)).to.deep.equal({ kind: 'first' });
    });

    describe('with records that are gone', () => {
      const noteAfterAnswer = async (name: string, at: number): Promise<void> => {
        const use = freshUse(rig);
        await begin(use);
        await rig.keys.finish(use.key, 'v1.sealed.answer');
        await rig.keys.noteGone([[name, at]]);
      };

      it('tells when the latest of several names was gone, also after a crash', async () => {
        const [one, other, at] = [randomUUID(), randomUUID(), rig.now()];
        await noteAfterAnswer(one, at - 20);
        await noteAfterAnswer(other, at - 30);

        await rig.crash();
        const latest = await rig.keys.goneAt([randomUUID(), other, one]);

        expect([latest, await rig.keys.goneAt([other])]).to.deep.equal([at - 20, at - 30]);
      });

      it('knows nothing of names that are not gone', async () => {
        await noteAfterAnswer(randomUUID(), rig.now());

        expect(await rig.keys.goneAt([randomUUID()])).to.equal(0);
      });

      it('goes by the last time that a record was gone', async () => {
        const name = randomUUID();
        const at = rig.now();
        await noteAfterAnswer(name, at);
        await rig.keys.noteGone([[name, at - 5]]);

        expect(await rig.keys.goneAt([name])).to.equal(at);
      });
    });

    describe('within its limits', () => {
      let small: KeysRig;

      beforeEach(async () => {
        small = await openStore({ keys: 2, bytes: 100, goneNames: 3 });
      });

      afterEach(async () => {
        await small.close();
      });

      const answered = async (answer: string): Promise<unknown> => {
        const use = freshUse(small);
        const begun = await small.keys.begin(use, small.now());
        if (begun.kind !== 'first') return begun.kind;
        await small.keys.finish(use.key, answer, 'brief');
        return small.keys.begin(use, small.now());
      };

      it('keeps the short form of an answer where there is no room for it', async () => {
        const answers = [await answered('a'.repeat(60)), await answered('b'.repeat(60))];

        expect(answers).to.deep.equal([
          { kind: 'answered', answer: 'a'.repeat(60) },
          { kind: 'answered', answer: 'brief' },
        ]);
      });

      it('begins no further key where as many were answered as it remembers, and knows the others still', async () => {
        const use = freshUse(small);
        await small.keys.begin(use, small.now());
        await small.keys.finish(use.key, 'first');

        const others = [await answered('second'), await answered('third')];

        expect(others).to.deep.equal([{ kind: 'answered', answer: 'second' }, 'full']);
        expect(await small.keys.begin(use, small.now())).to.deep.equal({ kind: 'answered', answer: 'first' });
      });

      it('remembers of too many gone records that all were gone which were so before them', async () => {
        await answered('an answer');
        const at = small.now();
        for (let age = 5; age > 0; age -= 1) await small.keys.noteGone([[`gone ${String(age)} ms ago`, at - age]]);

        const moments = await Promise.all([5, 4, 3, 2, 1].map((age) => small.keys.goneAt([`gone ${String(age)} ms ago`])));

        expect(moments.map((moment) => at - moment)).to.deep.equal([4, 4, 3, 2, 1]);
      });
    });

    it('refuses once it is closed, rather than hang', async () => {
      const closed = await openStore();
      const use = freshUse(closed);
      await closed.close();

      await errorOf(closed.keys.begin(use, closed.now()), QueueUnavailableError);
    });
  });
};
