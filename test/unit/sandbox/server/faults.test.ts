import { expect } from 'chai';
import { behaviourFor, faultNames, faultSchema, type FaultSetting } from '../../../../sandbox/server/faults.ts';

const target = { method: 'GET', path: '/crm/objects/contacts/1' };
const setting = (input: unknown): FaultSetting => faultSchema.parse(input);
const faultsOf = (input: unknown): readonly string[] => {
  const { error } = faultSchema.safeParse(input);
  return error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
};
const never = (): number => {
  throw new Error('chance was asked');
};

describe('sandbox faults: what a setting means for one request', () => {
  it('hands on the numbers that a fault needs, filled in where none were given', () => {
    const behaviours = ['error', 'slow', 'drip', 'hang'].map((fault) => behaviourFor(setting({ fault }), target, 0, never));

    expect(behaviours).to.deep.equal([
      { kind: 'error', status: 503 },
      { kind: 'slow', ms: 1000 },
      { kind: 'drip', ms: 1000 },
      { kind: 'hang' },
    ]);
  });

  it('fails and works in turn when flapping, beginning with a failure', () => {
    const flap = setting({ fault: 'flap', periodMs: 100, status: 500 });

    const kinds = [0, 99, 100, 199, 200].map((elapsedMs) => behaviourFor(flap, target, elapsedMs, never).kind);

    expect(kinds).to.deep.equal(['error', 'error', 'ok', 'ok', 'error']);
  });

  it('lets a share of the requests meet the fault, by chance', () => {
    const half = setting({ fault: 'partial', rate: 0.5, status: 500 });

    const kinds = [0, 0.49, 0.5, 0.99].map((chance) => behaviourFor(half, target, 0, () => chance).kind);

    expect(kinds).to.deep.equal(['error', 'error', 'ok', 'ok']);
  });

  it('never meets a fault whose rate is 0, and asks chance for nothing', () => {
    const behaviour = behaviourFor(setting({ fault: 'hang', rate: 0 }), target, 0, never);

    expect(behaviour.kind).to.equal('ok');
  });

  it('reaches only the operation named by method and start of path', () => {
    const hang = setting({ fault: 'hang', operation: 'GET /crm/objects' });
    const targets = [target, { ...target, method: 'POST' }, { ...target, path: '/account-info' }];

    const kinds = targets.map((each) => behaviourFor(hang, each, 0, never).kind);

    expect(kinds).to.deep.equal(['hang', 'ok', 'ok']);
  });
});

describe('sandbox faults: what a setting must be', () => {
  it('names the known faults when it meets an unknown one', () => {
    expect(faultsOf({ fault: 'explode' })).to.deep.equal([`fault: must be one of ${faultNames.join(', ')}`]);
    expect(faultsOf({})).to.deep.equal([`fault: must be one of ${faultNames.join(', ')}`]);
  });

  it('says what a body must be when it is no object', () => {
    for (const input of [undefined, null, 'hang', 3]) {
      expect(faultsOf(input)).to.deep.equal([': must be an object such as {"fault": "hang"}']);
    }
  });

  it('refuses numbers out of range with the range', () => {
    expect(faultsOf({ fault: 'hang', rate: 1.5 })).to.deep.equal(['rate: must be a share of the requests from 0 to 1']);
    expect(faultsOf({ fault: 'error', status: 200 })).to.deep.equal(['status: must be a whole status from 400 to 599']);
    expect(faultsOf({ fault: 'error', status: '503' })).to.deep.equal(['status: must be a whole status from 400 to 599']);
    expect(faultsOf({ fault: 'slow', ms: 0 })).to.deep.equal(['ms: must be a number of milliseconds from 1 to 600000']);
  });

  it('refuses a setting that means nothing for the fault, and names those that do', () => {
    expect(faultsOf({ fault: 'hang', status: 503 })).to.deep.equal([': hang does not take status; it takes operation, rate']);
    expect(faultsOf({ fault: 'ok', rate: 1 })).to.deep.equal([': ok does not take rate; it takes nothing else']);
  });

  it('refuses an operation that is not a method and a path', () => {
    for (const operation of ['contacts', 'get /contacts', 'GET contacts', '/contacts']) {
      expect(faultsOf({ fault: 'hang', operation })[0], operation).to.match(/^operation: must read like "GET \/path"/u);
    }
  });
});
