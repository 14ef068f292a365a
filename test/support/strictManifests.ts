/**
 * Checks Kubernetes objects as strictly as the API server does with `fieldValidation: Strict`, without one: every field must
 * exist in the schema and have its type. The schema is the one that @kubernetes/client-node is generated from.
 */
import * as kubernetes from '@kubernetes/client-node';

interface Attribute {
  readonly baseName: string;
  readonly type: string;
}

interface Model {
  getAttributeTypeMap(): readonly Attribute[];
}

const isModel = (candidate: unknown): candidate is Model => typeof candidate === 'function' && 'getAttributeTypeMap' in candidate;

const modelNamed = (name: string): Model | undefined => {
  const candidate = (kubernetes as unknown as Readonly<Record<string, unknown>>)[name];
  return isModel(candidate) ? candidate : undefined;
};

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const SCALARS: Readonly<Record<string, readonly string[]>> = {
  string: ['string'],
  number: ['number'],
  boolean: ['boolean'],
  IntOrString: ['string', 'number'],
};

const findScalarFault = (value: unknown, types: readonly string[], at: string): readonly string[] =>
  types.includes(typeof value) ? [] : [`${at}: must be ${types.join(' or ')}`];

const findListFaults = (value: unknown, type: string, at: string): readonly string[] =>
  Array.isArray(value) ? value.flatMap((item, index) => findFaults(item, type, `${at}[${String(index)}]`)) : [`${at}: must be a list`];

const findMapFaults = (value: unknown, type: string, at: string): readonly string[] =>
  isMap(value) ? Object.entries(value).flatMap(([key, item]) => findFaults(item, type, `${at}.${key}`)) : [`${at}: must be a map`];

const findObjectFaults = (value: unknown, model: Model, at: string): readonly string[] => {
  if (!isMap(value)) return [`${at}: must be an object`];
  const types = new Map(model.getAttributeTypeMap().map(({ baseName, type }) => [baseName, type]));
  return Object.entries(value).flatMap(([field, item]) => {
    const type = types.get(field);
    return type === undefined ? [`${at}.${field}: unknown field`] : findFaults(item, type, `${at}.${field}`);
  });
};

const findFaults = (value: unknown, type: string, at: string): readonly string[] => {
  const listOf = /^Array<(.+)>$/u.exec(type)?.[1];
  if (listOf !== undefined) return findListFaults(value, listOf, at);
  const mapOf = /^\{ \[key: string\]: (.+); \}$/u.exec(type)?.[1];
  if (mapOf !== undefined) return findMapFaults(value, mapOf, at);
  const scalars = SCALARS[type];
  if (scalars !== undefined) return findScalarFault(value, scalars, at);
  const model = modelNamed(type);
  return model === undefined ? [] : findObjectFaults(value, model, at);
};

/** `policy/v1` and `PodDisruptionBudget` make `V1PodDisruptionBudget`. */
const modelName = (apiVersion: string, kind: string): string => {
  const version = apiVersion.split('/').at(-1) ?? '';
  return `${version.charAt(0).toUpperCase()}${version.slice(1)}${kind}`;
};

/**
 * Everything in an object that the schema does not have, with its path; empty if it is sound.
 *
 * @throws {Error} for a kind that Kubernetes itself does not have: its fields cannot be checked here.
 */
export const findManifestFaults = (manifest: unknown): readonly string[] => {
  if (!isMap(manifest)) return ['must be an object'];
  const { apiVersion, kind } = manifest;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return ['must have apiVersion and kind'];
  const model = modelNamed(modelName(apiVersion, kind));
  if (model === undefined) throw new Error(`${apiVersion} ${kind} is no kind of Kubernetes itself`);
  return findObjectFaults(manifest, model, kind);
};
