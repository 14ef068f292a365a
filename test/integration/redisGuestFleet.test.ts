import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { SharedStateUnavailableError } from '../../src/errors/sharedStateErrors.ts';
import type { FleetCircuitId } from '../../src/contract/fleetStore.ts';
import { RedisFleetStore } from '../../src/fleet/redis/redisFleetStore.ts';
import { systemClock } from '../../src/time/clock.ts';
import { bad, freshCircuit, freshLease, well } from '../contract/fleetRig.ts';
import { errorOf } from '../support/errorOf.ts';
import { openGuest, pollUntil, type GuestRig } from '../support/guestRig.ts';
import { HandDrivenClock } from '../support/handDrivenClock.ts';
import { recordingLogger } from '../support/recordingLogger.ts';
import { startRedis, type RedisServer } from '../support/redisServer.ts';
import { tcpProxy } from '../support/tcpProxy.ts';

/** No Redis here is slow, but this machine may be. */
const patient = { workWithinMs: 5000 };

describe('Redis fleet store under faults', () => {
  let server: RedisServer;
  let rig: GuestRig;
  let clock: HandDrivenClock;
  const { logger, lines } = recordingLogger();
  const join = (replica: string, guest = rig.guest) => new RedisFleetStore({ guest, replica, clock, random: () => 0.5, logger });
  const warnings = () => lines.filter(({ level }) => level === 'warn');

  const open = async (circuit: FleetCircuitId) => {
    await join('one').report(circuit, bad);
    return join('other').report(circuit, bad);
  };

  beforeEach(async () => {
    server = await startRedis(['--appendonly', 'no', '--repl-diskless-sync-delay', '0']);
    clock = new HandDrivenClock();
    rig = await openGuest(server.settings, patient);
    await rig.becomes('up');
  });

  afterEach(async () => {
    await rig.guest.close();
    await server.stop();
  });

  it('goes on when Redis is flushed with all its scripts, without an error, and decides anew', async () => {
    const circuit = freshCircuit();
    const before = await open(circuit);
    await server.tell('FLUSHALL');
    await server.tell('SCRIPT FLUSH');

    const forgotten = await join('one').view(circuit);
    const anew = await open(circuit);

    expect(forgotten).to.include({ state: 'closed', epoch: 0, replicas: 0 });
    expect(anew).to.include({ state: 'open', openings: 1 });
    expect(anew.epoch).to.be.above(before.epoch);
    expect(rig.told).to.deep.equal(['up']);
  });

  it('begins a larger epoch than any it has seen, even where the clock of a new Redis is far behind', async () => {
    const circuit = freshCircuit();
    const [one, other] = [join('one'), join('other')];
    const inAnHour = (Date.now() + 3_600_000) * 1000;
    await rig.guest.ask((client) => client.hset(`test:fleet:{${circuit.name}:print}:state`, 'state', 'closed', 'epoch', inAnHour));
    await other.view(circuit);
    await server.tell('FLUSHALL');
    await one.report(circuit, bad);

    const { epoch } = await other.report(circuit, bad);

    expect(epoch).to.equal(inAnHour + 1);
  });

  it('sees the older state after a failover that lost writes, hears no lease of what was lost, and tells that it returned', async () => {
    const copy = await startRedis(['--appendonly', 'no', '--replicaof', `127.0.0.1 ${String(server.settings.port)}`]);
    const proxy = await tcpProxy(server.settings.port);
    const circuit = freshCircuit({ openForMs: 20, openForCapMs: 20 });
    const failing = await openGuest({ ...server.settings, port: proxy.port }, patient);
    await failing.becomes('up');
    const [one, other] = [join('one', failing.guest), join('other', failing.guest)];
    let returns = 0;
    one.listen({ changed: () => undefined, returned: () => (returns += 1) });
    const asOpened = await open(circuit);
    while (!(await copy.tell(`HGET test:fleet:{${circuit.name}:print}:state state`)).includes('open')) await sleep(10);
    await copy.tell('REPLICAOF NO ONE');
    let lease = freshLease(asOpened);
    while (!(await one.lease(circuit, lease, 5000)).granted) lease = freshLease(asOpened);
    const lost = await one.settle(circuit, lease, { kind: 'failure' });

    proxy.target = copy.settings.port;
    await server.kill();
    proxy.cut();
    await failing.becomes('down');
    await failing.becomes('up');
    const restored = await other.view(circuit);
    const stale = await one.lease(circuit, freshLease(lost), 5000);
    const { granted, view } = await other.lease(circuit, freshLease(restored), 5000);
    await failing.guest.close();
    await proxy.close();
    await copy.stop();

    expect(lost.epoch).to.be.above(asOpened.epoch);
    expect(restored).to.include({ state: 'open', epoch: asOpened.epoch, openings: 1 });
    expect([stale.granted, granted, view.state]).to.deep.equal([false, true, 'half_open']);
    expect(returns).to.equal(1);
  });

  it('keeps every key for a while only, so that what nobody uses is gone', async () => {
    const circuit = freshCircuit();
    const { epoch } = await open(circuit);
    const leftOfState = await rig.guest.ask((client) => client.pttl(`test:fleet:{${circuit.name}:print}:state`));
    const one = join('one');
    await one.scout(circuit, epoch, 1000);
    await one.scouted(circuit, epoch);
    await one.lease(circuit, { id: 'lease', epoch }, 5000);
    await one.report(circuit, { ...bad, succeededAgoMs: 0 });
    await one.impose(circuit, { mode: 'disabled', reason: 'a test', by: 'me', leftMs: 1000 });

    const keys = await rig.guest.ask((client) => client.keys('test:fleet:*'));
    const left = await rig.guest.ask((client) => Promise.all(keys.map((key) => client.pttl(key))));

    expect(keys).to.have.members([
      ...['state', 'replicas', 'evidence', 'successes', 'leases', 'scout', 'override'].map(
        (part) => `test:fleet:{${circuit.name}:print}:${part}`,
      ),
      `test:fleet:{${circuit.name}}:fingerprints`,
    ]);
    expect([leftOfState, ...left].every((ms) => ms > 0 && ms <= 3_700_000)).to.equal(true);
  });

  it('tells a replica whose clock is an hour off what it tells every other', async () => {
    const circuit = freshCircuit();
    const off = { ...systemClock, wallTime: () => Date.now() + 3_600_000 };
    const ahead = await openGuest(server.settings, { ...patient, clock: off });
    await ahead.becomes('up');
    const opened = await open(circuit);

    const seen = await join('ahead', ahead.guest).view(circuit);
    await ahead.guest.close();

    expect(seen).to.include({ state: 'open', epoch: opened.epoch });
    expect(seen.remainingMs).to.be.within(1, opened.remainingMs);
  });

  it('warns once an hour of another policy or account on the same prefix, and mixes nothing up', async () => {
    const circuit = freshCircuit();
    const another = { ...circuit, fingerprint: 'another' };
    const [mine, theirs] = [join('mine'), join('theirs')];

    await theirs.report(another, bad);
    const { othersIll, replicas } = await mine.report(circuit, bad);
    await pollUntil(() => warnings().length > 0);
    clock.advance(30_000);
    await mine.report(circuit, well);
    clock.advance(3_570_000);
    await mine.report(circuit, well);
    await pollUntil(() => warnings().length > 1);

    expect([othersIll, replicas]).to.deep.equal([0, 1]);
    expect(warnings()).to.have.length(2);
    expect(warnings()[0]).to.include({ circuit: circuit.name, prefix: 'test' });
    expect(warnings()[0]?.msg).to.contain('set REDIS_KEY_PREFIX if that is not meant');
  });

  it('rejects within the time of the guest while Redis hangs, then at once, and leaves without an error', async () => {
    const circuit = freshCircuit();
    const hurried = await openGuest(server.settings);
    await hurried.becomes('up');
    const store = join('one', hurried.guest);
    server.hang();
    const times: number[] = [];
    for (let time = 0; time < 5; time += 1) {
      const begun = performance.now();
      await errorOf(store.report(circuit, bad), SharedStateUnavailableError);
      times.push(performance.now() - begun);
    }
    await store.leave([circuit]);
    const { isUp } = store;
    await hurried.guest.close();
    server.resume();

    expect(Math.max(...times)).to.be.below(250);
    expect(Math.max(...times.slice(3))).to.be.below(45);
    expect(isUp).to.equal(false);
  });
}).timeout(30_000);
