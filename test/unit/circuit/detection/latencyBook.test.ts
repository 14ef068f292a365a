import { expect } from 'chai';
import { LatencyBook } from '../../../../src/circuit/detection/latencyBook.ts';

const ATTEMPT_TIMEOUT_MS = 12_000;

/** A book that knows one operation, always answered in so many ms: its 99th percentile comes to lie close to that. */
const bookOf = (durationMs: number, calls = 2000, attemptTimeoutMs = ATTEMPT_TIMEOUT_MS): LatencyBook => {
  const book = new LatencyBook(attemptTimeoutMs);
  for (let call = 0; call < calls; call += 1) book.learn('get_contact', durationMs);
  return book;
};

describe('LatencyBook', () => {
  it('takes half the attempt timeout for slow, and 5 s for a failed probe, until it knows better', () => {
    const book = new LatencyBook(ATTEMPT_TIMEOUT_MS);

    expect([book.slowMs('get_contact'), book.probeMs('get_contact')]).to.deep.equal([6000, 5000]);
  });

  it('takes three times the usual worst for slow, and twice that worst for a failed probe', () => {
    const book = bookOf(1000);

    expect(book.slowMs('get_contact')).to.be.closeTo(3000, 60);
    expect(book.probeMs('get_contact')).to.be.closeTo(2000, 40);
  });

  it('takes what is slow from the first calls on, the more cautiously the fewer there were', () => {
    const slow = [1, 5, 10, 30].map((calls) => bookOf(20, calls).slowMs('get_contact'));

    expect(slow).to.deep.equal([...slow].sort((one, other) => other - one));
    expect(slow[0]).to.be.within(3000, 6000);
    expect(slow[1]).to.be.within(600, 1500);
    expect(slow[3]).to.equal(500);
  });

  it('knows each operation by itself', () => {
    const book = bookOf(1000);

    expect(book.slowMs('search_contacts')).to.equal(6000);
  });

  it('gives a probe half a second at least', () => {
    expect(bookOf(10).probeMs('get_contact')).to.equal(500);
  });

  it('gives a probe 5 s at most, and never more than the attempt timeout', () => {
    expect(bookOf(4000).probeMs('get_contact')).to.equal(5000);
    expect(bookOf(900, 2000, 1000).probeMs('get_contact')).to.equal(1000);
    expect(new LatencyBook(1000).probeMs('get_contact')).to.equal(1000);
  });
});
