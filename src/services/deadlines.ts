/**
 * Days on which something of a service ends that we use: said at the start of the process while there is time to act.
 */
import { DAY_MS } from '../time/clock.ts';
import type { Service, ServiceDeadline } from './provider.ts';

type Dated = Pick<Service, 'title' | 'deadlines'>;

const WARN_DAYS = 60;

/**
 * One line for each deadline by which we must act within sixty days, or should have acted.
 *
 * @param wallTime Wall-clock ms.
 */
export const deadlineWarnings = (services: readonly Dated[], wallTime: number): readonly string[] =>
  services.flatMap(({ title, deadlines = [] }) =>
    deadlines.filter(({ actBy }) => daysUntil(actBy, wallTime) <= WARN_DAYS).map((deadline) => warning(title, deadline, wallTime)),
  );

const warning = (title: string, { endsOn, actBy, what, act }: ServiceDeadline, wallTime: number): string => {
  const days = daysUntil(actBy, wallTime);
  const left = days < 0 ? 'that day is past' : `${String(days)} days left`;
  return `${title}: ${what} ends on ${endsOn}; by ${actBy} (${left}): ${act}`;
};

/** Whole days, by UTC; 0 on the day itself. */
const daysUntil = (day: string, wallTime: number): number => Math.floor(Date.parse(day) / DAY_MS) - Math.floor(wallTime / DAY_MS);
