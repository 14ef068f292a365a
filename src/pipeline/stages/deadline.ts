import { CallCancelledError, DeadlineExceededError } from '../../errors/upstreamErrors.ts';
import type { Clock } from '../../time/clock.ts';
import type { Answer, Call, CallContext, Stage } from '../../contract/call.ts';

/**
 * Ends the whole call, retries included, when the caller's patience is over or the caller hangs up. The answer comes
 * at that moment; what is still under way is told by the signal.
 *
 * @throws {DeadlineExceededError | CallCancelledError}
 */
export const deadline =
  (clock: Clock): Stage =>
  <T>(next: Call<T>): Call<T> =>
  (context) =>
    new Promise<Answer<T>>((resolve, reject) => {
      const { callerSignal, site } = context;
      const leftMs = context.deadlineAt - clock.now();
      if (callerSignal?.aborted === true) {
        reject(new CallCancelledError(site));
        return;
      }
      if (leftMs <= 0) {
        reject(new DeadlineExceededError(site, 0));
        return;
      }
      const controller = new AbortController();
      const end = (error: Error): void => {
        cleanUp();
        reject(error);
        controller.abort(error);
      };
      const onHangUp = (): void => {
        end(new CallCancelledError(site));
      };
      const cancelTimer = clock.after(leftMs, () => {
        end(new DeadlineExceededError(site, leftMs));
      });
      const cleanUp = (): void => {
        cancelTimer();
        callerSignal?.removeEventListener('abort', onHangUp);
      };
      callerSignal?.addEventListener('abort', onHangUp);
      // Not a `finally`: that costs every call four more promises.
      const ended =
        <V>(settle: (value: V) => void) =>
        (value: V): void => {
          cleanUp();
          settle(value);
        };
      next(withSignal(context, controller.signal)).then(ended<Answer<T>>(resolve), ended<unknown>(reject));
    });

const withSignal = (context: CallContext, signal: AbortSignal): CallContext => ({ ...context, signal });
