import { expect } from 'chai';
import type { ServiceLimits } from '../../../src/config/serviceConfig.ts';
import { rateDetection } from '../../../src/contract/generalPolicy.ts';
import { hubspot } from '../../../src/services/hubspot/hubspot.ts';
import { configurableService, policyOf, resolveServicePolicy } from '../../../src/services/serviceSettings.ts';

const unset: ServiceLimits = {
  attemptTimeoutMs: undefined,
  deadlineMs: undefined,
  openForMs: undefined,
  failureRatePercent: undefined,
  minimumCalls: undefined,
  rateLimit: undefined,
};
const counting = {
  name: 'hubspot',
  overrides: { deadlineMs: 8000, circuit: { detection: { strategy: 'consecutive', failures: 5 } } },
} as const;

describe('configurableService', () => {
  it("gives the service's patience, its own overrides included", () => {
    expect(configurableService(hubspot)).to.deep.equal({ name: 'hubspot', attemptTimeoutMs: 4000, deadlineMs: 10_000 });
    expect(configurableService(counting).deadlineMs).to.equal(8000);
  });
});

describe('resolveServicePolicy', () => {
  it('is the service’s own where nothing is set', () => {
    expect(resolveServicePolicy(hubspot, unset)).to.deep.equal(policyOf(hubspot));
  });

  it('lays the settings over the service’s own and leaves the rest', () => {
    const policy = resolveServicePolicy(hubspot, { ...unset, attemptTimeoutMs: 3000, deadlineMs: 9000, openForMs: 7000 });

    expect(policy).to.deep.equal({
      ...policyOf(hubspot),
      attemptTimeoutMs: 3000,
      deadlineMs: 9000,
      circuit: { ...policyOf(hubspot).circuit, openForMs: 7000 },
    });
  });

  it('raises the cap of the open time with an open time beyond it', () => {
    const { circuit } = resolveServicePolicy(hubspot, { ...unset, openForMs: 60_000 });

    expect(circuit).to.include({ openForMs: 60_000, openForCapMs: 60_000 });
  });

  it('turns to the rate once one of its thresholds is set, and keeps its others', () => {
    const { circuit } = resolveServicePolicy(hubspot, { ...unset, failureRatePercent: 25 });

    expect(circuit.detection).to.deep.equal({ ...rateDetection, failureRatePercent: 25 });
  });

  it('turns a service that counts failures in a row to the rate, once a threshold of the rate is set', () => {
    const { circuit } = resolveServicePolicy(counting, { ...unset, minimumCalls: 3 });

    expect(circuit.detection).to.deep.equal({ ...rateDetection, minimumCalls: 3 });
  });

  it('refuses what is impossible together, naming the service', () => {
    expect(() => resolveServicePolicy(hubspot, { ...unset, attemptTimeoutMs: 20_000 })).to.throw(/policy of "hubspot".*attemptTimeoutMs/);
  });
});
