/**
 * For a describe(): before each of its tests a fresh client over a scripted wire in faked time, and nothing of it after.
 */
import type sinon from 'sinon';
import type { Flagged } from '../../src/pipeline/httpClient.ts';
import { upstreamPath } from '../../src/pipeline/upstreamPath.ts';
import type { CallOptions } from '../../src/contract/call.ts';
import {
  cachedThing,
  createThing,
  fakeTime,
  getThing,
  httpHouse,
  json,
  scriptedWire,
  type HouseParts,
  type HttpHouse,
  type Reply,
  type ScriptedWire,
  type Thing,
} from './httpHouse.ts';

export const thingRequest = { path: upstreamPath`/things/${'7'}` };

/** The answer every request gets unless the test says otherwise. */
export const found = json(200, { id: '7' });

type Ask = (options?: CallOptions) => Promise<Flagged<Thing>>;

export interface HttpRig {
  readonly clock: sinon.SinonFakeTimers;
  readonly wire: ScriptedWire;
  readonly house: HttpHouse;
  /** Replaces the client by one with these parts, over a wire with these replies. */
  open(parts: HouseParts, ...replies: readonly Reply[]): void;
  /** A read, a cached read, and a write that must not be repeated. */
  readonly get: Ask;
  readonly read: Ask;
  readonly create: Ask;
}

export const httpRig = (): HttpRig => {
  let clock: sinon.SinonFakeTimers;
  let wire: ScriptedWire;
  let house: HttpHouse;
  const build = (parts: HouseParts, replies: readonly Reply[]): void => {
    wire = scriptedWire(...replies);
    house = httpHouse(wire.transport, parts);
  };

  beforeEach(() => {
    clock = fakeTime();
    build({}, [found]);
  });

  afterEach(() => {
    house.close();
    clock.restore();
  });

  return {
    get clock() {
      return clock;
    },
    get wire() {
      return wire;
    },
    get house() {
      return house;
    },
    open: (parts, ...replies) => {
      house.close();
      build(parts, replies);
    },
    get: (options) => house.http.send(getThing, thingRequest, options),
    read: (options) => house.http.send(cachedThing, thingRequest, options),
    create: (options) => house.http.send(createThing, { path: upstreamPath`/things`, body: { name: 'seven' } }, options),
  };
};
