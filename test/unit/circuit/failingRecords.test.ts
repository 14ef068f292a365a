import { expect } from 'chai';
import { FailingCallers, FailingRecords } from '../../../src/circuit/blame.ts';
import { serviceRegistry } from '../../../src/services/registry.ts';
import { policyOf } from '../../../src/services/serviceSettings.ts';
import { seconds } from '../../../src/time/clock.ts';
import { down, failWith, site, succeed, useBreakerHouse } from '../../support/breakerHouse.ts';

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

  it('counts the failures of one record once in three seconds, where it never was well: it may be an outage from before the start', () => {
    expect(fails(7, ['contacts:666'])).to.deep.equal([true, false, false, true, false, false, true]);
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

describe('FailingCallers', () => {
  let callers: FailingCallers;
  let now: number;

  beforeEach(() => {
    callers = new FailingCallers();
    now = 1000;
  });

  /** Whether each of so many failures in a row, 100 ms apart, speaks against the service. */
  const fails = (times: number, ...names: readonly string[]): readonly boolean[] =>
    Array.from({ length: times }, () => {
      now += 100;
      return callers.isNews(names, now, now);
    });
  const areWell = (times: number, ...names: readonly string[]): void => {
    for (let made = 0; made < times; made += 1) {
      now += 100;
      callers.wereWell(names, now, now);
    }
  };

  it('counts a caller once, whatever it fails with, while another is answered', () => {
    const seen = [...fails(1, 'crm')];
    areWell(1, 'mailer');

    expect([...seen, ...fails(20, 'crm')]).to.deep.equal([true, ...Array<boolean>(20).fill(false)]);
  });

  it('counts every failure of who calls alone, or whose calls are not known', () => {
    areWell(5, 'crm');

    expect([...fails(4, 'crm'), ...fails(4)]).to.deep.equal(Array<boolean>(8).fill(true));
  });

  it('counts every failure where others were last answered before it, or three seconds ago', () => {
    areWell(5, 'mailer');
    const seen = [...fails(4, 'crm')];
    areWell(1, 'mailer');
    now += seconds(3);

    expect([...seen, ...fails(4, 'crm')]).to.deep.equal(Array<boolean>(8).fill(true));
  });

  it('counts every failure where others fail as well, although some are answered', () => {
    fails(1, 'crm');
    areWell(2, 'mailer');
    fails(1, 'mailer');

    expect(fails(4, 'crm')).to.deep.equal([true, true, true, true]);
  });

  it('does not count a request that a failing caller shares with others, nor holds it against these', () => {
    fails(1, 'crm');
    areWell(1, 'mailer');
    const shared = fails(3, 'crm', 'mailer');

    areWell(1, 'crm');

    expect(shared).to.deep.equal([false, false, false]);
    expect(fails(1, 'mailer')).to.deep.equal([true]);
  });

  it('counts anew after half a minute', () => {
    fails(2, 'crm');
    now += seconds(31);
    areWell(1, 'mailer');

    expect(fails(2, 'crm')).to.deep.equal([true, true]);
  });
});

describe('The circuit of a process that was started into an outage', () => {
  const house = useBreakerHouse();

  for (const service of ['hubspot', 'lemlist', 'explorium', 'kit', 'mailchimp', 'sendgrid'] as const) {
    it(`opens within twenty seconds where all that is asked of ${service} is one record, and each attempt is answered 500`, async () => {
      const breaker = house.factory.breaker(service, policyOf(serviceRegistry[service]));
      const states: string[] = [];
      for (let second = 0; second < 20; second += 1) {
        await house.time.advance(seconds(1));
        await breaker
          .callOperation(failWith(down()), { ...site, service }, undefined, { records: () => ['contacts:1'] })
          .catch(() => undefined);
        states.push(breaker.snapshot().state);
      }

      expect(states.slice(0, 5)).to.not.include('open');
      expect(states).to.include('open');
    });
  }
});

describe('A circuit beneath two callers', () => {
  const house = useBreakerHouse();

  for (const service of ['hubspot', 'lemlist', 'explorium', 'kit', 'mailchimp', 'sendgrid'] as const) {
    /** One caller whose records all fail, each another one; and one whose calls are answered, unless all fails. */
    const callBoth = async (times: number, isDown: boolean): Promise<string> => {
      const breaker = house.factory.breaker(service, policyOf(serviceRegistry[service]));
      for (let made = 0; made < times; made += 1) {
        await house.time.advance(100);
        const [poison, good] = ['crm', 'mailer'].map((caller) => ({ callers: [caller], records: () => [`${caller}:${String(made)}`] }));
        const call = (attempt: () => Promise<string>, about = {}) =>
          breaker.callOperation(attempt, { ...site, service }, undefined, about).catch(() => undefined);
        await call(failWith(down()), poison);
        await call(isDown ? failWith(down()) : succeed, good);
      }
      return breaker.snapshot().state;
    };

    it(`stays closed while ${service} fails for one of them alone, with whatever record`, async () => {
      expect(await callBoth(50, false)).to.equal('closed');
    });

    it(`opens within three calls of each while ${service} fails for both`, async () => {
      expect(await callBoth(3, true)).to.equal('open');
    });
  }
});
