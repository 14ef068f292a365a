import { expect } from 'chai';
import type { Sign } from '../../../../src/circuit/detection/detector.ts';
import { Silence } from '../../../../src/circuit/detection/silence.ts';

describe('Silence', () => {
  /** How many attempts in a row that show this, all without an answer, open the circuit. */
  const needed = (signs: readonly Sign[], alone = true, isShared = false): number => {
    const silence = new Silence();
    let attempts = 0;
    while (silence.share < 1 && attempts < 20) {
      attempts += 1;
      for (const sign of signs) silence.heardNothing(sign, { since: attempts, isShared }, alone);
    }
    return attempts;
  };

  const since = (began: number) => ({ since: began, isShared: false });

  it('needs four overdue requests that several calls share', () => {
    expect(needed(['slow'], true, true)).to.equal(4);
  });

  for (const [what, signs, attempts] of [
    ['six attempts that are overdue', ['slow'], 6],
    ['three attempts that became overdue and timed out', ['slow', 'hung'], 3],
    ['three attempts that timed out at once', ['failure'], 3],
    ['eight attempts whose callers left', ['gone'], 8],
  ] as const) {
    it(`opens a circuit after ${what}`, () => {
      expect(needed(signs)).to.equal(attempts);
    });
  }

  it('leaves overdue attempts to the share or the number that a person has set, and counts eight ends', () => {
    const counts = [needed(['slow'], false), needed(['slow', 'hung'], false), needed(['gone'], false)];

    expect(counts).to.deep.equal([20, 8, 8]);
  });

  it('begins anew with any answer, and takes no attempt for silence that began before it', () => {
    const silence = new Silence();
    for (let attempt = 0; attempt < 7; attempt += 1) silence.heardNothing('gone', since(0), true);
    const before = silence.share;

    silence.answered(100);
    for (let attempt = 0; attempt < 7; attempt += 1) silence.heardNothing('gone', since(99), true);
    const after = silence.share;
    silence.heardNothing('gone', since(100), true);

    expect(before).to.equal(7 / 8);
    expect([after, silence.share]).to.deep.equal([0, 1 / 8]);
  });
});
