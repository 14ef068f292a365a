/**
 * The queue in the health report. A store that is down is a warning: reads and direct writes go on without it.
 */
import type { QueueDepth } from '../queue/durableQueue.ts';
import type { QueueReading } from '../queue/queueMaintenance.ts';
import { minutes } from '../time/clock.ts';
import type { HealthCheck } from './healthObservation.ts';

/** A service that is down for this long is an incident; a job that waits longer than that, with its service well, is one too. */
export const OLDEST_JOB_WARNS_MS = minutes(15);

/** Each waits for a person, so one is worth a look. */
export const DEAD_LETTERS_WARN = 1;

const isoTime = (wallMs: number): string => new Date(wallMs).toISOString();

const oldestAcceptedAt = ({ depths }: QueueReading): number | undefined => {
  const moments = depths.flatMap((depth) => depth.oldestAcceptedAt ?? []);
  return moments.length === 0 ? undefined : Math.min(...moments);
};

const oldestAgeMs = (reading: QueueReading): number => {
  const oldest = oldestAcceptedAt(reading);
  return oldest === undefined ? 0 : Math.max(0, reading.at - oldest);
};

const servicesWith = (depths: readonly QueueDepth[], state: 'failed' | 'uncertain'): Readonly<Record<string, number>> =>
  Object.fromEntries(depths.filter(({ jobs }) => jobs[state] > 0).map(({ service, jobs }) => [service, jobs[state]]));

const waitingForPeople = ({ depths, at }: QueueReading, state: 'failed' | 'uncertain'): HealthCheck => {
  const services = servicesWith(depths, state);
  const count = Object.values(services).reduce((sum, each) => sum + each, 0);
  return { observedValue: count, observedUnit: 'jobs', services, status: count >= DEAD_LETTERS_WARN ? 'warn' : 'pass', time: isoTime(at) };
};

/** How many writes wait or are being made: a long queue that moves is no trouble. */
const waitingJobs = ({ depths }: QueueReading, time: string): HealthCheck => {
  const open = depths.map(({ service, jobs }) => [service, jobs.queued + jobs.running] as const).filter(([, count]) => count > 0);
  const count = open.reduce((sum, [, each]) => sum + each, 0);
  return { observedValue: count, observedUnit: 'jobs', services: Object.fromEntries(open), status: 'pass', time };
};

/** What is wrong with the queue as a whole; empty while it works. Dead letters are no fault of it. */
export const queueTroubles = (reading: QueueReading | undefined): readonly string[] => {
  if (reading === undefined) return [];
  const age = oldestAgeMs(reading);
  return [
    ...(reading.up ? [] : [`queue store down, ${reading.reason ?? 'it does not answer'}: writes are made or refused, none is queued`]),
    ...(age > OLDEST_JOB_WARNS_MS ? [`a job has waited for ${String(Math.floor(age / 1000))} s`] : []),
  ];
};

/** By name; none where there is no queue. */
export const queueChecks = (reading: QueueReading | undefined): Readonly<Record<string, readonly HealthCheck[]>> => {
  if (reading === undefined) return {};
  const { up, engine, reason } = reading;
  const time = isoTime(reading.at);
  const age = oldestAgeMs(reading);
  const oldest = { observedValue: Math.floor(age / 1000), observedUnit: 's', limit: OLDEST_JOB_WARNS_MS / 1000 };
  return {
    'queue:store': [
      {
        componentType: 'datastore',
        observedValue: up ? 'up' : 'down',
        engine,
        ...(reason !== undefined && { output: reason }),
        status: up ? 'pass' : 'warn',
        time,
      },
    ],
    'queue:oldestJob': [{ ...oldest, status: age > OLDEST_JOB_WARNS_MS ? 'warn' : 'pass', time }],
    'queue:waitingJobs': [waitingJobs(reading, time)],
    'queue:deadLetters': [waitingForPeople(reading, 'failed')],
    'queue:uncertainJobs': [waitingForPeople(reading, 'uncertain')],
  };
};
