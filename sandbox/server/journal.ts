/**
 * What a simulator was asked since it had its built-in data, with the moment and the chance of each request: enough to bring
 * about the same account again, from a file of recorded seeds. Credentials are replaced by stand-ins; bodies are kept as they came.
 */
import { z } from 'zod';
import type { OpenConnections, SandboxRequest } from '../simulation/simulator.ts';
import { CredentialStandIns } from './credentialStandIn.ts';
import { checked, ControlRefusal } from './reply.ts';

/** Beyond either of them nothing is kept at all: half a journal brings about another account. */
const MAX_ENTRIES = 10_000;
const MAX_CHARACTERS = 4_000_000;

const texts = z.record(z.string(), z.string());
const position = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);
const moment = { at: z.number(), chance: position };

const recordedRequestSchema = z.strictObject({
  method: z.string(),
  path: z.string(),
  query: z.string(),
  headers: texts,
  body: z.unknown().optional(),
  malformed: z.boolean(),
  connections: z.strictObject({ open: z.int(), abandonedAt: z.array(z.number()) }).optional(),
});

/** `at`: ms of the simulator's time. `chance`: where its stream was. */
const journalEntrySchema = z.discriminatedUnion('did', [
  z.strictObject({ did: z.literal('answer'), ...moment, status: z.int(), request: recordedRequestSchema }),
  z.strictObject({ did: z.literal('throttle'), ...moment, status: z.int(), request: recordedRequestSchema }),
  z.strictObject({ did: z.literal('settle'), ...moment }),
]);
export type JournalEntry = z.infer<typeof journalEntrySchema>;
type RecordedRequest = z.infer<typeof recordedRequestSchema>;

export const replayed = ({ query, connections, body, ...rest }: RecordedRequest): SandboxRequest => ({
  ...rest,
  body,
  query: new URLSearchParams(query),
  ...(connections === undefined ? {} : { connections }),
});

/** A request without any beside it says as much by saying nothing. */
const isAlone = (connections: OpenConnections | undefined): connections is undefined =>
  connections === undefined || (connections.open === 1 && connections.abandonedAt.length === 0);

export class Journal {
  /** As text: a simulator that changed a body later would change the past. */
  readonly #lines: string[] = [];
  #standIns = new CredentialStandIns();
  #characters = 0;
  #isLost = false;

  add(entry: JournalEntry): void {
    if (this.#isLost) return;
    const line = JSON.stringify(entry);
    this.#lines.push(line);
    this.#characters += line.length;
    if (this.#lines.length > MAX_ENTRIES || this.#characters > MAX_CHARACTERS) this.lose();
  }

  recorded({ method, path, query, headers, body, malformed, connections }: SandboxRequest): RecordedRequest {
    return {
      method,
      path,
      query: this.#standIns.query(query),
      headers: this.#standIns.headers(headers),
      ...(body === undefined ? {} : { body }),
      malformed,
      ...(isAlone(connections) ? {} : { connections: { open: connections.open, abandonedAt: [...connections.abandonedAt] } }),
    };
  }

  /** In order; `undefined` if there were too many, or something happened that requests can't repeat. */
  entries(): readonly JournalEntry[] | undefined {
    return this.#isLost ? undefined : this.#lines.map((line) => journalEntrySchema.parse(JSON.parse(line)));
  }

  /** Keeps nothing more until it is cleared. */
  lose(): void {
    this.clear();
    this.#isLost = true;
  }

  clear(): void {
    this.#lines.length = 0;
    this.#characters = 0;
    this.#isLost = false;
    this.#standIns = new CredentialStandIns();
  }
}

const FORMAT = 'sales-auto-api sandbox seeds 1';

const serviceSeedsSchema = z.strictObject({
  /** Where the simulator's chance stood at the end. */
  chance: position,
  entries: z.array(journalEntrySchema),
});
export type ServiceSeeds = z.infer<typeof serviceSeedsSchema>;

const seedsSchema = z.strictObject({
  format: z.literal(FORMAT, { error: `must be "${FORMAT}"` }),
  services: z.record(z.string(), serviceSeedsSchema),
});
export type Seeds = z.infer<typeof seedsSchema>;

export const seedsOf = (services: Readonly<Record<string, ServiceSeeds>>): Seeds => ({ format: FORMAT, services });

/** @throws {ControlRefusal} 400 saying what is wrong with the file; of many faults, the first few. */
export const parsedSeeds = (text: string): Seeds =>
  checked(text, seedsSchema, 'seeds', 'The seeds are not JSON; send what GET /_seeds answered');

/** The seeds bring about something else here than where they were recorded, such as another version's simulator. */
export const unlikeRecording = (service: string, index: number, was: number, is: number): ControlRefusal =>
  new ControlRefusal(
    409,
    `The seeds of ${service} don't fit: request ${String(index + 1)} is answered ${String(is)}, and was ${String(was)}. Record them again`,
  );
