import { expect } from 'chai';
import type { ServiceLimits } from '../../../src/config/serviceConfig.ts';
import { policyTemplates, rateDetection } from '../../../src/contract/policyTemplates.ts';
import { configurableService, resolveServicePolicy } from '../../../src/services/serviceSettings.ts';

const unset: ServiceLimits = {
  attemptTimeoutMs: undefined,
  deadlineMs: undefined,
  openForMs: undefined,
  failureRatePercent: undefined,
  minimumCalls: undefined,
  rateLimit: undefined,
};
const hubspot = { name: 'hubspot' } as const;
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
  it('is the template where nothing is set', () => {
    expect(resolveServicePolicy(hubspot, unset)).to.deep.equal(policyTemplates.hubspot);
  });

  it('lays the settings over the template and leaves the rest', () => {
    const policy = resolveServicePolicy(hubspot, { ...unset, attemptTimeoutMs: 3000, deadlineMs: 9000, openForMs: 7000 });

    expect(policy).to.deep.equal({
      ...policyTemplates.hubspot,
      attemptTimeoutMs: 3000,
      deadlineMs: 9000,
      circuit: { ...policyTemplates.hubspot.circuit, openForMs: 7000 },
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
