import { expect } from 'chai';
import { UpstreamRejectedError } from '../../../../src/errors/upstreamErrors.ts';
import type { Operation } from '../../../../src/contract/operation.ts';
import { upstreamPath } from '../../../../src/pipeline/upstreamPath.ts';
import { kit } from '../../../../src/services/kit/kit.ts';
import { removeFromTag, subscriberOf } from '../../../../src/services/kit/kitEndpoints.ts';

const all: readonly Operation<unknown>[] = kit.operations;
const refusal = (status: number) => new UpstreamRejectedError({ service: 'kit', operation: 'remove_from_tag' }, status);

describe('operations of Kit', () => {
  it('write one person’s steps to one entity, found by address whatever its case', () => {
    const upsert = subscriberOf({ path: upstreamPath`/v4/subscribers`, body: { email_address: 'Ada@Example.com' } });
    const addition = subscriberOf({ path: upstreamPath`/v4/forms/311/subscribers`, body: { email_address: 'ada@example.com' } });

    expect(upsert).to.equal('ada@example.com');
    expect(addition).to.equal(upsert);
  });

  it('find the entity in the path where it is a number', () => {
    const paths = [
      upstreamPath`/v4/subscribers/200`,
      upstreamPath`/v4/subscribers/200/unsubscribe`,
      upstreamPath`/v4/tags/207/subscribers/200`,
    ];

    expect(paths.map((path) => subscriberOf({ path, body: { email_address: 'other@example.com' } }))).to.deep.equal(['200', '200', '200']);
  });

  it('have no entity where no person is named', () => {
    expect(subscriberOf({ path: upstreamPath`/v4/tags/207/subscribers`, body: { email_address: 7 } })).to.equal(undefined);
    expect(subscriberOf({ path: upstreamPath`/v4/tags/207/subscribers` })).to.equal(undefined);
  });

  it('may all be repeated', () => {
    expect(all.filter(({ idempotency }) => idempotency === 'never')).to.deep.equal([]);
  });

  it('wait in the queue where one person is written, and nowhere else', () => {
    const waiting = all.filter(({ queue }) => queue !== undefined).map(({ name }) => name);

    expect(waiting).to.have.members([
      'upsert_subscriber',
      'update_subscriber',
      'unsubscribe',
      'add_to_tag',
      'add_to_form',
      'add_to_sequence',
      'remove_from_tag',
    ]);
  });

  it('know a removal that was made already by its 404', () => {
    const alreadyDone = removeFromTag.operation.queue?.alreadyDone;

    expect(alreadyDone?.(refusal(404))).to.equal(true);
    expect(alreadyDone?.(refusal(422))).to.equal(false);
  });

  it('cache nothing that shows a person', () => {
    const cached = all.filter(({ cacheForMs }) => cacheForMs !== undefined).map(({ name }) => name);

    expect(cached).to.have.members(['get_account', 'list_tags', 'list_forms', 'list_sequences']);
  });
});
