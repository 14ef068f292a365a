import { expect } from 'chai';
import type { Incident } from '../../../../src/contract/incident.ts';
import { sharedRecovery } from '../../../../src/circuit/recovery/sharedRecovery.ts';

const services = ['hubspot', 'lemlist', 'explorium', 'kit', 'mailchimp', 'sendgrid'];
const incident: Incident = { id: 'one', beganAt: 10_000, since: 1_790_000_000_000, services, class: 'local-egress' };

const turns = (now: number): readonly (number | undefined)[] =>
  services.map((service) => sharedRecovery(incident, { service }, now)?.nextProbeInMs);

describe('The recovery of services that failed together', () => {
  it('probes them a second apart, in the order in which they failed, five of them in a round', () => {
    expect(turns(10_000)).to.deep.equal([1000, 2000, 3000, 4000, 5000, 1000]);
  });

  it('gives each its turn every five seconds', () => {
    expect(turns(14_500)).to.deep.equal([1500, 2500, 3500, 4500, 500, 1500]);
  });

  it('never says "now": who asks at its turn has just had it', () => {
    expect(sharedRecovery(incident, { service: 'hubspot' }, 11_000)?.nextProbeInMs).to.equal(5000);
  });

  it('has nothing to say of a service that failed alone', () => {
    expect(sharedRecovery(incident, { service: 'stripe' }, 10_000)).to.equal(undefined);
  });

  for (const [dailyQuota, spares] of [
    [undefined, false],
    [{ limit: 1000, remaining: 100 }, false],
    [{ limit: 1000, remaining: 99 }, true],
    [{ remaining: 1 }, false],
    [{ limit: 1000 }, false],
  ] as const) {
    it(`${spares ? 'spares' : 'does not spare'} a daily quota of ${JSON.stringify(dailyQuota ?? 'nothing known')}`, () => {
      expect(sharedRecovery(incident, { service: 'hubspot', dailyQuota }, 11_000)?.sparesQuota).to.equal(spares);
    });
  }
});
