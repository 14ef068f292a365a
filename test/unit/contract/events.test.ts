import { expect } from 'chai';
import { guarded, type ResilienceEvents } from '../../../src/contract/events.ts';

const site = { service: 'hubspot', operation: 'get_contact' };

/** Every event there is, told once. */
const tellAll = (events: Required<ResilienceEvents>): void => {
  events.attemptEnded({ ...site, attempt: 'first', outcome: 'success', durationMs: 1 });
  events.callEnded({ ...site, outcome: 'upstream', durationMs: 1 });
  events.circuitCalled('hubspot', 'success');
  events.circuitChanged({ circuit: 'hubspot', from: 'closed', to: 'open', reason: 'failure_rate', at: 1, lastedMs: 1 });
  const circuit = 'hubspot:get_contact';
  events.operationCircuitChanged({ ...site, circuit, from: 'closed', to: 'open', reason: 'failure_rate', at: 1, lastedMs: 1 });
  events.circuitReset('hubspot', 'replica');
  events.overrideChanged({ circuit: 'hubspot', override: undefined });
  events.fallbackUsed('hubspot');
  events.cacheAsked('hubspot', 'hit');
  events.bulkheadCrowded('hubspot', true);
  events.quotaSeen('hubspot', 'daily', { remaining: 1 });
  events.contractBroken({ ...site, fields: ['id'] });
  events.deprecationSeen({ ...site, notices: [{ header: 'sunset' }] });
};

/** A listener to everything, that does the same each time. */
const listenerTo = (names: readonly string[], heard: (name: string) => void): ResilienceEvents =>
  Object.fromEntries(
    names.map((name) => [
      name,
      () => {
        heard(name);
      },
    ]),
  );

describe('guarded events', () => {
  const names = Object.keys(guarded([], () => undefined));

  it('reach every listener, in order', () => {
    const heard: string[] = [];
    const listeners = ['one', 'two'].map((who) => listenerTo(names, (name) => heard.push(`${who} ${name}`)));

    tellAll(guarded(listeners, () => undefined));

    expect(heard).to.deep.equal(names.flatMap((name) => [`one ${name}`, `two ${name}`]));
  });

  it('hand over what happened as it is', () => {
    const heard: unknown[] = [];
    const change = { circuit: 'hubspot', from: 'closed', to: 'open', reason: 'failure_rate', at: 1, lastedMs: 1 } as const;

    guarded([{ circuitChanged: (event) => heard.push(event) }], () => undefined).circuitChanged(change);

    expect(heard).to.deep.equal([change]);
  });

  it('pass over what a listener does not care for', () => {
    expect(() => {
      tellAll(guarded([{}], () => undefined));
    }).not.to.throw();
  });

  it('report a listener that throws, and go on to the next', () => {
    const bug = new Error('a bug');
    const heard: string[] = [];
    const errors: unknown[] = [];
    const throwing = listenerTo(names, () => {
      throw bug;
    });

    tellAll(guarded([throwing, listenerTo(names, (name) => heard.push(name))], (error) => errors.push(error)));

    expect(heard).to.deep.equal(names);
    expect(errors).to.deep.equal(names.map(() => bug));
  });
});
