/**
 * Everything behind the word "queued", put together: the store on disk or in Redis, what is sealed, the enqueuer
 * that takes writes in, and the consumers that make them later.
 */
import { randomUUID } from 'node:crypto';
import type { Config } from './config/config.ts';
import { queueKeysIn, type QueueKey } from './config/queueSettings.ts';
import type { WriteQueue } from './contract/writeQueue.ts';
import type { QuotaState } from './pipeline/quotaBoard.ts';
import type { LifecyclePart } from './lifecycle.ts';
import type { Logger } from './logging/logger.ts';
import { developmentKey } from './queue/dataDirectory.ts';
import type { DurableQueue, QueueEvents, QueueStore } from './queue/durableQueue.ts';
import type { Faults } from './queue/embedded/embeddedMessages.ts';
import { openEmbeddedStore } from './queue/embedded/embeddedStore.ts';
import { GoneRecords } from './queue/goneRecords.ts';
import { QueueMaintenance } from './queue/queueMaintenance.ts';
import { type QueuedService, Consumers } from './queue/consumer.ts';
import { createSealer, type Sealer, type SealingKey } from './queue/sealer.ts';
import { Enqueuer } from './queue/enqueuer.ts';
import { openRedisStore } from './queue/bullmq/redisStore.ts';
import type { Clock } from './time/clock.ts';
import type { IdempotencyStore } from './web/idempotency.ts';

export interface DurableWritesParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly events: QueueEvents;
  readonly quotas: () => readonly QuotaState[];
  /** Where tests of crashes stop the process; only the embedded store has such places. */
  readonly faults?: Faults | undefined;
}

/** Each store loads its library only when it is opened. */
const openStore = async ({ redis, redisKeyPrefix: keyPrefix, dataDirectory }: Config, parts: DurableWritesParts): Promise<QueueStore> => {
  const { clock, random, logger, faults } = parts;
  if (redis !== undefined) return openRedisStore(redis, { clock, random, logger, keyPrefix });
  return openEmbeddedStore({ directory: dataDirectory, clock, logger, ...(faults === undefined ? {} : { faults }) });
};

const sealingKeys = (keys: readonly QueueKey[]): readonly SealingKey[] =>
  keys.map(({ id, key }) => ({ id, key: Buffer.from(key.reveal(), 'base64') }));

const sealerOf = ({ queue: { keys, file, clearText }, dataDirectory }: Config, logger: Logger): Sealer => {
  const named = sealingKeys(keys);
  const sealer = createSealer({ keys: named.length === 0 && !clearText ? [developmentKey(dataDirectory, logger)] : named, clearText });
  file?.onChange(() => {
    sealer.useKeys(sealingKeys(queueKeysIn(file.text)));
  });
  return sealer;
};

export interface DurableWrites {
  readonly queue: DurableQueue;
  readonly keys: IdempotencyStore;
  readonly sealer: Sealer;
  readonly enqueuer: WriteQueue;
  readonly maintenance: QueueMaintenance;
  readonly gone: GoneRecords;
  /** They must hear of circuits, and be started. */
  consumersOf(services: readonly QueuedService[]): Consumers;
  /** In the order of their start: nothing is taken once the consumers have stopped, nothing kept once the store has. */
  lifecycleParts(consumers: Consumers | undefined): readonly LifecyclePart[];
}

/** @throws {Error} that says what to change, if DATA_DIR or its keys cannot be used; a Redis that is down is no reason. */
export const openDurableWrites = async (config: Config, parts: DurableWritesParts): Promise<DurableWrites> => {
  const { clock, logger, events } = parts;
  // The store first: it bounds the time that a disk may take, and says which it is.
  const store = await openStore(config, parts);
  const { queue } = store;
  const sealer = sealerOf(config, logger);
  const maintenance = new QueueMaintenance({ queue, keys: store.keys, clock, logger, newToken: randomUUID });
  const gone = new GoneRecords({ store: store.keys, sealer, clock });
  const { jobExpiresMs: expiresMs } = config.queue;
  const enqueuer = new Enqueuer({ queue, sealer, clock, logger, events, expiresMs, onRefused: maintenance.refused });
  return {
    queue,
    keys: maintenance.watched(store.keys),
    sealer,
    enqueuer,
    maintenance,
    gone,
    consumersOf: (services) => new Consumers({ ...parts, queue, sealer, services }),
    lifecycleParts: (consumers) => [
      { name: 'queue store', stop: () => store.close() },
      {
        name: 'records that are gone',
        stop: () => {
          gone.close();
        },
      },
      {
        name: 'queue maintenance',
        start: () => {
          maintenance.start();
        },
        stop: () => {
          maintenance.stop();
        },
      },
      ...(consumers === undefined
        ? []
        : [
            {
              name: 'queue consumers',
              start: () => {
                consumers.start();
              },
              stop: () => consumers.stop(),
            },
          ]),
    ],
  };
};
