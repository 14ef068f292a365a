import { expect } from 'chai';
import { figuresOf } from './figures.ts';
import { judge, type Limits } from './oracle.ts';
import { engines, type Engine } from './plan.ts';
import { runQueueChaos, type QueueRun } from './queueRun.ts';
import { shortReportOf } from './report.ts';

/** The short form of `npm run chaos -- queue`: real processes, from source as everything that is tested. */
const shortForm = {
  seed: 4,
  rounds: 3,
  roundMs: 2000,
  program: 'source',
  longestMs: 20_000,
  callersEach: 3,
  pauseMs: 200,
  drainMs: 45_000,
} as const;

/** Loss, doubles and order are judged as ever; of time only what no busy machine explains. The long form measures the promised limits. */
const patientLimits: Limits = { answerMs: 6000, refusalMs: 3000, recoveryMs: 15_000 };

describe('the durable queue in processes that are killed', function () {
  this.timeout(120_000);
  const runs = new Map<Engine, QueueRun>();

  before(async () => {
    const finished = await Promise.all(engines.map((engine) => runQueueChaos({ ...shortForm, engine }, () => undefined)));
    for (const run of finished) runs.set(run.settings.engine, run);
  });

  for (const engine of engines) {
    it(`keeps every promise over the engine ${engine}`, () => {
      const run = runs.get(engine)!;

      const breaches = judge(run, patientLimits);

      expect(breaches.length, shortReportOf(run, breaches)).to.equal(0);
      expect(run.kills).to.have.length.at.least(run.rounds);
      expect(figuresOf(run).accepted).to.be.at.least(10);
    });
  }
});
