import { expect } from 'chai';
import { Registry } from 'prom-client';
import type { FleetReading } from '../../../src/monitoring/fleetMetrics.ts';
import { addFleetMetrics } from '../../../src/monitoring/fleetMetrics.ts';

const samplesOf = async (reading: FleetReading | undefined): Promise<readonly string[]> => {
  const registry = new Registry();
  addFleetMetrics(registry, ['hubspot', 'kit'], () => reading);
  return (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
};

const replica = {
  snapshot: { replica: 'a', version: '1', phase: 'ready', uptimeMs: 1, circuits: {}, suspectsItselfOver: [] },
  ageMs: 1,
} as const;

describe('fleet metrics', () => {
  it('show the replicas that are seen, and over what this one suspects itself', async () => {
    const reading = { sharedState: 'up', suspected: ['kit'], sample: () => ({ replicas: [replica, replica], ageMs: 1 }) } as const;

    expect(await samplesOf(reading)).to.deep.equal([
      'shared_state_up{store="redis"} 1',
      'fleet_replicas 2',
      'replica_self_suspect{circuit_name="hubspot"} 0',
      'replica_self_suspect{circuit_name="kit"} 1',
    ]);
  });

  it('show a replica that cannot see the others', async () => {
    expect(await samplesOf({ sharedState: 'down', suspected: [], sample: () => undefined })).to.include.members([
      'shared_state_up{store="redis"} 0',
      'fleet_replicas 1',
    ]);
  });

  it('say nothing of shared state where none is configured', async () => {
    const samples = await samplesOf({ sharedState: 'off', suspected: [], sample: () => undefined });

    expect(samples.filter((line) => line.startsWith('shared_state_up'))).to.deep.equal([]);
    expect(samples).to.include('fleet_replicas 1');
  });
});
