import type { V1Deployment, V1Service } from '@kubernetes/client-node';
import { expect } from 'chai';
import type { RuleFile } from '../support/alertingRules.ts';
import { findManifest, readManifests } from '../support/manifests.ts';
import { readOneYaml } from '../support/repoFiles.ts';
import { findManifestFaults } from '../support/strictManifests.ts';

interface Rule {
  readonly spec: RuleFile;
}

interface Monitor {
  readonly spec: {
    readonly jobLabel: string;
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly endpoints: readonly { readonly port: string; readonly path: string }[];
  };
}

const planted = (change: (deployment: V1Deployment) => void): readonly string[] => {
  const deployment = findManifest('k8s', 'Deployment', 'sales-auto-api') as V1Deployment;
  change(deployment);
  return findManifestFaults(deployment);
};

describe('The schema of the Kubernetes manifests', () => {
  for (const manifest of [...readManifests('k8s'), readOneYaml('k8s/secret.example.yaml')] as ReturnType<typeof readManifests>) {
    it(`has every field of ${String(manifest.kind)} ${String(manifest.metadata?.name)}`, () => {
      expect(findManifestFaults(manifest)).to.deep.equal([]);
    });
  }

  it('catches a misspelled field, with its path', () => {
    const faults = planted((deployment) => {
      Object.assign(deployment.spec?.template.spec?.containers[0] ?? {}, { readinesProbe: {} });
    });

    expect(faults).to.deep.equal(['Deployment.spec.template.spec.containers[0].readinesProbe: unknown field']);
  });

  it('catches a value of the wrong type', () => {
    const faults = planted((deployment) => {
      Object.assign(deployment.spec ?? {}, { minReadySeconds: '5' });
    });

    expect(faults).to.deep.equal(['Deployment.spec.minReadySeconds: must be number']);
  });

  it('catches an object where a list belongs', () => {
    const faults = planted((deployment) => {
      Object.assign(deployment.spec?.template.spec ?? {}, { volumes: {} });
    });

    expect(faults).to.deep.equal(['Deployment.spec.template.spec.volumes: must be a list']);
  });

  it('refuses to pass judgement on a kind that it does not know', () => {
    expect(() => findManifestFaults({ apiVersion: 'monitoring.coreos.com/v1', kind: 'ServiceMonitor' })).to.throw(/no kind of Kubernetes/u);
  });
});

describe('The manifests for the Prometheus operator', () => {
  it('hold the groups of alerting_rules.yml, word for word', () => {
    const { spec } = findManifest('k8s/monitoring', 'PrometheusRule') as Rule;

    expect(spec, 'copy the groups from alerting_rules.yml').to.deep.equal(readOneYaml('alerting_rules.yml'));
  });

  it('scrape the headless service under the job that the alerts ask for', () => {
    const { spec } = findManifest('k8s/monitoring', 'ServiceMonitor') as Monitor;
    const { metadata } = findManifest('k8s', 'Service', 'sales-auto-api-metrics') as V1Service;

    expect(metadata?.labels).to.include(spec.selector.matchLabels);
    expect(metadata?.labels?.[spec.jobLabel]).to.equal('sales-auto-api');
  });
});
