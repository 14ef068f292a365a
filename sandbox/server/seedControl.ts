/**
 * The part of the switchboard that is about recorded seeds.
 */
import type { ControlParts, ControlRequest } from './controlContract.ts';
import { ControlRefusal, ok, type JsonReply } from './jsonReply.ts';
import { parsedSeeds, seedsOf, type Seeds } from './seeds.ts';

/** @throws {ControlRefusal} 409 if a service can't be recorded as it is. */
export const takeSeeds = (_request: ControlRequest, { services }: ControlParts): JsonReply => {
  const taken = [...services].map(([name, { service }]) => {
    const seeds = service.seeds();
    if (seeds !== undefined) return [name, seeds] as const;
    throw new ControlRefusal(
      409,
      `${name} can't be recorded: a scenario is in force, or too much was asked of it. POST /_reset, and build the data again`,
    );
  });
  // Compact: indented it would be twice as long.
  return {
    status: 200,
    body: JSON.stringify(seedsOf(Object.fromEntries(taken))),
    headers: { 'content-disposition': 'attachment; filename="sandbox-seeds.json"' },
  };
};

/**
 * Makes the accounts that the seeds describe; services that the seeds leave out get their built-in data.
 *
 * @returns Puts them all in place. Webhooks stay.
 * @throws {ControlRefusal} 400 for a service that is not here, 409 if the seeds don't fit.
 */
export const prepareAll = (seeds: Seeds, { services }: Pick<ControlParts, 'services'>): (() => void) => {
  const strange = Object.keys(seeds.services).find((name) => !services.has(name));
  if (strange !== undefined) {
    throw new ControlRefusal(
      400,
      `seeds.services.${strange.slice(0, 40)} is no service here; there are ${[...services.keys()].join(', ')}`,
    );
  }
  const prepared = [...services].map(([name, { service }]) => service.prepare(seeds.services[name]));
  return () => {
    for (const putInPlace of prepared) putInPlace();
  };
};

/** Loads the seeds, and ends all faults. All or nothing: seeds that don't fit leave everything as it was. */
const load = async (seeds: Seeds, { services }: ControlParts): Promise<void> => {
  const putInPlace = prepareAll(seeds, { services });
  for (const { impose } of services.values()) await impose({ fault: 'ok' });
  putInPlace();
};

export const putSeeds = async (request: ControlRequest, parts: ControlParts): Promise<JsonReply> => {
  const seeds = parsedSeeds(await request.readText());
  await load(seeds, parts);
  parts.log('seeds loaded');
  return ok({ services: Object.fromEntries([...parts.services.keys()].map((name) => [name, seeds.services[name]?.entries.length ?? 0])) });
};

/** Back to the built-in data, for good. */
export const forgetSeeds = async (_request: ControlRequest, parts: ControlParts): Promise<JsonReply> => {
  await load(seedsOf({}), parts);
  parts.log('seeds forgotten');
  return ok({ services: {} });
};
