import { expect } from 'chai';
import { StorelessCaution, storelessShare } from '../../../src/quota/storelessShare.ts';

const MINUTE_MS = 60_000;
const without = { limit: 120, forMs: 0, held: 30, replicas: 4, othersMs: 20_000 };

describe('storelessShare', () => {
  it('is a tenth for the first second, and all of the limit then, where the store was never reached', () => {
    const never = { ...without, replicas: undefined };

    const shares = [0, 999, 1000].map((forMs) => storelessShare({ ...never, forMs }));

    expect(shares).to.deep.equal([12, 12, 120]);
  });

  it('is at least one permit then, however small the limit', () => {
    const share = storelessShare({ ...without, limit: 5, replicas: undefined });

    expect(share).to.equal(1);
  });

  it('is lowered to its part of the limit at once', () => {
    const share = storelessShare({ ...without, held: 90 });

    expect(share).to.equal(30);
  });

  it('is raised to its part of the limit only when what others were granted is over', () => {
    const shares = [0, 19_999, 20_000].map((forMs) => storelessShare({ ...without, held: 10, forMs }));

    expect(shares).to.deep.equal([10, 10, 30]);
  });

  it('is a little for one that held nothing', () => {
    const shares = [storelessShare({ ...without, held: 0 }), storelessShare({ ...without, limit: 20, held: 0 })];

    expect(shares).to.deep.equal([30 / 16, 5 / 16]);
  });

  it('is a part of one permit where there are more replicas than permits', () => {
    const share = storelessShare({ ...without, limit: 20, replicas: 100, held: 1 });

    expect(share).to.equal(0.2);
  });
});

describe('storelessCaution', () => {
  it('halves what may be used with each refusal, down to a sixteenth', () => {
    const caution = new StorelessCaution();

    const parts = [0, 2000, 4000, 6000, 8000].map((at) => {
      caution.refused(at);
      return caution.part(at);
    });

    expect(parts.map((part) => Math.round(1 / part))).to.deep.equal([2, 4, 8, 16, 16]);
  });

  it('takes refusals within a second for one', () => {
    const caution = new StorelessCaution();

    caution.refused(0);
    caution.refused(999);

    expect(caution.part(999)).to.be.closeTo(0.5, 0.01);
  });

  it('forgets one in five minutes', () => {
    const caution = new StorelessCaution();
    caution.refused(0);
    caution.refused(1000);

    const parts = [5, 10].map((minutes) => caution.part(1000 + minutes * MINUTE_MS));

    expect(parts[0]).to.be.closeTo(0.5, 0.01);
    expect(parts[1]).to.equal(1);
  });
});
