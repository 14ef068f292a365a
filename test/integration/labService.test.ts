/**
 * The simulated service of the laboratory, and the scenarios that tell it what to do.
 */
import { expect } from 'chai';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Chance } from '../../lab/laboratory/chance.ts';
import { parseLabArguments } from '../../lab/laboratory/labArguments.ts';
import { readText } from '../support/repoFiles.ts';
import { csv, readCsv } from '../../lab/laboratory/csv.ts';
import { blocksOf, rivalsCsv, withBlock } from '../../lab/laboratory/page.ts';
import { loadScenarios, parseScenario, type Scenario } from '../../lab/laboratory/scenario.ts';
import { SimulatedService } from '../../lab/laboratory/simulatedService.ts';
import { Timeline } from '../../lab/laboratory/timeline.ts';

const scenarioOf = (phases: readonly unknown[], more: object = {}): Scenario =>
  parseScenario('made-up', { title: 'Made up for a test', kind: 'outage', phases, ...more });

const serviceOf = (scenario: Scenario, ratePerSecond = 10): SimulatedService =>
  new SimulatedService({ scenario, timeline: new Timeline(scenario, { ratePerSecond }), ratePerSecond, seed: 1 });

const call = (index: number, operation = 'read') => ({ index, service: 0, operation, startedAt: 0, attempts: 0 });

describe('chance of the laboratory', () => {
  it('spreads its draws evenly, and gives the same ones again', () => {
    const chance = new Chance(5, 'test');
    const bins = Array.from({ length: 10 }, () => 0);

    for (let index = 0; index < 20_000; index += 1) bins[Math.floor(chance.at(index, index % 3, 1) * 10)]! += 1;

    expect(Math.min(...bins)).to.be.above(1850);
    expect(Math.max(...bins)).to.be.below(2150);
    expect(new Chance(5, 'test').at(77, 2, 1)).to.equal(chance.at(77, 2, 1));
    expect(new Chance(5, 'other').at(77, 2, 1)).not.to.equal(chance.at(77, 2, 1));
  });

  it('draws normal values of mean 0 and deviation 1', () => {
    const chance = new Chance(5, 'test');
    const values = Array.from({ length: 20_000 }, (_, index) => chance.normalAt(index, 0, 1));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;

    expect(mean).to.be.within(-0.03, 0.03);
    expect(variance).to.be.within(0.95, 1.05);
  });
});

describe('simulated service of the laboratory', () => {
  it('gives an attempt the same fate whoever asked before', () => {
    const scenario = scenarioOf([{ seconds: 60, behaviour: { hangs: 0.3 } }]);
    const [one, other] = [serviceOf(scenario), serviceOf(scenario)];

    for (let index = 0; index < 50; index += 1) one.receive(call(index), 0);

    expect(one.receive(call(99), 1000)).to.deep.equal(other.receive(call(99), 1000));
  });

  it('fails an operation that fares worse, and a stranger to the scenario like the rest', () => {
    const bad = { failures: { share: 1, status: 500, afterMs: 30 } };
    const scenario = scenarioOf([{ seconds: 60, fault: true, operations: { search: bad } }], { operations: ['read', 'search'] });
    const service = serviceOf(scenario);

    expect(service.receive(call(1, 'search'), 0)).to.deep.equal({ status: 500, afterMs: 30 });
    expect(service.receive(call(1, 'read'), 0).status).to.equal(200);
    expect(service.receive(call(-1, 'probe'), 0).status).to.equal(200);
  });

  it('grows slower over the phase, and says that such an answer would come too late', () => {
    const service = serviceOf(scenarioOf([{ seconds: 100, behaviour: { slowFactor: [1, 101], latency: { medianMs: 100, spread: 0 } } }]));

    expect(service.receive(call(1), 50_000).afterMs).to.equal(5100);
    expect(service.wouldAnswer(call(1), 20_000, 4000)).to.equal(true);
    expect(service.wouldAnswer(call(1), 90_000, 4000)).to.equal(false);
  });

  it('goes down under a herd while it is warming up, and bears a few', () => {
    const scenario = scenarioOf([{ seconds: 100, warming: { fromShare: 0.2, toShare: 1.2, collapseSeconds: 5 } }]);
    const [trampled, spared] = [serviceOf(scenario), serviceOf(scenario)];

    const herd = Array.from({ length: 10 }, (_, index) => trampled.receive(call(index), 1000).status);
    const few = Array.from({ length: 10 }, (_, index) => spared.receive(call(index), index * 600).status);

    expect(herd.slice(3)).to.deep.equal(Array.from({ length: 7 }, () => 503));
    expect(trampled.receive(call(20), 5000).status).to.equal(503);
    expect(trampled.receive(call(20), 7000).status).to.equal(200);
    expect(few.filter((status) => status === 503)).to.deep.equal([]);
  });
});

describe('scenarios of the laboratory', () => {
  it('are whatever lies in the folder', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'lab-'));
    const content = { title: 'A scenario nobody has heard of', kind: 'steady', phases: [{ seconds: 1 }] };
    try {
      await writeFile(path.join(folder, 'unheard-of.json'), JSON.stringify(content));

      const found = loadScenarios(pathToFileURL(`${folder}/`));

      expect(found.map(({ name, services }) => ({ name, services }))).to.deep.equal([{ name: 'unheard-of', services: 1 }]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('are refused by name and field when they are none', () => {
    const phases = [{ seconds: 60, behaviour: { hang: 1 } }];

    expect(() => scenarioOf(phases)).to.throw(/"made-up"[\s\S]*"hang"/);
    expect(() => scenarioOf([{ seconds: 1, operations: { search: {} } }])).to.throw('has no operation "search"');
  });

  it('keep the length of an outage at any load, and shorten the health around it', () => {
    const scenario = scenarioOf([{ seconds: 120 }, { seconds: 60, fault: true }, { seconds: 120 }]);

    const lengths = new Timeline(scenario, { ratePerSecond: 500 }).periods.map(({ startsAt, endsAt }) => endsAt - startsAt);

    expect(lengths).to.deep.equal([15_000, 60_000, 15_000]);
  });
});

describe('command line of the laboratory', () => {
  it('takes each part as often as wanted, and the seed from the environment', () => {
    const asked = parseLabArguments(['--rate', '5', '--rate', '0.5', '--rival', 'ours'], { SEED: '9' });

    expect(asked).to.deep.equal({ scenarios: [], rates: [5, 0.5], rivals: ['ours'], seed: 9, writeGate: false, isWhole: false });
    expect(parseLabArguments([], {}).isWhole).to.equal(true);
  });

  it('refuses what is no number, and what it does not know', () => {
    expect(() => parseLabArguments(['--rate', 'fast'], {})).to.throw('--rate must be a number, not "fast"');
    expect(() => parseLabArguments(['--speed', '1'], {})).to.throw('--speed');
  });
});

describe('page of the laboratory', () => {
  it('renews what lies between the marks, and nothing else', () => {
    const page = 'before\n<!-- run -->\nold\n<!-- /run -->\nafter';

    expect(withBlock(page, 'run', 'new')).to.equal('before\n<!-- run -->\nnew\n<!-- /run -->\nafter');
    expect(() => withBlock(page, 'tables', 'new')).to.throw('no place for "tables"');
  });

  it('says what the files of the last whole run say', () => {
    const [page, results] = [readText('docs/lab/README.md'), readText('docs/lab/results.csv')];

    const summaries = readCsv(results);

    expect(csv(summaries)).to.equal(results);
    for (const [name, content] of blocksOf(summaries)) expect(withBlock(page, name, content), name).to.equal(page);
    expect(readText('docs/lab/rivals.csv')).to.equal(rivalsCsv());
  });

  it('prints bold where a goal is missed', () => {
    const rival = {
      ...{ scenario: 'outage-60s', ratePerSecond: 5, rival: 'another', runs: 1, calls: 100, sent: 10, served: 90 },
      ...{ doomed: 7, doomedProbes: 1, lost: 5, detectMs: 500, detected: 1, recoverMs: 500, recovered: 1 },
      ...{ p99Ms: 10, amplification: 1, falseTripsPerHour: 0, calmHours: 1 },
    };

    const goalsOf = (doomed: number): string => String(blocksOf([{ ...rival, rival: 'ours', doomed }, rival])[0]);

    expect(goalsOf(7)).to.include('| outage-60s | 5 | 6/6 | 5/5 | 1 | 500 ms |');
    expect(goalsOf(7.5)).to.include('| outage-60s | 5 | **6.5/6** | 5/5 | 1 | 500 ms |');
  });
});
