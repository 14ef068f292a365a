import { expect } from 'chai';
import { missingLimitHeaders, shapeDifferences } from '../../support/caseRunnerShape.ts';

describe('shape of simulated answers', () => {
  it('lets values, further keys and the insides of inner objects differ', () => {
    const documented = { id: '1', properties: { a: '1' }, results: [{ id: '1' }, { id: '2', more: 1 }], none: null };

    expect(shapeDifferences(documented, { id: '2', properties: {}, results: [{ id: '3' }], none: 'some', more: 1 })).to.deep.equal([]);
  });

  it('misses keys at the top and in the first element of a list', () => {
    const differences = shapeDifferences({ id: '1', total: 1, results: [{ id: '1' }] }, { id: '1', results: [{}] });

    expect(differences).to.deep.equal(['body: no key "total"', 'body.results[0]: no key "id"']);
  });

  it('tells types apart, lists from objects and from nothing', () => {
    expect(shapeDifferences({ id: '1' }, { id: 1 })).to.deep.equal(['body.id: number instead of string']);
    expect(shapeDifferences([], {})).to.deep.equal(['body: object instead of array']);
    expect(shapeDifferences({}, undefined)).to.deep.equal(['body: undefined instead of object']);
  });

  it('wants an element where one is documented', () => {
    expect(shapeDifferences([{ id: 1 }], [])).to.deep.equal(['body: empty']);
    expect(shapeDifferences({ results: [] }, { results: [] })).to.deep.equal([]);
  });

  it('wants texts word for word', () => {
    expect(shapeDifferences('Campaign not found', 'Campaign not found')).to.deep.equal([]);
    expect(shapeDifferences('Campaign not found', 'campaign not found')).to.deep.equal(['body: another text']);
  });

  it('misses documented limit headers by name, in any case', () => {
    const documented = { 'content-type': 'text/plain', 'retry-after': '2', 'x-ratelimit-limit': '20', 'x-hubspot-ratelimit-max': '1' };

    expect(missingLimitHeaders(documented, { 'X-RateLimit-Limit': '10' })).to.deep.equal(['retry-after', 'x-hubspot-ratelimit-max']);
  });
});
