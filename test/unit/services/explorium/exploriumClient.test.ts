import { expect } from 'chai';
import { explorium as descriptor } from '../../../../src/services/explorium/explorium.ts';
import type { ExploriumClient } from '../../../../src/services/explorium/exploriumClient.ts';
import type { Reply } from '../../../support/httpHouse.ts';
import { ok, scriptedExplorium, type ScriptedExplorium } from './scriptedExplorium.ts';

describe('ExploriumClient', () => {
  let explorium: ScriptedExplorium;

  const clientOver = (...replies: readonly Reply[]): ExploriumClient => {
    explorium = scriptedExplorium(...replies);
    return explorium.client;
  };

  afterEach(() => {
    explorium.close();
  });

  it('reports its health by the credits, and its figures', async () => {
    const client = clientOver(ok({ allocated_credits: 1_000, remaining_credits: 964 }));

    const report = await client.healthCheck();

    expect(report).to.include({ healthy: true, state: 'closed' });
    expect(explorium.lines()).to.deep.equal(['GET /v1/credits']);
    expect(client.getMetrics()).to.include({ requests: 1, successes: 1 });
  });
});

describe('declarations of Explorium', () => {
  it('say that no paid call is repeated after an unknown outcome', () => {
    const repeatable = descriptor.operations.filter(({ idempotency }) => idempotency !== 'never');

    expect(repeatable.map(({ name }) => name)).to.deep.equal(['get_credits']);
  });

  it('read the quota of a minute', () => {
    const headers = { 'x-ratelimit-limit': '200', 'x-ratelimit-remaining': '150', 'x-ratelimit-reset': '1234567890' };

    const readings = descriptor.readQuota(headers, { operation: 'get_credits', wallTime: 1_234_567_880_000 });

    expect(readings).to.deep.equal([{ window: 'minute', limit: 200, remaining: 150, resetAt: 1_234_567_890_000 }]);
  });
});
