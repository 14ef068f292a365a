/**
 * What every store is held to in which a fleet keeps answers (`src/cache/sharedAnswers.ts`). Every test has a fleet of its own.
 */
import { expect } from 'chai';
import type { AnswerToShare, Look, LookWish, Notice, Place, SharedAnswers } from '../../src/cache/sharedAnswers.ts';

export interface SharedAnswersRig {
  /** Two replicas of one fleet. */
  readonly replicas: readonly [SharedAnswers, SharedAnswers];
  /** Lets so many ms pass, by the clock of the store; a few more may pass. */
  pass(ms: number): Promise<void>;
  /** Everything the store holds is gone. */
  flush(): Promise<void>;
  /** Lets messages arrive for a moment. */
  delivered(): Promise<void>;
}

const place: Place = { service: 'hubspot', name: 'digest of a key', labels: ['all of hubspot', 'contact 7'] };

let tokens = 0;

/** Answers are fresh for a minute and live for ten, unless a test says otherwise; turns last for ten seconds. */
const wishFor = (wish: Partial<LookWish> = {}): LookWish => {
  tokens += 1;
  return { token: `token-${String(tokens)}`, want: 'any', freshForMs: 60_000, livesForMs: 600_000, turnForMs: 10_000, ...wish };
};

type Asked = Look & { readonly token: string };

const ask = async (store: SharedAnswers, wish: Partial<LookWish> = {}, where = place): Promise<Asked> => {
  const whole = wishFor(wish);
  return { ...(await store.look(where, whole)), token: whole.token };
};

const put = (store: SharedAnswers, { token, stamp }: Asked, text: string, rest: Partial<AnswerToShare> = {}, where = place) =>
  store.put(where, { token, stamp, text, livesForMs: 600_000, askedAgoMs: 0, ...rest });

export const sharedAnswersContract = (name: string, open: () => Promise<SharedAnswersRig>): void => {
  describe(`${name} as the store of shared answers`, function () {
    this.timeout(20_000);

    let rig: SharedAnswersRig;
    let one: SharedAnswers;
    let other: SharedAnswers;

    beforeEach(async () => {
      rig = await open();
      [one, other] = rig.replicas;
    });

    it('has what one replica put for all of them, with its age', async () => {
      await put(one, await ask(one), 'sealed');
      await rig.pass(30);

      const { turn, kept } = await ask(other);

      expect(turn).to.equal('open');
      expect(kept).to.include({ text: 'sealed', isFresh: true });
      expect(kept?.ageMs).to.be.within(29, 5000);
    });

    it('knows nothing of another place, nor of the same name in another service', async () => {
      await put(one, await ask(one), 'sealed');

      expect((await ask(other, {}, { ...place, name: 'another' })).kept).to.equal(undefined);
      expect((await ask(other, {}, { ...place, service: 'lemlist' })).kept).to.equal(undefined);
    });

    it('gives a stale answer to who wants any, and the turn to ask with it', async () => {
      await put(one, await ask(one), 'sealed');
      await rig.pass(20);

      const stale = await ask(other, { freshForMs: 10 });

      expect(stale.turn).to.equal('ours');
      expect(stale.kept).to.include({ text: 'sealed', isFresh: false });
      expect((await ask(one, { freshForMs: 10, want: 'fresh' })).kept).to.equal(undefined);
    });

    it('gives nothing once an answer has lived long enough', async () => {
      await put(one, await ask(one), 'sealed', { livesForMs: 20 });
      await rig.pass(25);

      expect((await ask(other)).kept).to.equal(undefined);
    });

    it('replaces an answer by one that was asked for after it came', async () => {
      await put(one, await ask(one), 'first');
      const later = await ask(other, { want: 'nothing' });

      expect(await put(other, later, 'second')).to.equal(true);
      expect((await ask(one)).kept?.text).to.equal('second');
    });

    it('does not replace an answer by one that was asked for before it came', async () => {
      const slow = await ask(one);
      await put(other, await ask(other, { want: 'nothing' }), 'newer');

      expect(await put(one, slow, 'older', { askedAgoMs: 5000 })).to.equal(false);
      expect((await ask(one)).kept?.text).to.equal('newer');
    });

    describe('and its turns', () => {
      it('go to one replica of all that ask at once', async () => {
        const looks = await Promise.all([ask(one), ask(other), ask(one), ask(other)]);

        expect(looks.map(({ turn }) => turn).sort()).to.deep.equal(['ours', 'theirs', 'theirs', 'theirs']);
      });

      it('end with the answer', async () => {
        const first = await ask(one);
        await put(one, first, 'sealed', { livesForMs: 10 });
        await rig.pass(15);

        expect((await ask(other)).turn).to.equal('ours');
      });

      it('end when who has one gives it up', async () => {
        const { token } = await ask(one);
        await one.pass(place, token, 0);

        expect((await ask(other)).turn).to.equal('ours');
      });

      it('end by themselves when who has one dies', async () => {
        await ask(one, { turnForMs: 20 });
        await rig.pass(25);

        expect((await ask(other)).turn).to.equal('ours');
      });

      it('are ended by nobody else', async () => {
        await ask(one);
        const theirs = await ask(other);
        await other.pass(place, theirs.token, 0);

        expect((await ask(other)).turn).to.equal('theirs');
      });

      it('are not waited for where the answer cannot be shared', async () => {
        const { token } = await ask(one);
        await one.pass(place, token, 20);
        const meanwhile = await Promise.all([ask(one), ask(other)]);
        await rig.pass(25);

        expect(meanwhile.map(({ turn }) => turn)).to.deep.equal(['open', 'open']);
        expect((await ask(other)).turn).to.equal('ours');
      });

      it('are taken by nobody who wants the stamp alone', async () => {
        expect((await ask(one, { want: 'nothing' })).turn).to.equal('open');
        expect((await ask(other)).turn).to.equal('ours');
      });
    });

    describe('and its purges', () => {
      for (const label of place.labels) {
        it(`take away what bears the label "${label}", and nothing else`, async () => {
          const others: Place = { ...place, name: 'another', labels: ['another label'] };
          await put(one, await ask(one), 'sealed');
          await put(one, await ask(one, {}, others), 'of another label', {}, others);

          await other.purge('hubspot', [label], 'notice');

          expect((await ask(one)).kept).to.equal(undefined);
          expect((await ask(one, {}, others)).kept?.text).to.equal('of another label');
        });
      }

      it('can be made without a word to anybody', async () => {
        await put(one, await ask(one), 'sealed');

        await other.forget('hubspot', ['contact 7']);

        expect((await ask(one)).kept).to.equal(undefined);
        expect((await one.newsSince({ at: 0, text: '' })).texts).to.deep.equal([]);
      });

      it('leave the same label of another service alone', async () => {
        await put(one, await ask(one), 'sealed');

        await other.purge('lemlist', place.labels, 'notice');

        expect((await ask(one)).kept?.text).to.equal('sealed');
      });

      it('keep out what was asked for before them, however late it comes', async () => {
        const before = await ask(one);
        await other.purge('hubspot', ['contact 7'], 'notice');
        const after = await ask(other);

        expect(await put(one, before, 'old')).to.equal(false);
        expect(await put(other, after, 'new')).to.equal(true);
        expect((await ask(one)).kept?.text).to.equal('new');
      });

      it('make nobody wait for who asked before them', async () => {
        await ask(one);
        await other.purge('hubspot', ['contact 7'], 'notice');

        expect((await ask(other)).turn).to.equal('ours');
      });

      it('are told to every replica, in their order', async () => {
        const heard: Notice[][] = [[], []];
        for (const [index, store] of rig.replicas.entries()) {
          store.listen({ noticed: (notice) => heard[index]?.push(notice), returned: () => undefined });
        }
        // A subscription takes its time; what is said before it is lost.
        for (let purges = 0; purges < 200 && heard.some(({ length }) => length === 0); purges += 1) {
          await one.purge('hubspot', ['contact 7'], `purge ${String(purges)}`);
          await rig.delivered();
        }
        for (const notices of heard) notices.length = 0;
        await one.purge('hubspot', ['contact 7'], 'first');
        await other.purge('lemlist', ['lead 1'], 'second');
        for (let looks = 0; looks < 200 && heard.some(({ length }) => length < 2); looks += 1) await rig.delivered();

        const { at } = (await one.newsSince(undefined)).latest;
        const expected = [
          { at: at - 1, text: 'first' },
          { at, text: 'second' },
        ];
        expect(heard).to.deep.equal([expected, expected]);
      });

      it('are there to be asked for, from the last one heard of', async () => {
        const atStart = await one.newsSince(undefined);
        await other.purge('hubspot', ['contact 7'], 'first');
        await other.purge('hubspot', ['contact 8'], 'second');

        const { latest, texts } = await one.newsSince(atStart.latest);

        expect(atStart.texts).to.deep.equal([]);
        expect(texts).to.deep.equal(['first', 'second']);
        expect(latest).to.deep.equal({ at: 2, text: 'second' });
        expect(await one.newsSince(latest)).to.deep.equal({ latest, texts: [] });
      });

      it('are lost with the store, and that can be told', async () => {
        await other.purge('hubspot', ['contact 7'], 'first');
        const { latest } = await one.newsSince(undefined);
        await rig.flush();
        const empty = await one.newsSince(latest);
        await other.purge('hubspot', ['contact 7'], 'first of a new log');
        const anew = await one.newsSince(latest);

        expect(empty).to.deep.equal({ latest: { at: 0, text: '' }, texts: 'lost' });
        expect(anew).to.deep.equal({ latest: { at: 1, text: 'first of a new log' }, texts: 'lost' });
        expect(await one.newsSince(empty.latest)).to.deep.equal({ ...anew, texts: ['first of a new log'] });
      });
    });

    it('forgets what was under way when its memory is lost, and goes on', async () => {
      const before = await ask(one);
      await rig.flush();

      expect(await put(one, before, 'sealed')).to.equal(false);
      expect(await put(other, await ask(other), 'sealed')).to.equal(true);
      expect((await ask(one)).kept?.text).to.equal('sealed');
    });
  });
};
