/**
 * The objects of `k8s/`, as `kubectl apply -k` would send them before kustomize sets namespace and image.
 */
import path from 'node:path';
import type { KubernetesObject } from '@kubernetes/client-node';
import { readOneYaml, readYaml } from './repoFiles.ts';

export interface Kustomization {
  readonly namespace: string;
  readonly resources: readonly string[];
  readonly images?: readonly { readonly name: string; readonly newName?: string; readonly newTag?: string; readonly digest?: string }[];
}

export const readKustomization = (folder: string): Kustomization => readOneYaml(`${folder}/kustomization.yaml`) as Kustomization;

/** Every object that a kustomization applies. */
export const readManifests = (folder: string): readonly KubernetesObject[] =>
  readKustomization(folder).resources.flatMap((resource) => readYaml(path.posix.join(folder, resource)) as KubernetesObject[]);

/**
 * The one object of a kind, or of a kind and a name; of what type, the caller knows.
 *
 * @throws {Error} unless there is exactly one.
 */
export const findManifest = (folder: string, kind: string, name?: string): unknown => {
  const isMeant = (manifest: KubernetesObject): boolean =>
    manifest.kind === kind && (name === undefined || manifest.metadata?.name === name);
  const found = readManifests(folder).filter(isMeant);
  const [manifest, ...others] = found;
  if (manifest === undefined || others.length > 0) throw new Error(`${String(found.length)} objects are ${kind} ${name ?? ''}`);
  return manifest;
};
