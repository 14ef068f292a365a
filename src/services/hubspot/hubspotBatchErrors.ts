import type { BatchError } from './hubspotSchemas.ts';

/** The strings under a key of the context of a batch's error; ids come as numbers too. */
export const contextList = (error: BatchError, key: string): readonly string[] => {
  const list = error.context?.[key];
  return Array.isArray(list) ? list.map(String) : [];
};
