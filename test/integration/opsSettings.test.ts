import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { V1ConfigMap, V1Container, V1Deployment, V1Secret, V1Service } from '@kubernetes/client-node';
import { expect } from 'chai';
import { createApp, type Apps } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { silentLogger } from '../../src/logging/logger.ts';
import { serviceRegistry } from '../../src/services/registry.ts';
import { configurableService } from '../../src/services/serviceSettings.ts';
import { systemClock } from '../../src/time/clock.ts';
import { parseApiKeys, usableKeysIn } from '../../src/web/apiKeysFile.ts';
import { createAuthenticator } from '../../src/web/authentication.ts';
import { createMetrics } from '../support/exampleMetrics.ts';
import { findManifest } from '../support/manifests.ts';
import { readOneYaml } from '../support/repoFiles.ts';

const settings = (findManifest('k8s', 'ConfigMap', 'sales-auto-api') as V1ConfigMap).data ?? {};
const secret = (readOneYaml('k8s/secret.example.yaml') as V1Secret).stringData ?? {};
const pod = (findManifest('k8s', 'Deployment', 'sales-auto-api') as V1Deployment).spec?.template.spec;
const container = pod?.containers[0] as V1Container;
const mountPath = container.volumeMounts?.find(({ name }) => name === 'secrets')?.mountPath ?? '';

/** What somebody puts in the place of the examples. */
const ownValue = (example: string): string =>
  example
    .replace(/change-me/gu, 'of-our-own')
    .replace(/A{43}=/u, 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=')
    .replace(/"0{64}"(.*), "disabled": true/u, `"${'5f'.repeat(32)}"$1`);

/** The files that a pod would find: the keys of the secret, where it is mounted. */
const readMounted = (file: string): string => {
  const content = path.posix.dirname(file) === mountPath ? secret[path.posix.basename(file)] : undefined;
  if (content === undefined) throw new Error(`${file} is not mounted`);
  return ownValue(content);
};

describe('The settings of the Kubernetes manifests', () => {
  it('start the gateway in production with the secret’s files, and without a warning', () => {
    const config = readConfig(settings, Object.values(serviceRegistry).map(configurableService), {
      readFile: readMounted,
      usableKeysIn,
    });

    expect(config.environment).to.equal('production');
    expect(config.warnings).to.deep.equal([]);
  });

  it('do not start with the example of the secret as it is', () => {
    const readExample = (file: string): string => secret[path.posix.basename(file)] ?? '';

    const start = () =>
      readConfig(settings, Object.values(serviceRegistry).map(configurableService), { readFile: readExample, usableKeysIn });

    expect(start).to.throw(/10 settings are not valid/u);
  });

  it('come with an example of API keys that fits no key', () => {
    const keys = parseApiKeys(secret['api-keys.json'] ?? '');

    expect(keys.every(({ disabled }) => disabled === true)).to.equal(true);
  });

  it('listen on the ports that the container shows and the services lead to', () => {
    const shown = Object.fromEntries((container.ports ?? []).map(({ name, containerPort }) => [name, String(containerPort)]));
    const services = ['sales-auto-api', 'sales-auto-api-metrics'].map((name) => findManifest('k8s', 'Service', name) as V1Service);
    const led = services.map(({ spec }) => spec?.ports?.[0]?.targetPort);

    expect(shown).to.deep.equal({ http: settings['PORT'], management: settings['MANAGEMENT_PORT'] });
    expect(led).to.deep.equal(['http', 'management']);
  });

  it('keep data where a writable volume is mounted', () => {
    const written = container.volumeMounts?.filter(({ readOnly }) => readOnly !== true).map((mount) => mount.mountPath);

    expect(written).to.include(settings['DATA_DIR']);
  });
});

describe('The probes of the Kubernetes manifests', () => {
  const servers: Server[] = [];
  let ports: { readonly http: number; readonly management: number };

  const startApps = (): Required<Apps> =>
    createApp({
      groups: [],
      authenticator: createAuthenticator({ keys: [] }),
      circuits: { list: () => [], find: () => undefined },
      health: {
        phase: () => 'ready',
        circuits: () => [],
        quotas: () => [],
        cache: () => ({ entries: 0, bytes: 0, maxBytes: 1 }),
        build: { version: '1.2.3', sha: 'unknown', configHash: '', startedAt: 0 },
        runbook: '',
      },
      metrics: createMetrics(),
      clock: systemClock,
      logger: silentLogger,
      newRequestId: () => 'request-1',
      separateManagement: settings['MANAGEMENT_PORT'] !== undefined,
    });

  const serve = async (app: Apps['main'] | undefined): Promise<number> => {
    if (app === undefined) throw new Error('there is no such app');
    const server = createServer(app).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };

  const statusOf = async (port: number, target: string): Promise<number> => {
    const response = await fetch(`http://127.0.0.1:${String(port)}${target}`);
    await response.body?.cancel();
    return response.status;
  };

  before(async () => {
    const { main, management } = startApps();
    ports = { http: await serve(main), management: await serve(management) };
  });

  after(() => {
    for (const server of servers) server.close().closeAllConnections();
  });

  for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'] as const) {
    it(`ask ${probe} of a path that the app answers on that port`, async () => {
      const { path: target = '', port } = container[probe]?.httpGet ?? {};

      expect(port).to.equal('http');
      expect(await statusOf(ports.http, target)).to.equal(200);
    });
  }

  it('leave metrics and administration to the management port', async () => {
    expect(await statusOf(ports.management, '/metrics')).to.equal(200);
    expect(await statusOf(ports.http, '/metrics')).to.equal(404);
    expect(await statusOf(ports.http, '/admin/circuits')).to.equal(404);
  });
});
