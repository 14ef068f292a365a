import { expect } from 'chai';
import { LatencyDrift } from '../../../../src/monitoring/incidents/latencyDrift.ts';

/** Usual latencies, ms: about 100, give or take a fifth. */
const USUAL = [80, 95, 100, 105, 125];
const usualAt = (index: number): number => USUAL[index % USUAL.length]!;

/** A service that is known well. */
const learned = (operation = 'get_contact'): LatencyDrift => {
  const drift = new LatencyDrift();
  for (let index = 0; index < 500; index += 1) drift.record(operation, usualAt(index), 'whole', 0);
  return drift;
};

const recordMany = (drift: LatencyDrift, times: number, durationMs: number, now = 0): readonly boolean[] =>
  Array.from({ length: times }, () => drift.record('get_contact', durationMs, 'whole', now));

describe('Latency drift', () => {
  it('says nothing before it knows what is usual', () => {
    const drift = new LatencyDrift();

    const said = Array.from({ length: 30 }, (_, index) => drift.record('get_contact', 10 * 2 ** (index % 10), 'whole', 0));

    expect(said).not.to.include(true);
  });

  it('takes a single monster for no drift', () => {
    const drift = learned();

    const said = [drift.record('get_contact', 60_000, 'whole', 0), ...recordMany(drift, 5, 100)];

    expect(said).not.to.include(true);
  });

  it('sounds when calls take half as long again, and keeps silent once they are quick again', () => {
    const drift = learned();

    const slow = recordMany(drift, 10, 160);
    const quick = recordMany(drift, 40, 100);

    expect(slow.at(-1)).to.equal(true);
    expect([quick[0], quick.at(-1)]).to.deep.equal([true, false]);
  });

  it('measures each operation by what is usual for it', () => {
    const drift = learned();
    for (let index = 0; index < 500; index += 1) drift.record('search', 20 * usualAt(index), 'whole', 0);

    const said = Array.from({ length: 50 }, (_, index) => [
      drift.record('get_contact', usualAt(index), 'whole', 0),
      drift.record('search', 20 * usualAt(index), 'whole', 0),
    ]).flat();

    expect(said).not.to.include(true);
  });

  it('counts a time-out as slow, but one that came early not as quick', () => {
    const drift = learned();

    const early = Array.from({ length: 50 }, () => drift.record('get_contact', 5, 'cut_off', 0));
    const late = Array.from({ length: 4 }, () => drift.record('get_contact', 4000, 'cut_off', 0));

    expect(early).not.to.include(true);
    expect(late.at(-1)).to.equal(true);
  });

  it('does not let early time-outs hide slow answers', () => {
    const drift = learned();

    const said = Array.from({ length: 10 }, () => [
      drift.record('get_contact', 5, 'cut_off', 0),
      drift.record('get_contact', 200, 'whole', 0),
    ]).flat();

    expect(said.at(-1)).to.equal(true);
  });

  it('takes a drift that has lasted two minutes for the new usual', () => {
    const drift = learned();

    const before = recordMany(drift, 50, 200, 119_999).at(-1);
    const after = recordMany(drift, 200, 200, 119_999 + 120_000);

    expect(before).to.equal(true);
    expect(after).not.to.include(true);
  });

  it('forgets its evidence, but not what is usual, when it is reset', () => {
    const drift = learned();
    recordMany(drift, 10, 200);

    drift.reset();

    expect(drift.record('get_contact', 100, 'whole', 0)).to.equal(false);
    expect(recordMany(drift, 10, 200).at(-1)).to.equal(true);
  });
});
