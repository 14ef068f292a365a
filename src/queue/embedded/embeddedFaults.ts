/**
 * Where tests may stop the process of an embedded queue: luck alone does not hit the moment between a write and its sync.
 */
import type { Command } from './embeddedMessages.ts';

/** Written but not synced; synced but nobody told; told to the main thread but not to the caller; claimed but not begun. */
export type FaultPoint = 'before_commit' | 'after_commit' | 'before_answer' | 'after_claim';

/** Called at each point with the commands concerned. It may take its time, and may never return. */
export type FaultHook = (point: FaultPoint, commands: readonly Command[]) => void;

/**
 * A module with `createFaultHook(data): FaultHook`, and what it is given. Not the function itself: it cannot be handed to
 * the database thread, so both threads load the module.
 */
export interface Faults {
  readonly module: string;
  readonly data?: unknown;
}

export const loadFaultHook = async (faults: Faults | undefined): Promise<FaultHook> => {
  if (faults === undefined) return () => undefined;
  const { createFaultHook } = (await import(faults.module)) as { readonly createFaultHook: (data: unknown) => FaultHook };
  return createFaultHook(faults.data);
};
