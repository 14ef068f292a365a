import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { RedisSharedAnswers } from '../../src/fleet/redis/redisSharedAnswers.ts';
import { HandDrivenClock } from '../support/handDrivenClock.ts';
import { MemoryFleet, MemorySharedAnswers } from '../support/memorySharedAnswers.ts';
import { PatientGuest } from '../support/patientGuest.ts';
import { startRedis, type RedisServer } from '../support/redisServer.ts';
import { sharedAnswersContract } from './sharedAnswersContract.ts';

sharedAnswersContract('memory', async () => {
  const clock = new HandDrivenClock();
  const fleet = new MemoryFleet(clock);
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
  };
  const flush = async (): Promise<void> => {
    fleet.flush();
  };
  return { replicas: [new MemorySharedAnswers(fleet), new MemorySharedAnswers(fleet)], pass, flush, delivered: () => pass(0) };
});

describe('shared answers in Redis', () => {
  let server: RedisServer;
  let guests: readonly PatientGuest[] = [];
  let fleets = 0;

  before(async () => {
    server = await startRedis();
  });

  afterEach(() => Promise.all(guests.map((guest) => guest.close())));

  after(() => server.stop());

  sharedAnswersContract('Redis', async () => {
    fleets += 1;
    const prefix = `fleet-${String(fleets)}`;
    const [one, other] = [new PatientGuest(server, prefix), new PatientGuest(server, prefix)];
    guests = [one, other];
    const flush = async (): Promise<void> => {
      await server.tell('FLUSHALL');
    };
    const replicas = [new RedisSharedAnswers(one, 'room'), new RedisSharedAnswers(other, 'room')] as const;
    return { replicas, pass: (ms) => sleep(ms), flush, delivered: () => sleep(20) };
  });

  it('keep a generation for longer than every answer that was asked for in it', async () => {
    const guest = new PatientGuest(server, 'lives');
    guests = [guest];
    const store = new RedisSharedAnswers(guest, 'room');
    const place = { service: 'hubspot', name: 'key', labels: ['label'] };
    const wish = { token: 'token', want: 'any', freshForMs: 10, livesForMs: 10, turnForMs: 10 } as const;
    const { stamp } = await store.look(place, wish);

    await store.put(place, { token: 'token', stamp, text: 'sealed', livesForMs: 86_400_000, askedAgoMs: 0 });

    const [ofAnswer, ofGeneration] = await guest.ask((client) =>
      Promise.all(['answer:key', 'generation:label'].map((name) => client.pttl(`lives:{cache-room:hubspot}:${name}`))),
    );
    expect(ofAnswer).to.be.within(86_000_000, 86_400_000);
    expect(ofGeneration).to.be.greaterThan(ofAnswer ?? 0);
  });
});
