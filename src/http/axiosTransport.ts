/**
 * The retry loop: an axios instance whose adapter is one whole attempt (circuit, limits and wire), with axios-retry
 * around it. That is how the retries come to stand outside the circuit breaker. The only file that imports the two.
 */
import axios, { AxiosError, type InternalAxiosRequestConfig } from 'axios';
import axiosRetry from 'axios-retry';
import type { HttpRequest } from './transport.ts';

export interface AttemptLoop {
  /**
   * Attempts until one succeeds or `delayFor` says no more. Waiting ends early when the signal aborts.
   *
   * @param delayFor Milliseconds before the next attempt, or `undefined` to give up.
   * @throws the last attempt's error, as it was, or `signal.reason`.
   */
  run<T>(
    request: HttpRequest,
    attempt: () => Promise<T>,
    delayFor: (error: unknown) => number | undefined,
    signal: AbortSignal,
  ): Promise<T>;
}

/** axios-retry goes on only where an error carries the request's config; ours travels as its cause. */
class FailedAttempt extends AxiosError {
  constructor(config: InternalAxiosRequestConfig, cause: unknown) {
    super('attempt failed', undefined, config);
    this.cause = cause as Error;
  }
}

const causeOf = (error: unknown): unknown => (error instanceof FailedAttempt ? error.cause : error);

export const createAttemptLoop = (): AttemptLoop => {
  const instance = axios.create({ transformRequest: [], transformResponse: [], maxRedirects: 0 });
  axiosRetry(instance);
  return {
    run: async (request, attempt, delayFor, signal) => {
      let delayMs: number | undefined;
      const adapter = (config: InternalAxiosRequestConfig) =>
        attempt().then(
          (data) => ({ data, status: 200, statusText: '', headers: {}, config }),
          (error: unknown) => {
            throw new FailedAttempt(config, error);
          },
        );
      try {
        const answer = await instance.request<Awaited<ReturnType<typeof attempt>>>({
          method: request.method,
          baseURL: request.origin,
          url: request.path,
          signal,
          adapter,
          'axios-retry': {
            // The rule counts the attempts itself; this bound only has to be no lower.
            retries: Number.MAX_SAFE_INTEGER,
            shouldResetTimeout: true,
            // An abort comes here as an error as well; the rule is asked about attempts only.
            retryCondition: (error) => !signal.aborted && (delayMs = delayFor(causeOf(error))) !== undefined,
            retryDelay: () => delayMs ?? 0,
          },
        });
        return answer.data;
      } catch (error) {
        throw signal.aborted ? signal.reason : causeOf(error);
      }
    },
  };
};
