/**
 * What the endpoints of the simulator are made of.
 */
import { z, type ZodType } from 'zod';
import type { SandboxAnswer } from '../simulation/simulator.ts';
import type { AssociationStore } from './hubspotSandboxLinks.ts';
import { badInput, refusal } from './hubspotSandboxErrors.ts';
import { objectTypeNamed, type ObjectType } from './hubspotSandboxObjects.ts';
import type { RecordStore } from './hubspotSandboxStore.ts';

/** The simulated account's data and time. */
export interface SimulatedAccount {
  readonly records: RecordStore;
  readonly associations: AssociationStore;
  /** Wall-clock ms. */
  readonly now: () => number;
}

/** One request, cut into its parts; `params` by the names in the endpoint's pattern. */
export interface Exchange {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

export type Endpoint = (account: SimulatedAccount, exchange: Exchange) => SandboxAnswer;

/** An endpoint below a type of object, which its path names. */
export const ofType =
  (answer: (account: SimulatedAccount, type: ObjectType, exchange: Exchange) => SandboxAnswer): Endpoint =>
  (account, exchange) => {
    const name = exchange.params['type'] ?? '';
    const type = objectTypeNamed(name);
    if (type !== undefined) return answer(account, type, exchange);
    return refusal(400, `Unable to infer object type from: ${name}`, { category: 'VALIDATION_ERROR' });
  };

/** An endpoint that needs a body of this shape. */
export const withBody = <Body>(schema: ZodType<Body>, body: unknown, answer: (body: Body) => SandboxAnswer): SandboxAnswer => {
  const parsed = schema.safeParse(body);
  if (parsed.success) return answer(parsed.data);
  const [issue] = parsed.error.issues;
  return badInput(`${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is not valid'}`);
};

/** Values come as any JSON scalar, and are kept as strings; `null` clears. */
export const propertiesSchema = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean(), z.null()]).transform((value) => (value === null ? '' : String(value))),
);

export const idSchema = z.union([z.string(), z.number()]).transform(String);

/** A count in the query; `undefined` if it is no whole number in the bounds. */
export const countIn = (query: URLSearchParams, name: string, absent: number, most: number): number | undefined => {
  const text = query.get(name);
  if (text === null) return absent;
  const count = Number(text);
  return Number.isInteger(count) && count >= 1 && count <= most ? count : undefined;
};

/** The page that follows, with a link as misleading as HubSpot's: another host, and `after` forgotten. */
export const nextPage = (type: ObjectType, limit: number, after: string): Readonly<Record<string, unknown>> => ({
  paging: { next: { after, link: `https://api.hubspot.com/crm/objects/v3/${type.plural}?limit=${String(limit)}` } },
});
