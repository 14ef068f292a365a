import { EmbeddedStoreRig } from '../support/embeddedStoreRig.ts';
import { durableQueueContract } from './durableQueueContract.ts';
import { idempotencyStoreContract } from './idempotencyStoreContract.ts';
import { keptResultsContract } from './keptResultsContract.ts';

durableQueueContract('the embedded engine', () => EmbeddedStoreRig.open());
idempotencyStoreContract('the embedded engine', (limits) => EmbeddedStoreRig.open(limits === undefined ? {} : { limits }));
keptResultsContract('the embedded engine', (limits) => EmbeddedStoreRig.open({ limits }));
