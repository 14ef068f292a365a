import { expect } from 'chai';
import { Lifecycle, type LifecycleOptions, type LifecyclePart } from '../../src/lifecycle.ts';
import { silentLogger } from '../../src/logging/logger.ts';
import { HandDrivenClock } from '../support/handDrivenClock.ts';

const never = (): Promise<void> => new Promise(() => undefined);

describe('lifecycle', () => {
  let clock: HandDrivenClock;
  let told: string[];

  beforeEach(() => {
    clock = new HandDrivenClock();
    told = [];
  });

  const create = (options: Partial<LifecycleOptions> = {}): Lifecycle =>
    new Lifecycle({ clock, logger: silentLogger, drainDelayMs: 0, ...options });

  const part = (name: string, overrides: Partial<LifecyclePart> = {}): LifecyclePart => ({
    name,
    start: () => {
      told.push(`start ${name}`);
    },
    stop: () => {
      told.push(`stop ${name}`);
    },
    ...overrides,
  });

  it('starts parts in order, is ready then, and stops them in reverse', async () => {
    const lifecycle = create();
    lifecycle.add(part('queue'));
    lifecycle.add(part('server'));

    expect(lifecycle.phase).to.equal('starting');
    await lifecycle.start();
    expect(lifecycle.phase).to.equal('ready');
    const report = await lifecycle.stop('SIGTERM');

    expect(told).to.deep.equal(['start queue', 'start server', 'stop server', 'stop queue']);
    expect(report).to.deep.equal({ clean: true, unfinished: [] });
    expect(lifecycle.phase).to.equal('stopped');
    expect(clock.pending).to.equal(0);
  });

  it('stays unready and answering for the drain delay before it stops anything', async () => {
    const lifecycle = create({ drainDelayMs: 5000 });
    lifecycle.add(part('server', { start: () => undefined }));
    await lifecycle.start();

    const stopped = lifecycle.stop('SIGTERM');
    await clock.untilPending(2);
    expect([lifecycle.phase, lifecycle.isDraining]).to.deep.equal(['draining', true]);
    clock.advance(4999);
    await Promise.resolve();
    expect(told).to.deep.equal([]);
    clock.advance(1);
    await stopped;

    expect(told).to.deep.equal(['stop server']);
  });

  it('gives each part its time, then goes on without it and says so', async () => {
    const lifecycle = create({ partLimitMs: 1000 });
    lifecycle.add(part('queue'));
    lifecycle.add(part('stuck', { stop: never }));
    await lifecycle.start();

    const stopped = lifecycle.stop('SIGTERM');
    await clock.untilPending(2);
    clock.advance(1000);
    const report = await stopped;

    expect(report).to.deep.equal({ clean: false, unfinished: ['stuck'] });
    expect(told.at(-1)).to.equal('stop queue');
  });

  it('goes on when a part fails to stop', async () => {
    const lifecycle = create();
    lifecycle.add(part('queue'));
    lifecycle.add(part('broken', { stop: () => Promise.reject(new Error('no')) }));
    await lifecycle.start();

    const report = await lifecycle.stop('SIGTERM');

    expect(report.unfinished).to.deep.equal(['broken']);
    expect(told.at(-1)).to.equal('stop queue');
  });

  it('waits for nothing any more at the second signal, but tells every part', async () => {
    const lifecycle = create({ drainDelayMs: 5000 });
    lifecycle.add(part('queue'));
    lifecycle.add(part('server', { stop: never }));
    await lifecycle.start();

    const stopped = lifecycle.stop('SIGTERM');
    void lifecycle.stop('SIGINT');
    const report = await stopped;

    expect(told.at(-1)).to.equal('stop queue');
    expect(report.clean).to.equal(false);
    expect(clock.pending).to.equal(0);
  });

  it('ends by its total limit, however long the parts may take', async () => {
    const lifecycle = create({ partLimitMs: 60_000, totalLimitMs: 10_000 });
    lifecycle.add(part('stuck', { stop: never }));
    lifecycle.add(part('stuck as well', { stop: never }));
    await lifecycle.start();

    const stopped = lifecycle.stop('SIGTERM');
    await clock.untilPending(2);
    clock.advance(10_000);
    const report = await stopped;

    expect(report.unfinished).to.deep.equal(['stuck as well', 'stuck']);
  });

  it('stops what had started when a part fails to start', async () => {
    const lifecycle = create();
    lifecycle.add(part('queue'));
    lifecycle.add(part('server', { start: () => Promise.reject(new Error('port 3000 is in use')) }));

    const failure = await lifecycle.start().catch((error: unknown) => (error as Error).message);

    expect(failure).to.equal('port 3000 is in use');
    expect(told).to.deep.equal(['start queue', 'stop queue']);
    expect(lifecycle.phase).to.equal('stopped');
  });

  it('stops a part that was just starting, and starts no further one', async () => {
    const lifecycle = create();
    let started: () => void = () => undefined;
    lifecycle.add(part('slow', { start: () => new Promise((resolve) => (started = resolve)) }));
    lifecycle.add(part('server'));

    const start = lifecycle.start();
    const stopped = lifecycle.stop('SIGTERM');
    started();
    await start;
    await stopped;

    expect(told).to.deep.equal(['stop slow']);
    expect(lifecycle.phase).to.equal('stopped');
  });
});
