/**
 * The one limit of the simulated Mailchimp: ten connections of a user at once. Who gives up does not free one: the work
 * goes on for up to two minutes.
 */
import type { OpenConnections } from '../simulation/simulator.ts';

const MAX_CONNECTIONS = 10;
const HELD_FOR_MS = 120_000;

/** @param connections What the sandbox counted; without it nobody counted, and the request is alone. */
export const hasFreeConnection = (connections: OpenConnections | undefined, now: number): boolean => {
  if (connections === undefined) return true;
  const held = connections.abandonedAt.filter((at) => now - at < HELD_FOR_MS).length;
  return connections.open + held <= MAX_CONNECTIONS;
};
