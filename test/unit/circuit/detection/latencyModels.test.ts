import { expect } from 'chai';
import { LatencyBook } from '../../../../src/circuit/detection/latencyBook.ts';

describe('LatencyBook of an operation that makes many calls one', () => {
  let book: LatencyBook;

  beforeEach(() => {
    book = new LatencyBook(4000);
    book.relate('batch_read', 'get_contact');
  });

  const learn = (operation: string, times: number, durationMs: number): void => {
    for (let call = 0; call < times; call += 1) book.learn(operation, durationMs);
  };

  it('judges it by its single form until its own latency is learned', () => {
    learn('get_contact', 40, 100);
    const inherited = book.slowMs('batch_read');
    learn('batch_read', 60, 600);

    expect(inherited).to.equal(book.slowMs('get_contact')).and.to.be.below(2000);
    expect(book.slowMs('batch_read')).to.be.above(1800);
  });

  it('learns of both together, where neither is seen often enough', () => {
    learn('get_contact', 15, 100);
    learn('batch_read', 15, 100);

    expect(book.slowMs('batch_read')).to.be.below(2000);
  });

  it('takes the first slow answer of many rows for what they need', () => {
    learn('get_contact', 40, 50);
    const before = book.slowMs('batch_read');

    book.learnSlow('batch_read', 700);

    expect([before, book.slowMs('batch_read')]).to.deep.equal([500, 2000]);
  });

  it('lets a single form learn nothing from slow answers', () => {
    learn('get_contact', 40, 50);

    for (let call = 0; call < 40; call += 1) book.learnSlow('get_contact', 3000);

    expect(book.slowMs('get_contact')).to.equal(500);
  });
});
