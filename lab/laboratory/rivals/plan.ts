/**
 * The plan as its sample codes it: axios-retry inside opossum.
 */
import axios, { AxiosError, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import axiosRetry, { exponentialDelay, type IAxiosRetryConfig } from 'axios-retry';
import type { LabCall } from '../labCall.ts';
import type { RequestFailed, World } from '../world.ts';
import { behindOpossum } from './opossum.ts';
import { ATTEMPT_TIMEOUT_MS, type Contender } from './rival.ts';

/** The plan's own request time-out. */
const PLAN_TIMEOUT_MS = 12_000;

/** As axios' own adapters settle: a status that is no success is an error with the response, a time-out `ECONNABORTED`. */
const adapterOf =
  (world: World, timeoutMs: number) =>
  async (config: InternalAxiosRequestConfig): Promise<AxiosResponse> => {
    const answer: AxiosResponse = { data: '', status: 200, statusText: '', headers: {}, config };
    try {
      await world.ask(world.callOf(config.url ?? '', 0), timeoutMs);
      return answer;
    } catch (error) {
      const { status } = error as RequestFailed;
      if (status === undefined) throw new AxiosError('timed out', AxiosError.ECONNABORTED, config);
      throw new AxiosError('failed', AxiosError.ERR_BAD_RESPONSE, config, undefined, { ...answer, status });
    }
  };

const clientOf = (world: World, timeoutMs: number, retries: IAxiosRetryConfig): ((call: LabCall) => Promise<unknown>) => {
  const client = axios.create({ adapter: adapterOf(world, timeoutMs) });
  axiosRetry(client, retries);
  return ({ index }) => client.get(`/${String(index)}`);
};

export const planAsWritten: Contender = {
  name: 'the plan as written',
  settings:
    'axios-retry inside opossum: 5 retries, 1, 2, 4, 8 and 16 s apart; request timeout 12 s; opossum with `timeout` 10 s, 50 %, `volumeThreshold` 5, `resetTimeout` 30 s',
  open: (world) =>
    behindOpossum(world, clientOf(world, PLAN_TIMEOUT_MS, { retries: 5, retryDelay: (count) => 2 ** (count - 1) * 1000 }), {
      timeout: 10_000,
      errorThresholdPercentage: 50,
      volumeThreshold: 5,
      resetTimeout: 30_000,
    }),
};

export const planTuned: Contender = {
  name: 'the plan, tuned',
  settings:
    'as written but for 2 retries after 200 and 400 ms (`exponentialDelay`), attempt timeout 4 s, `timeout` 10 s, `volumeThreshold` 10, `resetTimeout` 5 s',
  open: (world) =>
    behindOpossum(world, clientOf(world, ATTEMPT_TIMEOUT_MS, { retries: 2, retryDelay: exponentialDelay }), {
      timeout: 10_000,
      volumeThreshold: 10,
      resetTimeout: 5000,
    }),
};
