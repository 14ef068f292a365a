import { expect } from 'chai';
import type { Operation } from '../../../src/contract/operation.ts';
import {
  cachedThing,
  createThing,
  getThing,
  httpHouse,
  json,
  scriptedWire,
  type HouseParts,
  type HttpHouse,
} from '../../support/httpHouse.ts';

const queue: HouseParts['queue'] = { accept: () => Promise.reject(new Error('nothing is queued here')) };

const quota = { permit: () => ({ end: () => undefined }) } as unknown as HouseParts['quota'];

const batch: Operation<unknown>['batch'] = {
  maxRows: 10,
  group: () => undefined,
  together: () => ({ operation: getThing as never, request: {} as never }),
};

describe('the pipeline', () => {
  let house: HttpHouse;

  const describeOf = (operation?: Operation<unknown>, parts: HouseParts = {}): readonly string[] => {
    house = httpHouse(scriptedWire(json(200, { id: '7' })).transport, parts);
    return house.http.describe(operation);
  };

  afterEach(() => {
    house.close();
  });

  it('puts its stages around a call in one order, outermost first', () => {
    expect(describeOf()).to.deep.equal([
      'queue',
      'fallback',
      'purge',
      'deadline',
      'cache',
      'gone records',
      'batch',
      'retry',
      'quota',
      'bulkhead',
      'circuit',
      'attempt timeout',
    ]);
  });

  it('leaves out what does not apply to a plain read', () => {
    expect(describeOf(getThing)).to.deep.equal(['deadline', 'gone records', 'retry', 'bulkhead', 'circuit', 'attempt timeout']);
  });

  it('gives a cached read that may share its request a fallback, the cache, the batch and the quota', () => {
    expect(describeOf({ ...cachedThing, batch }, { quota })).to.deep.equal([
      'fallback',
      'deadline',
      'cache',
      'gone records',
      'batch',
      'retry',
      'quota',
      'bulkhead',
      'circuit',
      'attempt timeout',
    ]);
  });

  it('gives a write that may wait the queue, and purges what it changes', () => {
    expect(describeOf({ ...createThing, queue: {}, cacheTags: () => ['things'] }, { queue })).to.deep.equal([
      'queue',
      'purge',
      'deadline',
      'gone records',
      'retry',
      'bulkhead',
      'circuit',
      'attempt timeout',
    ]);
  });
});
