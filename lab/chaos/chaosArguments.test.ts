import { expect } from 'chai';
import { readChaosArguments, UsageError } from './chaosArguments.ts';
import { planRounds } from './plan.ts';

describe('the arguments of npm run chaos', () => {
  it('are the long form unless they say otherwise', () => {
    expect(readChaosArguments(['queue'])).to.deep.equal({
      subject: 'queue',
      engines: ['embedded', 'bullmq'],
      seed: 1,
      rounds: 200,
      seconds: 1200,
    });
  });

  it('choose an engine, a seed and a length', () => {
    const asked = readChaosArguments(['queue', '--engine', 'bullmq', '--seed', '7', '--rounds', '3', '--seconds', '20']);

    expect(asked).to.deep.equal({ subject: 'queue', engines: ['bullmq'], seed: 7, rounds: 3, seconds: 20 });
  });

  it('ask for the names where there are none', () => {
    expect(readChaosArguments([]).subject).to.equal(undefined);
  });

  for (const given of [
    ['disk'],
    ['queue', 'more'],
    ['queue', '--seed', 'x'],
    ['queue', '--rounds', '0'],
    ['queue', '--engine', 'kafka'],
    ['queue', '--fast'],
  ]) {
    it(`are refused with a word of explanation: ${given.join(' ')}`, () => {
      expect(() => readChaosArguments(given)).to.throw(UsageError, /\w/u);
    });
  }
});

describe('the schedule of a chaos run', () => {
  const settings = { engine: 'bullmq', seed: 5, rounds: 40, roundMs: 1000 } as const;

  it('is the same for the same seed, and another for another', () => {
    expect(planRounds(settings)).to.deep.equal(planRounds(settings));
    expect(planRounds({ ...settings, seed: 6 })).not.to.deep.equal(planRounds(settings));
  });

  it('begins in the same way however long it is', () => {
    expect(planRounds({ ...settings, rounds: 5 })).to.deep.equal(planRounds(settings).slice(0, 5));
  });

  it('kills everybody whom the engine needs', () => {
    const victims = (engine: 'embedded' | 'bullmq') => [
      ...new Set(planRounds({ ...settings, engine }).flatMap(({ kills }) => kills.map(({ victim }) => victim))),
    ];

    expect(victims('embedded')).to.deep.equal(['gateway']);
    expect(victims('bullmq')).to.have.members(['gateway', 'worker', 'redis']);
  });

  it('reaches every point inside the embedded engine', () => {
    const points = new Set(planRounds({ ...settings, engine: 'embedded' }).flatMap(({ fault }) => fault?.point ?? []));

    expect([...points]).to.have.members(['before_commit', 'after_commit', 'before_answer', 'after_claim']);
  });
});
