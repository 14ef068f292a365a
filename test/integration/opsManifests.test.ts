import type {
  V1ConfigMap,
  V1Container,
  V1Deployment,
  V1Namespace,
  V1NetworkPolicy,
  V1PodDisruptionBudget,
  V1PodSpec,
  V1Service,
  V1ServiceAccount,
  V2HorizontalPodAutoscaler,
} from '@kubernetes/client-node';
import { expect } from 'chai';
import { findManifest, readKustomization, readManifests } from '../support/manifests.ts';
import { listFiles, readText } from '../support/repoFiles.ts';

const deployment = findManifest('k8s', 'Deployment', 'sales-auto-api') as V1Deployment;
const pod = deployment.spec?.template.spec as V1PodSpec;
const container = pod.containers[0] as V1Container;
const service = findManifest('k8s', 'Service', 'sales-auto-api') as V1Service;
const headless = findManifest('k8s', 'Service', 'sales-auto-api-metrics') as V1Service;
const autoscaler = findManifest('k8s', 'HorizontalPodAutoscaler') as V2HorizontalPodAutoscaler;
const budget = findManifest('k8s', 'PodDisruptionBudget', 'sales-auto-api') as V1PodDisruptionBudget;
const account = findManifest('k8s', 'ServiceAccount') as V1ServiceAccount;
const denial = findManifest('k8s', 'NetworkPolicy', 'default-deny') as V1NetworkPolicy;
const opening = findManifest('k8s', 'NetworkPolicy', 'sales-auto-api') as V1NetworkPolicy;
const podLabels = deployment.spec?.template.metadata?.labels;

/** Named after the rules of kube-linter and kube-score that they keep. */
const policies: Readonly<Record<string, () => void>> = {
  'kube-linter run-as-non-root': () => {
    expect(pod.securityContext?.runAsNonRoot).to.equal(true);
  },
  'kube-score container-security-context': () => {
    expect(pod.securityContext?.runAsUser).to.be.at.least(10_000);
    expect(pod.securityContext?.runAsGroup).to.be.at.least(10_000);
  },
  'kube-linter no-read-only-root-fs': () => {
    expect(container.securityContext?.readOnlyRootFilesystem).to.equal(true);
  },
  'kube-linter privilege-escalation-container': () => {
    expect(container.securityContext?.allowPrivilegeEscalation).to.equal(false);
  },
  'kube-linter privileged-container': () => {
    expect(container.securityContext?.privileged).to.equal(false);
  },
  'kube-linter drop-net-raw-capability': () => {
    expect(container.securityContext?.capabilities).to.deep.equal({ drop: ['ALL'] });
  },
  'kube-score container-seccomp-profile': () => {
    expect(pod.securityContext?.seccompProfile?.type).to.equal('RuntimeDefault');
  },
  'kube-linter host-network, host-pid, host-ipc': () => {
    expect(pod).to.not.have.any.keys('hostNetwork', 'hostPID', 'hostIPC');
  },
  'kube-linter sensitive-host-mounts': () => {
    expect(pod.volumes?.filter((volume) => volume.hostPath !== undefined)).to.deep.equal([]);
  },
  'kube-linter default-service-account': () => {
    expect(pod.serviceAccountName).to.equal(account.metadata?.name);
  },
  'kube-linter exposed-services': () => {
    expect([service.spec?.type, headless.spec?.clusterIP]).to.deep.equal(['ClusterIP', 'None']);
  },
  'house rule no-api-token': () => {
    expect([account.automountServiceAccountToken, pod.automountServiceAccountToken]).to.deep.equal([false, false]);
  },
  'kube-linter env-var-secret and read-secret-from-env-var': () => {
    expect(container.env ?? []).to.deep.equal([]);
    expect(container.envFrom?.filter(({ secretRef }) => secretRef !== undefined)).to.deep.equal([]);
  },
  'kube-linter unset-memory-requirements': () => {
    expect(container.resources?.requests).to.include.keys('cpu', 'memory', 'ephemeral-storage');
    expect(container.resources?.limits).to.include.keys('memory', 'ephemeral-storage');
  },
  'kube-score container-resources, its CPU limit waived on purpose': () => {
    expect(container.resources?.limits).to.not.have.property('cpu');
  },
  'kube-linter no-liveness-probe and no-readiness-probe': () => {
    expect(container).to.include.keys('startupProbe', 'livenessProbe', 'readinessProbe');
  },
  'kube-score pod-probes': () => {
    expect(container.livenessProbe?.httpGet?.path).to.not.equal(container.readinessProbe?.httpGet?.path);
  },
  'kube-linter startup-port, liveness-port and readiness-port': () => {
    const probed = [container.startupProbe, container.livenessProbe, container.readinessProbe].map((probe) => probe?.httpGet?.port);
    expect(probed).to.deep.equal(['http', 'http', 'http']);
  },
  'kube-linter latest-tag': () => {
    expect(container.image).to.equal('sales-auto-api');
    const versions = readKustomization('k8s').images?.map(({ newTag, digest }) => digest ?? newTag);
    expect(versions).to.have.length(2);
    for (const version of versions ?? []) expect(version).to.match(/^(?:sha256:[\da-f]{64}|\d+\.\d+\.\d+)$/u);
  },
  'kube-linter minimum-three-replicas': () => {
    expect(autoscaler.spec?.minReplicas).to.be.at.least(3);
  },
  'kube-score deployment-targeted-by-hpa-does-not-have-replicas-configured': () => {
    expect(deployment.spec).to.not.have.property('replicas');
  },
  'kube-score horizontalpodautoscaler-has-target': () => {
    expect(autoscaler.spec?.scaleTargetRef).to.include({ kind: 'Deployment', name: deployment.metadata?.name });
  },
  'kube-linter pdb-max-unavailable and pdb-unhealthy-pod-eviction-policy': () => {
    expect(budget.spec).to.include({ maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' });
  },
  'kube-linter mismatching-selector': () => {
    expect(podLabels).to.include(deployment.spec?.selector.matchLabels);
  },
  'kube-linter dangling-service': () => {
    for (const { spec } of [service, headless]) expect(podLabels).to.include(spec?.selector);
  },
  'kube-score networkpolicy-targets-pod and deployment-has-poddisruptionbudget': () => {
    expect(podLabels).to.include(opening.spec?.podSelector?.matchLabels);
    expect(podLabels).to.include(budget.spec?.selector?.matchLabels);
  },
  'kube-linter non-isolated-pod': () => {
    expect(denial.spec).to.deep.equal({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  },
  'kube-linter no-anti-affinity': () => {
    const keys = pod.topologySpreadConstraints?.map(({ topologyKey }) => topologyKey);
    expect(keys).to.deep.equal(['topology.kubernetes.io/zone', 'kubernetes.io/hostname']);
  },
  'kube-linter no-rolling-update-strategy': () => {
    expect(deployment.spec?.strategy?.rollingUpdate).to.deep.equal({ maxUnavailable: 0, maxSurge: 1 });
  },
  'kube-linter use-namespace': () => {
    expect(readKustomization('k8s').namespace).to.equal((findManifest('k8s', 'Namespace') as V1Namespace).metadata?.name);
  },
};

describe('The Kubernetes manifests', () => {
  for (const [rule, holds] of Object.entries(policies)) it(`keep ${rule}`, holds);

  it('are all in a kustomization, but for the example of a secret', () => {
    const listed = readKustomization('k8s').resources.map((resource) => `k8s/${resource}`);
    const written = ['k8s', 'k8s/redis-queue', 'k8s/redis-cache'].flatMap((folder) => listFiles(folder, '.yaml'));
    const files = written.filter((file) => !file.endsWith('/kustomization.yaml'));

    expect(files).to.have.members([...listed, 'k8s/secret.example.yaml']);
  });

  it('hold no secret', () => {
    expect(readManifests('k8s').map(({ kind }) => kind)).to.not.include('Secret');
  });

  it('let out DNS, the two Redis, and HTTPS to public addresses, and nothing else', () => {
    const ports = opening.spec?.egress?.map((rule) => rule.ports?.map(({ protocol, port }) => `${String(protocol)} ${String(port)}`));
    const blocked = opening.spec?.egress?.[3]?.to?.[0]?.ipBlock?.except;

    expect(ports).to.deep.equal([['UDP 53', 'TCP 53'], ['TCP 6379'], ['TCP 6379'], ['TCP 443']]);
    expect(blocked).to.include.members(['10.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16']);
  });

  it('leave more time to end than pre-stop, drain delay and the longest deadline take together', () => {
    const config = findManifest('k8s', 'ConfigMap', 'sales-auto-api') as V1ConfigMap;
    const drain = Number(config.data?.['DRAIN_DELAY_MS']) / 1000;
    const preStop = container.lifecycle?.preStop?.sleep?.seconds ?? 0;
    const readiness = (container.readinessProbe?.periodSeconds ?? 0) * (container.readinessProbe?.failureThreshold ?? 0);

    expect(drain).to.be.at.least(readiness);
    expect(pod.terminationGracePeriodSeconds).to.be.above(preStop + drain + 30);
  });

  it('need no shell to stop a pod', () => {
    expect(container.lifecycle?.preStop).to.have.all.keys('sleep');
  });

  it('run the release that package.json names', () => {
    const { version } = JSON.parse(readText('package.json')) as { readonly version: string };

    expect(readKustomization('k8s').images?.[0]?.newTag).to.equal(version);
  });
});
