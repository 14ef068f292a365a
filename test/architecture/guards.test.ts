import { expect } from 'chai';
import { createServer } from 'node:http';
import { once } from 'node:events';
import sinon from 'sinon';
import { findDuplicateTitles, type TitledSuite } from '../support/duplicateTitles.ts';
import { activeResources, addedSince, refuseFakedClock, refuseLeftovers } from '../support/leakGuard.ts';

const suite = (titles: readonly string[], suites: readonly TitledSuite[] = []): TitledSuite => ({
  tests: titles.map((title) => ({ fullTitle: () => title })),
  suites,
});

describe('guard against duplicate titles', () => {
  it('names a title that stands twice, anywhere in the tree', () => {
    const root = suite(['a one'], [suite(['b one'], [suite(['a one', 'c'])]), suite(['b two', 'b one', 'b one'])]);

    expect(findDuplicateTitles(root)).to.deep.equal(['a one', 'b one']);
  });

  it('says nothing about unique titles', () => {
    expect(findDuplicateTitles(suite(['a'], [suite(['b']), suite(['c'])]))).to.deep.equal([]);
  });
});

describe('guard against leftovers', () => {
  it('notices a faked clock, until it is restored', () => {
    const clock = sinon.useFakeTimers();

    try {
      expect(refuseFakedClock).to.throw('faked timers');
    } finally {
      clock.restore();
    }

    expect(refuseFakedClock).not.to.throw();
  });

  it('counts what was added, by kind', () => {
    const before = new Map([
      ['Timeout', 1],
      ['TTYWrap', 2],
    ]);

    expect(
      addedSince(
        before,
        new Map([
          ['Timeout', 3],
          ['TTYWrap', 1],
          ['TCPServerWrap', 1],
        ]),
      ),
    ).to.deep.equal(['Timeout (2 more)', 'TCPServerWrap (1 more)']);
  });

  it('names a server that nobody has stopped, and is content once it is', async () => {
    const before = await activeResources();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');

    const complaint = await refuseLeftovers(before, 40).catch((error: unknown) => error);
    server.close();
    await refuseLeftovers(before);

    expect(complaint).to.be.instanceOf(Error);
    expect(String(complaint)).to.match(/TCPServerWrap \(1 more\).*server on .*127\.0\.0\.1/);
  });
});
