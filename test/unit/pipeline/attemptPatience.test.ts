import { expect } from 'chai';
import { AttemptPatience } from '../../../src/pipeline/attemptPatience.ts';

const knowing = (usualMs: number): AttemptPatience => {
  const patience = new AttemptPatience();
  for (let made = 0; made < 500; made += 1) patience.learn('get_contact', usualMs);
  return patience;
};

describe('AttemptPatience', () => {
  it('knows nothing before thirty attempts, and cuts nothing short', () => {
    const patience = new AttemptPatience();
    for (let made = 0; made < 29; made += 1) patience.learn('get_contact', 10);

    expect([patience.usualMs('get_contact'), patience.suspectTimeoutMs('get_contact', 4000)]).to.deep.equal([undefined, 4000]);
    expect(patience.isTooLate('get_contact', 1)).to.equal(false);
  });

  it('knows each operation by itself', () => {
    const patience = knowing(100);

    expect(patience.usualMs('get_contact')).to.be.closeTo(100, 1);
    expect(patience.usualMs('search_contacts')).to.equal(undefined);
  });

  it('gives an attempt of a suspect service one and a half times the usual worst', () => {
    const patience = knowing(1000);

    const timeoutMs = patience.suspectTimeoutMs('get_contact', 60_000);

    expect(timeoutMs).to.be.within(1500, 1.5 * 1000 * Math.exp(2.33 * 0.5));
  });

  it('gives it half a second at least, and never more than it has anyway', () => {
    expect(knowing(5).suspectTimeoutMs('get_contact', 4000)).to.equal(500);
    expect(knowing(5).suspectTimeoutMs('get_contact', 250)).to.equal(250);
    expect(knowing(3000).suspectTimeoutMs('get_contact', 4000)).to.equal(4000);
  });

  it('holds an attempt for too late when half of them would be, but for one in five', () => {
    const patience = knowing(1000);

    const told = Array.from({ length: 10 }, () => patience.isTooLate('get_contact', 990));

    expect(told.filter((isTooLate) => !isTooLate)).to.have.length(2);
    expect(patience.isTooLate('get_contact', 1010)).to.equal(false);
  });

  it('notices by those that are tried that a service has become faster', () => {
    const patience = knowing(3000);
    let refused = 0;

    for (let made = 0; made < 3000; made += 1) {
      if (patience.isTooLate('get_contact', 2000)) refused += 1;
      else patience.learn('get_contact', 100);
    }

    expect(refused).to.be.below(500);
    expect(patience.isTooLate('get_contact', 2000)).to.equal(false);
  });
});
