/**
 * One request on behalf of several calls: how long it may take, when it may stop, and what they are told of it.
 */
import type { CallContext, CallProgress } from '../../contract/call.ts';

export interface SharedContext {
  readonly context: CallContext;
  /** Once the request has ended. */
  readonly leave: () => void;
}

/** As patient as the most patient of them, as urgent as the most urgent, and told to stop when all have gone. */
export const sharedContext = (contexts: readonly CallContext[], operation: string): SharedContext => {
  const [first] = contexts;
  if (first === undefined) throw new Error('a batch has at least one read');
  const { signal, leave } = whenAllHaveGone(contexts);
  const context: CallContext = {
    ...first,
    site: { ...first.site, operation },
    signal,
    callerSignal: undefined,
    cacheKey: undefined,
    deadlineAt: Math.max(...contexts.map(({ deadlineAt }) => deadlineAt)),
    livesUntil: Math.max(...contexts.map(({ deadlineAt, livesUntil = deadlineAt }) => livesUntil)),
    lane: laneOf(contexts),
    callers: [...new Set(contexts.flatMap(({ callers }) => callers))],
    attemptTimeoutMs: Math.max(...contexts.map(({ attemptTimeoutMs }) => attemptTimeoutMs)),
    progress: new SharedProgress(contexts.map(({ progress }) => progress)),
  };
  return { context, leave };
};

export const laneOf = (contexts: readonly Pick<CallContext, 'lane'>[]): CallContext['lane'] =>
  contexts.every(({ lane }) => lane === 'drain') ? 'drain' : 'interactive';

const whenAllHaveGone = (contexts: readonly CallContext[]): { readonly signal: AbortSignal } & Pick<SharedContext, 'leave'> => {
  const controller = new AbortController();
  const onAbort = (): void => {
    if (contexts.every(({ signal }) => signal.aborted)) controller.abort(contexts[0]?.signal.reason);
  };
  for (const { signal } of contexts) signal.addEventListener('abort', onAbort);
  // Some may have gone before; of the last of all, nobody would hear any more.
  onAbort();
  const leave = (): void => {
    for (const { signal } of contexts) signal.removeEventListener('abort', onAbort);
  };
  return { signal: controller.signal, leave };
};

/** What becomes of the batch becomes of each of its reads: what it cost may be lost to all of them. */
class SharedProgress implements CallProgress {
  readonly #all: readonly CallProgress[];
  #attempts = 0;
  #unsettled = false;

  constructor(all: readonly CallProgress[]) {
    this.#all = all;
  }

  get attempts(): number {
    return this.#attempts;
  }

  set attempts(count: number) {
    for (const progress of this.#all) progress.attempts += count - this.#attempts;
    this.#attempts = count;
  }

  get unsettled(): boolean {
    return this.#unsettled;
  }

  set unsettled(isUnsettled: boolean) {
    for (const progress of this.#all) progress.unsettled = isUnsettled;
    this.#unsettled = isUnsettled;
  }
}
