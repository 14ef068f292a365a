import { expect } from 'chai';
import { SeededRandom } from '../../../../sandbox/server/seededRandom.ts';

const numbers = (random: SeededRandom, count = 1000): readonly number[] => Array.from({ length: count }, random.next);

describe('sandbox seeded random', () => {
  it('repeats itself for the same seed and name', () => {
    expect(numbers(new SeededRandom(7, 'a'))).to.deep.equal(numbers(new SeededRandom(7, 'a')));
  });

  it('differs by seed and by name', () => {
    const first = numbers(new SeededRandom(7, 'a'));

    expect(numbers(new SeededRandom(8, 'a'))).not.to.deep.equal(first);
    expect(numbers(new SeededRandom(7, 'b'))).not.to.deep.equal(first);
  });

  it('spreads evenly over [0, 1)', () => {
    const drawn = numbers(new SeededRandom(1, 'even'), 10_000);

    const tenths = Array.from({ length: 10 }, (_, tenth) => drawn.filter((each) => Math.floor(each * 10) === tenth).length);

    expect(drawn.every((each) => each >= 0 && each < 1)).to.equal(true);
    expect(Math.min(...tenths)).to.be.above(850);
    expect(Math.max(...tenths)).to.be.below(1150);
  });
});
