import { expect } from 'chai';
import { openGuest, pollUntil, type GuestRig } from '../support/guestRig.ts';
import { HandDrivenClock } from '../support/handDrivenClock.ts';
import { startRedis, type RedisServer } from '../support/redisServer.ts';
import { tcpProxy, type TcpProxy } from '../support/tcpProxy.ts';

/** Of 50 ms, on a machine that has other things to do, too. */
const IN_TIME_MS = 250;
/** Without a word to Redis: less than any piece of work may wait. */
const AT_ONCE_MS = 45;
/** A reconnect every two seconds at most, and the examination. */
const BACK_WITHIN_MS = 4000;

const NO_ANSWER = 'Redis does not answer in time';
const AWAY = 'Redis cannot be reached';
const fields = (rig: GuestRig, name: string) => rig.lines.map((line) => line[name]);

describe('Redis guest under faults', () => {
  let server: RedisServer;
  let proxy: TcpProxy;
  let rig: GuestRig;

  beforeEach(async () => {
    server = await startRedis(['--appendonly', 'no']);
    proxy = await tcpProxy(server.settings.port);
  });

  afterEach(async () => {
    await rig.guest.close();
    await proxy.close();
    server.resume();
    await server.stop();
  });

  it('goes without a Redis that is dead at boot, says so once, and uses it when it comes', async () => {
    await server.kill();

    rig = await openGuest(server.settings);
    const early = await rig.fails();
    await pollUntil(() => rig.lines.length > 0);
    const failures = [await rig.fails(), await rig.fails(), await rig.fails()];
    await server.start();
    const backAfterMs = await rig.becomes('up');

    expect(early.reason).to.equal('Redis is not connected yet');
    for (const { reason, ms } of failures) {
      expect(reason).to.equal(AWAY);
      expect(ms).to.be.below(AT_ONCE_MS);
    }
    expect(backAfterMs).to.be.below(BACK_WITHIN_MS);
    expect(rig.told).to.deep.equal(['up']);
    expect(fields(rig, 'level')).to.deep.equal(['error', 'info']);
    expect(rig.lines[0]).to.include({ reason: AWAY, redis: 'shared' });
  });

  it('fails what is under way when Redis is killed, then everything at once, and is back by itself', async () => {
    rig = await openGuest(server.settings);
    await rig.becomes('up');
    server.hang();
    const underWay = rig.fails();
    await server.kill();
    const lost = await underWay;
    await rig.becomes('down');
    const after = await rig.fails();
    await server.start();
    const backAfterMs = await rig.becomes('up');
    const answer = await rig.guest.ask((client) => client.ping());

    expect(lost.ms).to.be.below(IN_TIME_MS);
    expect(after).to.include({ reason: AWAY });
    expect(after.ms).to.be.below(AT_ONCE_MS);
    expect(backAfterMs).to.be.below(BACK_WITHIN_MS);
    expect(answer).to.equal('PONG');
    expect(rig.told).to.deep.equal(['up', AWAY, 'up']);
  });

  it('fails each piece of work within 50 ms while Redis hangs, and at once after three', async () => {
    rig = await openGuest(server.settings);
    await rig.becomes('up');
    server.hang();

    const failures = [];
    for (let time = 0; time < 5; time += 1) failures.push(await rig.fails());

    expect(failures.map(({ reason }) => reason)).to.deep.equal(Array.from({ length: 5 }, () => NO_ANSWER));
    for (const { ms } of failures.slice(0, 3)) expect(ms).to.be.within(45, IN_TIME_MS);
    for (const { ms } of failures.slice(3)) expect(ms).to.be.below(AT_ONCE_MS);
    expect(rig.told).to.deep.equal(['up', NO_ANSWER]);
  });

  it('counts what hung in the same moment as one failure', async () => {
    rig = await openGuest(server.settings);
    await rig.becomes('up');
    server.hang();

    await Promise.all([rig.fails(), rig.fails(), rig.fails(), rig.fails()]);

    expect(rig.guest.isUp).to.equal(true);
  });

  it('leaves a Redis that hung alone for its pause, looks again then, and tells that it is back', async () => {
    const clock = new HandDrivenClock();
    rig = await openGuest(server.settings, { clock });
    await rig.becomes('up');
    server.hang();
    for (let time = 0; time < 3; time += 1) await rig.fails();
    server.resume();
    // Of five seconds, between half and the whole: chance says three quarters.
    await clock.untilPending(1);

    clock.advance(3749);
    const during = await rig.fails();
    const pendingStill = clock.pending;
    clock.advance(1);
    await rig.becomes('up');

    expect(during.reason).to.equal(NO_ANSWER);
    expect(pendingStill).to.equal(1);
    expect(rig.told).to.deep.equal(['up', NO_ANSWER, 'up']);
    expect(rig.lines.filter(({ level }) => level !== 'warn').map(({ msg }) => msg)).to.deep.equal([
      'Redis cannot be used; until it can, this replica acts by what it knows itself',
      'Redis can be used again',
    ]);
  });

  it('looks again and again while Redis goes on hanging, with longer pauses, and not a word more in the log', async () => {
    const clock = new HandDrivenClock();
    rig = await openGuest(server.settings, { clock });
    await rig.becomes('up');
    server.hang();
    for (let time = 0; time < 3; time += 1) await rig.fails();

    const pauses: number[] = [];
    for (let look = 0; look < 3; look += 1) {
      await clock.untilPending(1);
      let pause = 0;
      for (; clock.pending > 0 && pause < 100_000; pause += 250) clock.advance(250);
      pauses.push(pause);
    }

    expect(pauses).to.deep.equal([3750, 7500, 15_000]);
    expect(rig.lines.filter(({ level }) => level === 'error')).to.have.length(1);
  });

  it('bounds the whole piece of work where Redis is slow, however many commands it has', async () => {
    proxy.delayMs = 0;
    rig = await openGuest({ ...server.settings, port: proxy.port });
    await rig.becomes('up');
    proxy.delayMs = 20;
    let answered = 0;

    const begun = performance.now();
    const failed = await rig.guest
      .ask(async (client) => {
        for (let command = 0; command < 20; command += 1) answered += (await client.ping()).length / 4;
      })
      .catch((error: unknown) => String(error));
    const ms = performance.now() - begun;

    expect(failed).to.contain(NO_ANSWER);
    expect(answered).to.be.below(5);
    expect(ms).to.be.within(45, IN_TIME_MS);
  });

  it('does not wait for a Redis that is slow by a second, and uses it again when it is quick', async () => {
    const clock = new HandDrivenClock();
    rig = await openGuest({ ...server.settings, port: proxy.port }, { clock });
    await rig.becomes('up');
    proxy.delayMs = 1000;
    const failures = [];
    for (let time = 0; time < 10; time += 1) failures.push(await rig.fails());
    await clock.untilPending(1);
    proxy.delayMs = 0;
    clock.advance(5000);
    await rig.becomes('up');

    const total = failures.reduce((sum, { ms }) => sum + ms, 0);
    expect(failures.every(({ reason }) => reason === NO_ANSWER)).to.equal(true);
    expect(total).to.be.below(3 * IN_TIME_MS + 7 * AT_ONCE_MS);
  });

  it('is on the new primary after a failover', async () => {
    const copy = await startRedis(['--appendonly', 'no', '--replicaof', `127.0.0.1 ${String(server.settings.port)}`]);
    rig = await openGuest({ ...server.settings, port: proxy.port });
    await rig.becomes('up');
    proxy.target = copy.settings.port;
    await server.kill();
    proxy.cut();
    await pollUntil(() => rig.lines.some(({ reason }) => String(reason).includes('replica')));
    const whileCopy = rig.guest.isUp;

    await copy.tell('REPLICAOF NO ONE');
    const backAfterMs = await rig.becomes('up');
    await copy.stop();

    expect(whileCopy).to.equal(false);
    expect(backAfterMs).to.be.below(6000);
    expect(rig.told[0]).to.equal('up');
  });

  it('hears messages again after Redis was away, over a connection of its own', async () => {
    rig = await openGuest(server.settings);
    const heard: string[] = [];
    rig.guest.subscribe('news', (message) => heard.push(message));
    await rig.becomes('up');
    const say = (message: string) => rig.guest.ask((client) => client.publish('test:news', message)).catch(() => 0);
    const sayUntilHeard = async (message: string): Promise<void> => {
      while (!heard.includes(message)) {
        await say(message);
        await pollUntil(() => true);
      }
    };

    await sayUntilHeard('first');
    await server.kill();
    await rig.becomes('down');
    await server.start();
    await rig.becomes('up');
    await sayUntilHeard('second');

    expect(new Set(heard)).to.deep.equal(new Set(['first', 'second']));
  });

  it('passes over a message that a listener does not understand, says so once, and hears the next', async () => {
    rig = await openGuest(server.settings);
    const heard: string[] = [];
    rig.guest.subscribe('news', (message) => heard.push(JSON.parse(message) as string));
    await rig.becomes('up');

    await pollUntil(() => {
      for (const message of ['{', '"understood"']) void rig.guest.ask((client) => client.publish('test:news', message)).catch(() => 0);
      return heard.length > 1;
    });

    expect(new Set(heard)).to.deep.equal(new Set(['understood']));
    expect(rig.lines.map(({ msg }) => msg)).to.deep.equal(['a message of another replica was not understood, and passed over']);
  });

  it('makes no connection for messages while nobody wants any', async () => {
    rig = await openGuest(server.settings);
    await rig.becomes('up');

    const clients = await rig.guest.ask((client) => client.client('LIST'));

    expect(String(clients).match(/name=sales-auto-api:\S+/g)).to.deep.equal(['name=sales-auto-api:shared']);
  });
}).timeout(30_000);
