import type { LabCall } from '../labCall.ts';
import type { World } from '../world.ts';

/** A protected way to the services of a scenario. */
export interface Rival {
  /** Resolves when the caller is served; rejects when not. */
  readonly call: (call: LabCall) => Promise<unknown>;
  readonly close: () => void;
}

/** A library with its settings. */
export interface Contender {
  /** For the command line and the tables. */
  readonly name: string;
  /** Every setting that differs from the library's own defaults, for the page. */
  readonly settings: string;
  readonly open: (world: World) => Rival;
}

/** Patience of the client that each rival wraps, and the time in which an answer is an answer. As in the template of HubSpot. */
export const ATTEMPT_TIMEOUT_MS = 4000;

/** One of something for each service of the scenario. */
export const forEachService = <T>({ serviceCount }: World, create: (service: number) => T): readonly T[] =>
  Array.from({ length: serviceCount }, (_, service) => create(service));

/** @throws {Error} if there is none: a scenario has one for each of its services. */
export const pick = <T>(all: readonly T[], { service }: LabCall): T => {
  const found = all[service];
  if (found === undefined) throw new Error(`nothing protects service ${String(service)}`);
  return found;
};
