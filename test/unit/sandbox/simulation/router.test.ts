import { expect } from 'chai';
import { createRouter } from '../../../../sandbox/simulation/router.ts';
import { sandboxRequest } from '../../../support/simulatedWire.ts';

const find = createRouter<string>(
  {
    'GET /lists/new': () => ({ status: 201 }),
    'GET /lists/:list/members/:member': ({ account, param }) => ({ status: 200, body: [account, param('list'), param('member')] }),
    'POST /lists/:list/': ({ body }) => ({ status: 200, body }),
    'GET /lists/:list': ({ param }) => ({ status: 200, body: [param('list'), param('none')] }),
  },
  { notFound: { status: 404 }, methodNotAllowed: { status: 405 }, malformed: { status: 400 } },
);

describe('router of a simulator', () => {
  const ask = (where: string, body?: unknown) => find(sandboxRequest(where, {}, body)).respond('account');

  it('gives the first route that fits its variable parts, decoded', () => {
    expect(ask('GET /lists/7/members/a%40b.c')).to.deep.equal({ status: 200, body: ['account', '7', 'a@b.c'] });
    expect(ask('GET /lists/new').status).to.equal(201);
    expect(ask('GET /lists/old').body).to.deep.equal(['old', '']);
    expect(find(sandboxRequest('GET /lists/7', {})).route).to.equal('GET /lists/:list');
  });

  for (const [what, path] of [
    ['is shorter', '/lists/7/members'],
    ['is longer', '/lists/7/members/x/tags'],
    ['has other words', '/lists/7/people/x'],
    ['leaves a variable part empty', '/lists//members/x'],
    ['cannot be decoded', '/lists/7/members/%ff'],
  ] as const) {
    it(`knows no path that ${what}`, () => {
      const found = find(sandboxRequest(`GET ${path}`, {}));

      expect([found.route, found.respond('account').status]).to.deep.equal([undefined, 404]);
    });
  }

  it('tells a wrong method and a body that is no JSON from a wrong path', () => {
    expect(ask('PUT /lists/7').status).to.equal(405);
    expect(find({ ...sandboxRequest('POST /lists/7/', {}), malformed: true }).respond('account').status).to.equal(400);
  });

  it('makes an empty body of one that is no object', () => {
    expect([ask('POST /lists/7/', [1]).body, ask('POST /lists/7/', { a: 1 }).body]).to.deep.equal([{}, { a: 1 }]);
  });

  it('takes only variable parts of the form that the service gives them', () => {
    const refusals = { notFound: { status: 404 }, methodNotAllowed: { status: 405 }, malformed: { status: 400 } };
    const numbered = createRouter<string>({ 'GET /tags/:id': () => ({ status: 200 }) }, { ...refusals, variable: /^\d+$/u });

    const statuses = ['GET /tags/1', 'GET /tags/x'].map((where) => numbered(sandboxRequest(where, {})).respond('account').status);

    expect(statuses).to.deep.equal([200, 404]);
  });
});
