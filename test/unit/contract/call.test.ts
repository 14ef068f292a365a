import { expect } from 'chai';
import { compose, type Call, type CallContext, type Stage } from '../../../src/contract/call.ts';
import { answerOf, contextOf } from '../../support/callContexts.ts';

describe('compose', () => {
  it('puts the first stage outermost', async () => {
    const passed: string[] = [];
    const stage =
      (name: string): Stage =>
      <T>(next: Call<T>): Call<T> =>
      async (context: CallContext) => {
        passed.push(`into ${name}`);
        const answer = await next(context);
        passed.push(`out of ${name}`);
        return answer;
      };

    await compose(stage('deadline'), stage('bulkhead'))(async () => Promise.resolve(answerOf('contact')))(contextOf());

    expect(passed).to.deep.equal(['into deadline', 'into bulkhead', 'out of bulkhead', 'out of deadline']);
  });

  it('of nothing is the call itself', async () => {
    const answer = answerOf('contact');

    expect(await compose()(async () => Promise.resolve(answer))(contextOf())).to.equal(answer);
  });
});
