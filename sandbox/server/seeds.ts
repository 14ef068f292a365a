/**
 * Recorded seeds: the accounts of all services as one file, by what brought them about.
 */
import { z } from 'zod';
import { journalEntrySchema } from './journal.ts';
import { checked, ControlRefusal } from './reply.ts';

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

/** @throws {ControlRefusal} 400 saying what is wrong with the file; of many faults, the first few. */
export const parsedSeeds = (text: string): Seeds =>
  checked(text, seedsSchema, 'seeds', 'The seeds are not JSON; send what GET /_seeds answered');

/** The seeds bring about something else here than where they were recorded, such as another version's simulator. */
export const unlikeRecording = (service: string, index: number, was: number, is: number): ControlRefusal =>
  new ControlRefusal(
    409,
    `The seeds of ${service} don't fit: request ${String(index + 1)} is answered ${String(is)}, and was ${String(was)}. Record them again`,
  );
