import { EmbeddedStoreRig } from '../support/embeddedStoreRig.ts';
import { durableQueueContract } from './durableQueueContract.ts';
import { idempotencyStoreContract } from './idempotencyStoreContract.ts';

durableQueueContract('the embedded engine', () => EmbeddedStoreRig.open());
idempotencyStoreContract('the embedded engine', () => EmbeddedStoreRig.open());
