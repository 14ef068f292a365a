/**
 * Checks `package-lock.json` for what npm itself accepts in one version and refuses in the next:
 *
 * - an optional dependency without an entry: npm 11 and 12 then refuse `npm ci`;
 * - a `resolved` address: the registry of whoever wrote the lock is not everybody's;
 * - a second copy of a package that `overrides` in package.json makes one.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';

const nameOf = (place) => place.replace(/^.*node_modules\//, '');

/** @returns One line for each fault. */
export const findLockFaults = (lock, manifest) => {
  const entries = Object.entries(lock.packages);
  const names = new Set(entries.map(([place]) => nameOf(place)));
  return [...entries.flatMap(([place, entry]) => faultsOfEntry(place, entry, names)), ...brokenOverrides(entries, manifest)];
};

const faultsOfEntry = (place, entry, names) => {
  const missing = Object.keys(entry.optionalDependencies ?? {}).filter((name) => !names.has(name));
  return [
    ...missing.map((name) => `${name}, optional for ${nameOf(place) || 'the project'}, has no entry`),
    ...(/^https?:/.test(entry.resolved ?? '') ? [`${nameOf(place)} names its registry in "resolved"`] : []),
  ];
};

/** `$name` means: the project's own version of it, and no other beside it. */
const brokenOverrides = (entries, manifest) => {
  const shared = Object.values(manifest.overrides ?? {}).flatMap((override) =>
    Object.entries(override).flatMap(([name, version]) => (version === `$${name}` ? [name] : [])),
  );
  return shared
    .filter((name) => entries.filter(([place]) => nameOf(place) === name).length !== 1)
    .map((name) => `${name} must be there once, as "overrides" says`);
};

const read = (name) => JSON.parse(readFileSync(path.resolve(import.meta.dirname, '..', name), 'utf8'));

if (process.argv[1] === import.meta.filename) {
  const faults = findLockFaults(read('package-lock.json'), read('package.json'));
  for (const fault of faults) console.error(`package-lock.json: ${fault}`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
