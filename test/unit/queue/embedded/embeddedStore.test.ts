import { expect } from 'chai';
import { WorkHints } from '../../../../src/queue/embedded/embeddedStore.ts';
import { HandDrivenClock } from '../../../support/handDrivenClock.ts';

describe('WorkHints', () => {
  let clock: HandDrivenClock;
  let hints: WorkHints;
  let heard: string[];

  beforeEach(() => {
    clock = new HandDrivenClock();
    hints = new WorkHints(clock);
    heard = [];
    hints.listen((service) => heard.push(service));
  });

  it('tells every listener at once of what is due now', () => {
    hints.listen((service) => heard.push(`${service} again`));

    hints.now('crm');

    expect(heard).to.deep.equal(['crm', 'crm again']);
  });

  it('tells of a later moment when it has come, and not before', () => {
    hints.at('crm', clock.wallTime() + 100);

    clock.advance(99);
    const early = [...heard];
    clock.advance(1);

    expect(early).to.deep.equal([]);
    expect(heard).to.deep.equal(['crm']);
  });

  it('tells at once of a moment that is past', () => {
    hints.at('crm', clock.wallTime() - 1);

    expect(heard).to.deep.equal(['crm']);
  });

  it('keeps the earliest moment of a service, whatever comes after it', () => {
    hints.at('crm', clock.wallTime() + 100);
    hints.at('crm', clock.wallTime() + 50);
    hints.at('crm', clock.wallTime() + 200);

    clock.advance(50);

    expect(heard).to.deep.equal(['crm']);
    expect(clock.pending).to.equal(0);
  });

  it('keeps a moment for each service', () => {
    hints.at('crm', clock.wallTime() + 100);
    hints.at('mail', clock.wallTime() + 50);

    clock.advance(100);

    expect(heard).to.deep.equal(['mail', 'crm']);
  });

  it('is silent once it is closed, and leaves no timer', () => {
    hints.at('crm', clock.wallTime() + 100);

    hints.close();
    clock.advance(100);
    hints.now('crm');

    expect(heard).to.deep.equal([]);
    expect(clock.pending).to.equal(0);
  });
});
