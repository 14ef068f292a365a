/**
 * Recorded seeds: the accounts of all services as one file, by what brought them about.
 */
import { z } from 'zod';
import { journalEntrySchema } from './journal.ts';
import { ControlRefusal } from './jsonReply.ts';

const FORMAT = 'sales-auto-api sandbox seeds 1';

const serviceSeedsSchema = z.strictObject({
  /** Where the simulator's chance stood at the end. */
  chance: z
    .int()
    .min(0)
    .max(2 ** 32 - 1),
  entries: z.array(journalEntrySchema),
});
export type ServiceSeeds = z.infer<typeof serviceSeedsSchema>;

const seedsSchema = z.strictObject({
  format: z.literal(FORMAT, { error: `must be "${FORMAT}"` }),
  services: z.record(z.string(), serviceSeedsSchema),
});
export type Seeds = z.infer<typeof seedsSchema>;

export const seedsOf = (services: Readonly<Record<string, ServiceSeeds>>): Seeds => ({ format: FORMAT, services });

const MAX_FAULTS = 5;

/**
 * Reads a file of seeds.
 *
 * @throws {ControlRefusal} 400 saying what is wrong with it; of many faults, the first few.
 */
export const parsedSeeds = (text: string): Seeds => {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new ControlRefusal(400, 'The seeds are not JSON; send what GET /_seeds answered');
  }
  const parsed = seedsSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.slice(0, MAX_FAULTS).map(({ path, message }) => ({ at: ['seeds', ...path].join('.'), message }));
  throw new ControlRefusal(400, faults.map(({ at, message }) => `${at} ${message}`).join('; '), faults);
};

/** The seeds bring about something else here than where they were recorded, such as another version's simulator. */
export const unlikeRecording = (service: string, index: number, was: number, is: number): ControlRefusal =>
  new ControlRefusal(
    409,
    `The seeds of ${service} don't fit: request ${String(index + 1)} is answered ${String(is)}, and was ${String(was)}. Record them again`,
  );
