/**
 * For tests of Kit: its client over a scripted wire or over its simulator.
 */
import { targetFrom } from '../../../../src/pipeline/requestBuilder.ts';
import type { Transport } from '../../../../src/wire/transport.ts';
import type { WriteQueue } from '../../../../src/contract/writeQueue.ts';
import { kit } from '../../../../src/services/kit/kit.ts';
import type { KitClient } from '../../../../src/services/kit/kitClient.ts';
import { kitSimulator } from '../../../../sandbox/kit/kitSandbox.ts';
import type { SandboxRequest } from '../../../../sandbox/simulation/simulator.ts';
import { httpHouse, type HttpHouse } from '../../../support/httpHouse.ts';
import type { Route } from '../../../../src/web/route.ts';
import { sandboxRequest } from '../../../support/simulatedWire.ts';

export interface KitHouse extends HttpHouse {
  readonly client: KitClient;
  readonly routes: readonly Route[];
}

export interface KitHouseParts {
  readonly secret?: string;
  readonly queue?: WriteQueue;
  /** How many in a row open the circuit. Default 1. */
  readonly failures?: number;
}

/** One attempt a call. */
export const kitHouse = (transport: Transport, { secret = 'kit_key_of_ours', queue, failures = 1 }: KitHouseParts = {}): KitHouse => {
  const house = httpHouse(transport, {
    classify: kit.classify,
    readQuota: kit.readQuota,
    target: targetFrom(kit.baseUrl, kit.authenticate(secret)),
    policy: { retry: { maxAttempts: 1 }, circuit: { detection: { strategy: 'consecutive', failures } } },
    ...(queue !== undefined && { queue }),
  });
  return { ...house, ...kit.mount(house.http, secret) };
};

export const tokenHeaders = { authorization: 'Bearer oauth-token-of-ours' };
export const keyHeaders: SandboxRequest['headers'] = { 'x-kit-api-key': 'kit_key_of_ours' };

/** @param where Method, path and query, such as `GET /v4/subscribers?status=all`. */
export const kitRequest = (where: string, body?: unknown, headers = keyHeaders): SandboxRequest => sandboxRequest(where, headers, body);

/** A simulator in time that the test moves, its chance in the middle. */
export const simulatedKit = (random: () => number = () => 0.5) => {
  const time = { now: Date.UTC(2026, 10, 21, 9, 0, 0) };
  return { time, simulator: kitSimulator.create({ now: () => time.now, random }) };
};
