/**
 * What can befall the Redis of a fleet, and what it is for one that runs on this machine.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { startRedis, type RedisServer } from '../../test/support/redisServer.ts';
import type { TcpProxy } from '../../test/support/tcpProxy.ts';
import type { Leftovers } from './leftovers.ts';

/** The Redis of a run: where the replicas find it, and what was put between. */
export interface FleetRedis {
  readonly server: RedisServer;
  readonly proxy: TcpProxy;
  readonly leftovers: Leftovers;
}

export interface RedisFault {
  readonly title: string;
  /** Replicas are told the server's own port: what has gone is to refuse connections, not to break them off. */
  readonly isDirect?: true;
  /** Whether replicas have to notice: `shared_state_up` 0. */
  readonly isNoticed: boolean;
  /** Before the replicas start. */
  readonly prepare?: (redis: FleetRedis) => Promise<void>;
  /** Begins it, and resolves when Redis is as it was. */
  readonly strike: (redis: FleetRedis, holdMs: number) => Promise<void>;
}

const portOf = ({ settings }: RedisServer): number => settings.port;

const told = async (server: RedisServer, command: string): Promise<void> => {
  const answer = await server.tell(command);
  if (!answer.startsWith('+')) throw new Error(`redis-server answers ${command} with ${answer}`);
};

const untilSynchronised = async (replica: RedisServer): Promise<void> => {
  for (let look = 0; look < 100; look += 1) {
    if ((await replica.tell('INFO replication')).includes('master_link_status:up')) return;
    await sleep(50);
  }
  throw new Error('the replica of redis-server does not follow it');
};

/** As an asynchronous failover is: what the old one accepted last never came over, and the old one does not come back. */
const failOver = async ({ server, proxy, leftovers }: FleetRedis, holdMs: number): Promise<void> => {
  const replica = leftovers.add(await startRedis(), (started) => started.stop());
  // Otherwise it waits 5 s for further replicas before it begins.
  await told(server, 'CONFIG SET repl-diskless-sync-delay 0');
  await told(replica, `REPLICAOF 127.0.0.1 ${String(portOf(server))}`);
  await untilSynchronised(replica);
  await told(replica, 'REPLICAOF NO ONE');
  // Everything written from here on is lost.
  await sleep(holdMs / 2);
  await server.kill();
  await sleep(holdMs / 2);
  proxy.target = portOf(replica);
  proxy.cut();
};

export const redisFaults = {
  none: { title: 'none', isNoticed: false, strike: async (_redis, holdMs) => sleep(holdMs) },
  dead_at_boot: {
    title: 'dead at boot',
    isDirect: true,
    isNoticed: true,
    prepare: async ({ server }) => server.kill(),
    strike: async ({ server }, holdMs) => {
      await sleep(holdMs);
      await server.start();
    },
  },
  killed: {
    title: 'SIGKILL',
    isDirect: true,
    isNoticed: true,
    strike: async ({ server }, holdMs) => {
      await server.kill();
      await sleep(holdMs);
      await server.start();
    },
  },
  hung: {
    title: 'SIGSTOP, 3 s',
    isNoticed: true,
    strike: async ({ server }) => {
      server.hang();
      await sleep(3000);
      server.resume();
    },
  },
  slow: {
    title: 'slow by 1 s',
    isNoticed: true,
    strike: async ({ proxy }, holdMs) => {
      proxy.delayMs = 1000;
      await sleep(holdMs);
      proxy.delayMs = 0;
    },
  },
  flushed: {
    title: 'FLUSHALL',
    isNoticed: false,
    strike: async ({ server }, holdMs) => {
      await told(server, 'FLUSHALL');
      await sleep(holdMs);
    },
  },
  failover: { title: 'failover, last writes lost', isNoticed: true, strike: failOver },
} as const satisfies Readonly<Record<string, RedisFault>>;

export type RedisFaultName = keyof typeof redisFaults;
/** Those that are faults. */
export const redisFaultNames = (Object.keys(redisFaults) as readonly RedisFaultName[]).filter((name) => name !== 'none');
export const redisFaultOf = (name: RedisFaultName): RedisFault => redisFaults[name];
