/**
 * An Explorium client over its real pipeline, whose wire follows a script; one failure opens its circuit.
 */
import { targetFrom } from '../../../../src/pipeline/requestBuilder.ts';
import type { HttpRequest } from '../../../../src/wire/transport.ts';
import { explorium } from '../../../../src/services/explorium/explorium.ts';
import type { ExploriumClient } from '../../../../src/services/explorium/exploriumClient.ts';
import { httpHouse, json, scriptedWire, type Reply } from '../../../support/httpHouse.ts';

export const ID = '19fbe842a2e51db95d4f92333f2cc63a';
export const OTHER_ID = 'b'.repeat(32);

export const ok = (body: object, status = 'success'): Reply => json(200, { response_context: { request_status: status }, ...body });
export const matched = (...ids: readonly (string | null)[]): Reply =>
  ok({ matched_businesses: ids.map((id) => ({ input: {}, business_id: id })) });
export const company = (name: string): Reply => ok({ data: { name }, entity_id: ID });
export const brokenDown = json(500, { details: 'Internal server error', correlation_id: 'c' });

export interface ScriptedExplorium {
  readonly client: ExploriumClient;
  readonly sent: readonly HttpRequest[];
  /** Method and path of each request. */
  readonly lines: () => readonly string[];
  readonly bodies: () => readonly unknown[];
  readonly close: () => void;
}

export const scriptedExplorium = (...replies: readonly Reply[]): ScriptedExplorium => {
  const { transport, sent } = scriptedWire(...replies);
  const house = httpHouse(transport, {
    classify: explorium.classify,
    target: targetFrom(explorium.baseUrl, explorium.authenticate('key')),
    policy: { retry: { maxAttempts: 1 }, circuit: { detection: { strategy: 'consecutive', failures: 1 } } },
  });
  return {
    client: explorium.mount(house.http).client,
    sent,
    lines: () => sent.map(({ method, path }) => `${method} ${path}`),
    bodies: () => sent.map(({ body }) => JSON.parse(body ?? 'null') as unknown),
    close: () => {
      house.close();
    },
  };
};
