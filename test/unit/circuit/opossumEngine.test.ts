import { EventEmitter } from 'node:events';
import { expect } from 'chai';
import { OpossumEngine } from '../../../src/circuit/opossumEngine.ts';
import { HeldAttempt } from '../../support/heldAttempt.ts';
import { useVirtualTime } from '../../support/virtualTime.ts';

describe('Opossum as engine', () => {
  const time = useVirtualTime();
  let rotation: EventEmitter;
  let engine: OpossumEngine;
  let halfOpened: number;

  beforeEach(() => {
    rotation = new EventEmitter();
    halfOpened = 0;
    engine = new OpossumEngine({
      name: 'hubspot',
      rotation,
      bucketMs: 1000,
      buckets: 10,
      onHalfOpen: () => {
        halfOpened += 1;
      },
      onListenerError: (error) => {
        throw error;
      },
    });
  });

  afterEach(() => {
    engine.shutdown();
  });

  it('never opens by itself, whatever fails', async () => {
    for (let failed = 0; failed < 100; failed += 1) engine.follow(Promise.reject(new Error('down')));
    await time.settle();

    expect(engine.state).to.equal('closed');
    expect(engine.statistics).to.include({ fires: 100, failures: 100 });
  });

  it('does not open by itself either when calls outlast its window, and fail after they have rolled out of it', async () => {
    const outcomes = Array.from({ length: 3 }, () => new HeldAttempt());
    for (const { begin } of outcomes) engine.follow(begin());
    for (let bucket = 0; bucket < 10; bucket += 1) rotation.emit('rotate');

    for (const outcome of outcomes) outcome.fail(new Error('down'));
    await time.settle();

    expect(engine.statistics).to.include({ fires: 0, failures: 3 });
    expect(engine.state).to.equal('closed');
  });

  it('opens anew for another time, longer or shorter, and shows observers nothing of it', async () => {
    const seen: string[] = [];
    for (const event of ['open', 'close', 'halfOpen'])
      engine.observed.on(event, () => {
        seen.push(event);
      });
    engine.open(100);
    engine.reopen(300);
    await time.advance(299);
    const before = engine.state;
    engine.reopen(50);
    await time.advance(50);

    expect(before).to.equal('open');
    expect(engine.state).to.equal('half_open');
    expect(seen).to.deep.equal(['open', 'halfOpen']);
    expect(halfOpened).to.equal(1);
  });

  it('opens for as long as it is told, then says so', async () => {
    engine.open(70);
    await time.advance(69);
    const before = engine.state;
    await time.advance(1);

    expect(before).to.equal('open');
    expect(engine.state).to.equal('half_open');
    expect(halfOpened).to.equal(1);
  });

  it('takes a new open time at each opening', async () => {
    engine.open(70);
    await time.advance(70);
    engine.open(500);
    await time.advance(499);

    expect(engine.state).to.equal('open');
  });

  it('forgets its timer when it is closed', async () => {
    engine.open(70);

    engine.close();
    await time.advance(1000);

    expect(engine.state).to.equal('closed');
    expect(halfOpened).to.equal(0);
  });

  it('is half-open at once when told so, whatever was left of the open time, and once only', async () => {
    engine.open(60_000);
    await time.advance(10);

    engine.halfOpenNow();
    await time.advance(1);
    const then = engine.state;
    await time.advance(120_000);

    expect([then, engine.state, halfOpened]).to.deep.equal(['half_open', 'half_open', 1]);
  });

  it('shows observers of that what it is, not how it is done', async () => {
    const heard: string[] = [];
    for (const event of ['open', 'close', 'halfOpen']) engine.observed.on(event, () => heard.push(event));
    engine.open(60_000);

    engine.halfOpenNow();
    await time.advance(1);

    expect(heard).to.deep.equal(['open', 'halfOpen']);
  });

  it('times nothing out: an outcome may take as long as it likes', async () => {
    engine.follow(new Promise(() => undefined));

    await time.advance(3_600_000);

    expect(engine.statistics).to.include({ fires: 1, failures: 0 });
    expect(time.pendingTimers).to.equal(0);
  });

  it('refuses nothing for want of capacity, and coalesces nothing', async () => {
    for (let followed = 0; followed < 1000; followed += 1) engine.follow(Promise.resolve('same'));
    await time.settle();

    expect(engine.statistics).to.include({ fires: 1000, successes: 1000, rejects: 0 });
  });

  it('collects no latencies for percentiles, which would cost more with each call', async () => {
    for (let followed = 0; followed < 100; followed += 1) engine.follow(Promise.resolve('contact'));
    await time.settle();

    expect(engine.statistics).to.deep.include({ latencyTimes: [], latencyMean: -1 });
  });

  it('sets no timer of its own while closed', () => {
    expect(time.pendingTimers).to.equal(0);
  });

  it('moves its window by the shared rotation', async () => {
    engine.follow(Promise.resolve('contact'));
    await time.settle();
    for (let bucket = 0; bucket < 9; bucket += 1) rotation.emit('rotate');
    const within = engine.statistics.fires;
    rotation.emit('rotate');

    expect(within).to.equal(1);
    expect(engine.statistics.fires).to.equal(0);
  });

  it('leaves the shared rotation when it is shut down', () => {
    engine.shutdown();

    expect(rotation.listenerCount('rotate')).to.equal(0);
  });
});
