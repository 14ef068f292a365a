import type {
  V1ConfigMap,
  V1Container,
  V1Deployment,
  V1NetworkPolicy,
  V1PodDisruptionBudget,
  V1PodSpec,
  V1Secret,
  V1Service,
  V1StatefulSet,
} from '@kubernetes/client-node';
import { expect } from 'chai';
import { findManifest } from '../support/manifests.ts';
import { readOneYaml } from '../support/repoFiles.ts';

const redis = findManifest('k8s', 'StatefulSet', 'redis-queue') as V1StatefulSet;
const pod = redis.spec?.template.spec as V1PodSpec;
const container = pod.containers[0] as V1Container;
const settings = (findManifest('k8s', 'ConfigMap', 'redis-queue') as V1ConfigMap).data?.['redis.conf'] ?? '';
const gatewaySettings = (findManifest('k8s', 'ConfigMap', 'sales-auto-api') as V1ConfigMap).data ?? {};
const secret = (readOneYaml('k8s/secret.example.yaml') as V1Secret).stringData ?? {};
const labels = redis.spec?.template.metadata?.labels;

const hasLine = (line: string): boolean => settings.split('\n').includes(line);

describe('The Redis of the queue', () => {
  it('syncs each write before it answers, and evicts nothing', () => {
    expect(['appendonly yes', 'appendfsync always', 'maxmemory-policy noeviction'].filter((line) => !hasLine(line))).to.deep.equal([]);
  });

  it('keeps its file on a volume that outlives the pod, where its settings say', () => {
    const volumes = redis.spec?.volumeClaimTemplates?.map(({ metadata }) => metadata?.name);
    const mounted = container.volumeMounts?.find(({ mountPath }) => hasLine(`dir ${mountPath}`));

    expect(volumes).to.include(mounted?.name);
    expect(mounted?.readOnly).to.equal(undefined);
  });

  it('refuses writes before the kubelet ends it for its memory', () => {
    const [, megabytes] = /^maxmemory (\d+)mb$/mu.exec(settings) ?? [];
    const [, limit] = /^(\d+)Mi$/u.exec(container.resources?.limits?.['memory'] ?? '') ?? [];

    expect(Number(megabytes)).to.be.below(Number(limit) * 0.75);
  });

  it('is one, since a promoted replica may lack what was accepted', () => {
    expect(redis.spec?.replicas).to.equal(1);
  });

  it('runs as nobody special, without a token, on a root that is read only', () => {
    expect(pod.securityContext).to.deep.include({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(pod.automountServiceAccountToken).to.equal(false);
    expect(container.securityContext).to.deep.equal({
      allowPrivilegeEscalation: false,
      privileged: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('answers the gateway alone, and asks nobody', () => {
    const policy = findManifest('k8s', 'NetworkPolicy', 'redis-queue') as V1NetworkPolicy;
    const gateway = (findManifest('k8s', 'Deployment', 'sales-auto-api') as V1Deployment).spec?.template.metadata?.labels;

    expect(labels).to.include(policy.spec?.podSelector?.matchLabels);
    // The client library spells `from` otherwise than the API does.
    const peers = policy.spec?.ingress?.map((rule) => (rule as { readonly from?: unknown }).from);
    expect(peers).to.deep.equal([[{ podSelector: { matchLabels: gateway } }]]);
    expect(policy.spec?.egress).to.deep.equal([]);
  });

  it('is found by its service and its disruption budget', () => {
    const service = findManifest('k8s', 'Service', 'redis-queue') as V1Service;
    const budget = findManifest('k8s', 'PodDisruptionBudget', 'redis-queue') as V1PodDisruptionBudget;

    expect(labels).to.include(service.spec?.selector);
    expect(labels).to.include(budget.spec?.selector?.matchLabels);
    expect(gatewaySettings['REDIS_HOST']).to.equal(service.metadata?.name);
  });

  it('asks for the password that the gateway brings', () => {
    expect(gatewaySettings['REDIS_PASSWORD_FILE']).to.match(/\/redis-password$/u);
    expect(secret['redis-password.conf']).to.equal(`requirepass ${String(secret['redis-password'])}`);
  });
});

describe('The Redis of what may be lost', () => {
  const cache = findManifest('k8s', 'Deployment', 'redis-cache') as V1Deployment;
  const cachePod = cache.spec?.template.spec as V1PodSpec;
  const cacheSettings = ((findManifest('k8s', 'ConfigMap', 'redis-cache') as V1ConfigMap).data?.['redis.conf'] ?? '').split('\n');
  const cacheLabels = cache.spec?.template.metadata?.labels;

  it('keeps nothing on a disk, and makes room by itself', () => {
    expect(cacheSettings).to.include.members(['appendonly no', 'save ""', 'maxmemory-policy allkeys-lru']);
    expect(cachePod.containers[0]?.volumeMounts?.filter(({ readOnly }) => readOnly !== true)).to.deep.equal([]);
  });

  it('makes room before the kubelet ends it for its memory', () => {
    const [, megabytes] = /^maxmemory (\d+)mb$/mu.exec(cacheSettings.join('\n')) ?? [];
    const [, limit] = /^(\d+)Mi$/u.exec(cachePod.containers[0]?.resources?.limits?.['memory'] ?? '') ?? [];

    expect(Number(megabytes)).to.be.below(Number(limit) * 0.75);
  });

  it('is never two at once, which would part the fleet', () => {
    expect(cache.spec).to.deep.include({ replicas: 1, strategy: { type: 'Recreate' } });
  });

  it('runs with no more rights than the one of the queue', () => {
    expect(cachePod.containers[0]?.securityContext).to.deep.equal(container.securityContext);
    expect(cachePod.automountServiceAccountToken).to.equal(false);
    expect(cachePod.securityContext).to.deep.include({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
  });

  it('answers the gateway alone, which finds it and may go there', () => {
    const policy = findManifest('k8s', 'NetworkPolicy', 'redis-cache') as V1NetworkPolicy;
    const service = findManifest('k8s', 'Service', 'redis-cache') as V1Service;
    const gateway = (findManifest('k8s', 'Deployment', 'sales-auto-api') as V1Deployment).spec?.template.metadata?.labels;
    const outward = (findManifest('k8s', 'NetworkPolicy', 'sales-auto-api') as V1NetworkPolicy).spec?.egress ?? [];

    expect(cacheLabels).to.include(policy.spec?.podSelector?.matchLabels);
    expect(cacheLabels).to.include(service.spec?.selector);
    const peers = policy.spec?.ingress?.map((rule) => (rule as { readonly from?: unknown }).from);
    expect(peers).to.deep.equal([[{ podSelector: { matchLabels: gateway } }]]);
    expect(outward.flatMap(({ to }) => to ?? [])).to.deep.include({ podSelector: { matchLabels: cacheLabels } });
    expect(gatewaySettings['REDIS_CACHE_URL']).to.equal(`redis://${String(service.metadata?.name)}:6379`);
  });

  it('asks for the password that the gateway brings to it', () => {
    expect(gatewaySettings['REDIS_CACHE_PASSWORD_FILE']).to.match(/\/redis-cache-password$/u);
    expect(secret['redis-cache-password.conf']).to.equal(`requirepass ${String(secret['redis-cache-password'])}`);
  });
});
