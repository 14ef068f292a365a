import { expect } from 'chai';
import { FailingRecords } from '../../../src/resilience/blame.ts';
import { seconds } from '../../../src/time/clock.ts';

describe('FailingRecords', () => {
  let faults: FailingRecords;
  let now: number;

  beforeEach(() => {
    faults = new FailingRecords();
    now = 1000;
  });

  const about = (...records: readonly string[]) => ({ startedAt: now, records: () => records });
  /** Whether each of so many failures in a row, a second apart, speaks against the service. */
  const fails = (times: number, records: readonly string[], isRefusal = false): readonly boolean[] =>
    Array.from({ length: times }, () => {
      now += 1000;
      return faults.isNews(about(...records), isRefusal, now);
    });
  const isWell = (...records: readonly string[]): void => {
    now += 100;
    faults.wasWell(about(...records), now);
  };

  it('counts the failures of one record once, where it never was well', () => {
    expect(fails(4, ['contacts:666'])).to.deep.equal([true, false, false, false]);
  });

  it('counts each record, as soon as several fail', () => {
    const seen = [...fails(1, ['contacts:1']), ...fails(2, ['contacts:2']), ...fails(2, ['contacts:1'])];

    expect(seen).to.deep.equal([true, true, true, true, true]);
  });

  it('counts every failure of a record that was well before, and every refusal to handle anything, while nothing else is answered', () => {
    isWell('contacts:7');

    expect(fails(3, ['contacts:7'])).to.deep.equal([true, true, true]);
    expect(new FailingRecords().isNews(about('contacts:8'), true, now)).to.equal(true);
    expect(fails(2, ['contacts:9'], true)).to.deep.equal([true, true]);
  });

  it('counts no repeat while others are answered, whatever the failure', () => {
    isWell('contacts:7');
    const seen = [...fails(1, ['contacts:7'], true)];
    isWell('contacts:8');

    expect([...seen, ...fails(3, ['contacts:7'], true)]).to.deep.equal([true, false, false, false]);
  });

  it('lets an answer to an attempt from before the failure, or from half a minute ago, stand for nothing', () => {
    const before = { startedAt: 0, records: () => ['contacts:8'] };
    const seen = [...fails(1, ['contacts:7'], true)];
    faults.wasWell(before, now);
    seen.push(...fails(1, ['contacts:7'], true));
    isWell('contacts:9');
    now += seconds(28);
    seen.push(...fails(1, ['contacts:7'], true));
    now += seconds(1);

    expect([...seen, ...fails(1, ['contacts:7'], true)]).to.deep.equal([true, true, false, true]);
  });

  it('blames the one row of a batch that fails in each of its parts', () => {
    const seen = [...fails(1, ['a', 'b', 'c', 'd'])];
    seen.push(...fails(1, ['a', 'b']));
    isWell('c', 'd');
    seen.push(...fails(1, ['a']));
    isWell('b');

    expect([...seen, ...fails(3, ['a'])]).to.deep.equal([true, false, false, false, false, false]);
  });

  it('counts both parts of a batch that fail', () => {
    expect([...fails(1, ['a', 'b'], true), ...fails(1, ['a'], true), ...fails(1, ['b'], true)]).to.deep.equal([true, true, true]);
  });

  it('counts what it cannot tell a record of', () => {
    expect([1, 2, 3].map(() => faults.isNews({ startedAt: now }, false, now))).to.deep.equal([true, true, true]);
  });

  it('forgets a record that is well again', () => {
    const seen = [...fails(2, ['contacts:7'])];
    isWell('contacts:7');

    expect([...seen, ...fails(2, ['contacts:7'])]).to.deep.equal([true, false, true, true]);
  });
});
