import { expect } from 'chai';
import { upstreamPath } from '../../../../src/pipeline/upstreamPath.ts';
import type { Operation } from '../../../../src/contract/operation.ts';
import { cachedThing, getThing, json, type Thing } from '../../../support/httpHouse.ts';
import { httpRig, thingRequest } from '../../../support/httpRig.ts';
import { errorOf } from '../../../support/errorOf.ts';

const tagsOf: NonNullable<Operation<Thing>['cacheTags']> = ({ path }) => [path];
const taggedRead: Operation<Thing> = { ...cachedThing, cacheForMs: 60_000, cacheTags: tagsOf };
const taggedWrite: Operation<Thing> = { ...getThing, name: 'update_thing', method: 'PATCH', idempotency: 'natural', cacheTags: tagsOf };
const old = json(200, { id: '7', name: 'old' });
const changed = json(200, { id: '7', name: 'changed' });

describe('a client that writes a record', () => {
  const rig = httpRig();

  const read = () => rig.house.http.send(taggedRead, thingRequest);
  const write = (path = thingRequest.path) => rig.house.http.send(taggedWrite, { path, body: { name: 'changed' } }, { deadlineMs: 1000 });

  it('shows its callers the record as they changed it', async () => {
    rig.open({}, old, json(200, { id: '7' }), changed);
    await read();
    await write();

    expect(await read()).to.deep.equal({ id: '7', name: 'changed' });
  });

  it('goes on answering from the cache about other records', async () => {
    rig.open({}, old, json(200, { id: '8' }), changed);
    await read();
    await write(upstreamPath`/things/${'8'}`);

    expect(await read()).to.deep.equal({ id: '7', name: 'old', _cached: true });
  });

  it('goes on answering from the cache when the service has refused the write', async () => {
    rig.open({}, old, json(422, {}), changed);
    await read();
    await errorOf(write(), Error);

    expect(await read()).to.include({ name: 'old', _cached: true });
  });

  it('shows nothing from before a write that may have been made', async () => {
    rig.open({}, old, 'hang', changed);
    await read();
    const unknown = errorOf(write(), Error);
    await rig.clock.tickAsync(1000);
    await unknown;
    rig.wire.replyWith(changed);

    expect(await read()).to.deep.equal({ id: '7', name: 'changed' });
  });

  it('does not keep what it was told before the write, though it heard it after', async () => {
    rig.open({}, { ...old, afterMs: 200 }, json(200, { id: '7' }), changed);
    const before = read();
    await rig.clock.tickAsync(100);
    await write();
    const after = read();
    await rig.clock.tickAsync(100);

    expect(await before).to.include({ name: 'old' });
    expect(await after).to.deep.equal({ id: '7', name: 'changed' });
    expect(await read()).to.include({ name: 'changed', _cached: true });
  });

  it('keeps nothing from before the write by way of a caller who wanted it fresh', async () => {
    rig.open({}, { ...old, afterMs: 200 }, json(200, { id: '7' }), changed);
    const before = rig.house.http.send(taggedRead, thingRequest, { refresh: true });
    await rig.clock.tickAsync(100);
    await write();
    await rig.clock.tickAsync(100);
    await before;

    expect(await read()).to.deep.equal({ id: '7', name: 'changed' });
  });
});
