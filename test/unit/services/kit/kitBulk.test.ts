import { expect } from 'chai';
import { joinParts } from '../../../../src/services/kit/kitBulk.ts';
import type { BulkAnswer } from '../../../../src/services/kit/kitAnswers.ts';

const whole = (asked: readonly unknown[], answer: BulkAnswer) => ({ answered: [{ places: [...asked.keys()], answer }], failed: [] });
const byAddress = (asked: readonly (string | null)[], answer: BulkAnswer) =>
  joinParts(asked, whole(asked, answer), 'email_address', 'email_address');
const byNumber = (asked: readonly number[], answer: BulkAnswer) => joinParts(asked, whole(asked, answer), 'subscriber_id', 'id');

describe('bulk rows of Kit', () => {
  it('are answered in the order asked, whatever the order of the answer and the case of an address', () => {
    const subscribers = [
      { id: 2, email_address: 'two@example.com' },
      { id: 1, email_address: 'one@Example.com' },
    ];

    const result = byAddress(['One@example.com', 'two@example.com'], { subscribers, failures: [] });

    expect(result).to.deep.equal({
      rows: [
        { index: 0, outcome: 'made', subscriber: subscribers[1] },
        { index: 1, outcome: 'made', subscriber: subscribers[0] },
      ],
      made: 2,
      refused: 0,
    });
  });

  it('keep the good ones beside the refused ones, with the reason of each', () => {
    const answer = {
      subscribers: [{ id: 1, email_address: 'one@example.com' }],
      failures: [{ subscriber: { email_address: 'bad' }, errors: ['Email address is invalid'] }],
    };

    const result = byAddress(['bad', 'one@example.com'], answer);

    expect(result.rows[0]).to.deep.equal({ index: 0, outcome: 'refused', reason: 'invalid_email' });
    expect(result).to.include({ made: 1, refused: 1 });
  });

  it('that are missing from the answer have the reason that all nameless refusals share', () => {
    const failures = [{ tagging: { tag_id: 207, subscriber_id: null }, errors: ['Subscriber does not exist'] }];

    const result = byNumber([200, 9], { subscribers: [{ id: 200 }], failures });

    expect(result.rows[1]).to.deep.equal({ index: 1, outcome: 'refused', reason: 'subscriber_not_found' });
  });

  it('that could have been refused for several reasons are only called rejected', () => {
    const failures = [
      { tagging: { subscriber_id: null }, errors: ['Subscriber does not exist'] },
      { tagging: { subscriber_id: null }, errors: ['Something else'] },
    ];

    const result = byNumber([8, 9], { subscribers: [], failures });

    expect(result.rows).to.deep.equal([
      { index: 0, outcome: 'refused', reason: 'rejected' },
      { index: 1, outcome: 'refused', reason: 'rejected' },
    ]);
  });

  it('that nobody mentions are refused, not taken for made', () => {
    const result = byNumber([9], { subscribers: [], failures: [] });

    expect(result.rows).to.deep.equal([{ index: 0, outcome: 'refused', reason: 'rejected' }]);
  });

  it('are pending where Kit puts all of them off', () => {
    const result = byNumber([8, 9], {});

    expect(result.rows.map(({ outcome }) => outcome)).to.deep.equal(['pending', 'pending']);
    expect(result).to.include({ made: 0, refused: 0 });
  });

  it('that ask for one subscriber twice are both made', () => {
    const result = byAddress(['one@example.com', 'ONE@example.com'], { subscribers: [{ id: 1, email_address: 'one@example.com' }] });

    expect(result).to.include({ made: 2, refused: 0 });
  });
});
