/**
 * How a replica stands to a limit that it shares, as it tells the store: what it holds, uses, and wants.
 */
import type { Governed } from './quotaGovernor.ts';
import { partOf, type QuotaLanes } from './quotaLanes.ts';
import type { ShareReport } from './quotaShares.ts';

/** Between two reports of somebody who uses something, ms; less where permits come back sooner. */
const PACE_MS = 500;
const LONG_WINDOW_MS = 5000;
const LEAST_PACE_MS = 100;
/** What is wanted beyond what is used, as a part of that; and at most, as a part of what each has where shares are even. */
const HEAD_ROOM = 1 / 8;

/** The smallest share with which the first of those who wait could go now; 0: nobody waits. */
export const neededBy = ({ window }: Governed, lanes: QuotaLanes, now: number): number => {
  const { first } = lanes.demand;
  return first === undefined ? 0 : Math.min(window.limit, window.shareFor(now, first.weight, partOf(first.lane)));
};

/** @param replicas Among how many the limit is divided. */
export const standing = (governed: Governed, lanes: QuotaLanes, replicas: number, now: number): Omit<ShareReport, 'generation'> => {
  const { window, isStated } = governed;
  const { first } = lanes.demand;
  const used = window.ownUsed(now);
  const held = Math.floor(Math.min(window.limit, window.share(now)));
  const fallsInMs = window.fallsInMs(now, held);
  const asked = askedFor(used, lanes);
  return {
    limit: window.limit,
    isStated,
    holdsMs: window.longestMs,
    held,
    used,
    ...(fallsInMs === undefined ? {} : { fallsInMs: Math.ceil(fallsInMs) }),
    wanted: asked === 0 ? 0 : Math.min(window.limit, asked + headRoom(used, window.limit / replicas)),
    needed: neededBy(governed, lanes, now),
    usable: first === undefined ? used : Math.ceil(used / partOf(first.lane)),
    paceMs: window.windowMs >= LONG_WINDOW_MS ? PACE_MS : Math.max(LEAST_PACE_MS, window.windowMs / 8),
  };
};

const askedFor = (used: number, { demand: { interactive, drain } }: QuotaLanes): number =>
  Math.max(used + interactive, drain === 0 ? 0 : Math.ceil((used + interactive + drain) / partOf('drain')));

const headRoom = (used: number, even: number): number => Math.min(Math.max(1, Math.ceil(used * HEAD_ROOM)), Math.floor(even * HEAD_ROOM));
