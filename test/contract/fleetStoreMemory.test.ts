import { memoryFleetRig } from '../support/memoryFleetRig.ts';
import { fleetStoreContract } from './fleetStoreContract.ts';

fleetStoreContract('in memory', () => Promise.resolve(memoryFleetRig(() => 0.5)));
