/**
 * `/admin/circuits`: what people on call may do to a circuit.
 */
import { z } from 'zod';
import { InvalidRequestError } from '../errors/requestErrors.ts';
import type { DetectionPolicy } from '../contract/circuitState.ts';
import { detectionSchema } from '../contract/policy.ts';
import { route, type Route } from '../web/route.ts';
import type { Change, CircuitDesk, FleetControls } from './circuitDesk.ts';
import { circuitSchema, circuitView, overrideMode, stillInForce } from './circuitView.ts';

const params = z.strictObject({ name: z.string().min(1).max(100).meta({ description: 'The circuit, such as `hubspot`.' }) });
const reason = z.string().trim().min(3).max(200).meta({ description: 'Why: for the log, and for whoever is on call next.' });
const ttlSeconds = z.int().min(1).max(86_400).meta({ description: 'Seconds after which the change ends by itself; at most a day.' });

const scope = z
  .enum(['replica', 'fleet'])
  .default('replica')
  .meta({ description: 'Only the replica that is asked, or all of them: they follow within two seconds.' });

const reasonSchema = z.strictObject({ reason, scope });
const overrideSchema = z.strictObject({ mode: overrideMode, reason, ttlSeconds, scope });

/** Any members of a detection; whether they make one together is told once they meet the circuit's own. */
const detectionPartSchema = z.strictObject({
  strategy: z.enum(['cusum', 'rate', 'consecutive']).optional(),
  threshold: z.number().optional(),
  windowMs: z.number().optional(),
  minimumCalls: z.int().optional(),
  failureRatePercent: z.number().optional(),
  slowRatePercent: z.number().optional(),
  failures: z.int().optional(),
});
const replicaOnly = z
  .literal('replica', { error: 'must be replica: thresholds are changed on each replica by itself' })
  .default('replica')
  .meta({ description: 'Thresholds are changed on the replica that is asked; the fleet has no such change.' });
const detectionChangeSchema = z.strictObject({ detection: detectionPartSchema, reason, ttlSeconds, scope: replicaOnly });
const restoreSchema = z.strictObject({ reason, scope: replicaOnly });

/** What all routes of one circuit share. */
const ofCircuit = { scope: 'admin', params, answer: circuitSchema, problems: [404] } as const;

const mergedDetection = (current: DetectionPolicy, wanted: z.infer<typeof detectionPartSchema>): DetectionPolicy => {
  const keepsStrategy = wanted.strategy === undefined || wanted.strategy === current.strategy;
  const parsed = detectionSchema.safeParse(keepsStrategy ? { ...current, ...wanted } : wanted);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => ({ at: ['body.detection', ...path].join('.'), message }));
  throw new InvalidRequestError('these members do not make a detection', faults);
};

const listCircuits = (desk: CircuitDesk): Route =>
  route({
    method: 'get',
    path: '/circuits',
    summary: 'List the circuits',
    scope: 'admin',
    answer: z.object({ circuits: z.array(circuitSchema) }),
    handle: () => ({ body: { circuits: desk.list().map((circuit) => circuitView(circuit)) } }),
  });

const showCircuit = (desk: CircuitDesk): Route =>
  route({
    ...ofCircuit,
    method: 'get',
    path: '/circuits/:name',
    summary: 'Show a circuit',
    handle: ({ params: { name } }) => ({ body: circuitView(desk.find(name).snapshot()) }),
  });

const imposeOverride = (desk: CircuitDesk): Route =>
  route({
    ...ofCircuit,
    method: 'post',
    path: '/circuits/:name/override',
    summary: 'Impose an override on a circuit',
    description: '`forced_open`: nothing passes. `disabled`: everything passes unjudged. `metrics_only`: everything passes and is judged.',
    body: overrideSchema,
    handle: async ({ params: { name }, body: { mode, scope: where, ...why }, ...author }) => {
      const action = 'impose';
      const override = { mode, reason: why.reason, by: author.caller.id };
      if (where === 'fleet') {
        const act = (fleet: FleetControls, leftMs: number): Promise<unknown> => fleet.impose(name, { ...override, leftMs });
        return { body: circuitView(await desk.changeFleet(name, author, { action, ...why, act })) };
      }
      const act: Change['act'] = (circuit, until) => {
        circuit.impose({ ...override, scope: 'replica', until });
      };
      return { body: circuitView(desk.change(name, author, { action, ...why, act })) };
    },
  });

const releaseOverride = (desk: CircuitDesk): Route =>
  route({
    ...ofCircuit,
    method: 'delete',
    path: '/circuits/:name/override',
    summary: 'Release a circuit from its override',
    body: reasonSchema,
    description: 'Of one scope. `notice` says so if the other scope has one that is still in force.',
    handle: async ({ params: { name }, body: { scope: where, reason: why }, ...author }) => {
      const change = { action: 'release', reason: why } as const;
      const after =
        where === 'fleet'
          ? await desk.changeFleet(name, author, { ...change, act: (fleet) => fleet.release(name) })
          : desk.change(name, author, {
              ...change,
              act: (circuit) => {
                circuit.release();
              },
            });
      return { body: circuitView(after, stillInForce(after)) };
    },
  });

const resetCircuit = (desk: CircuitDesk): Route =>
  route({
    ...ofCircuit,
    method: 'post',
    path: '/circuits/:name/reset',
    summary: 'Close a circuit and forget what it has seen',
    description:
      'Ends every pause of its quota that the service asked for, and an override of the same scope; `notice` says so if the other scope has one that is still in force.',
    body: reasonSchema,
    handle: async ({ params: { name }, body: { scope: where, reason: why }, ...author }) => {
      const change = { action: 'reset', reason: why } as const;
      const after =
        where === 'fleet'
          ? await desk.changeFleet(name, author, { ...change, act: (fleet) => fleet.reset(name) })
          : desk.change(name, author, {
              ...change,
              act: (circuit) => {
                circuit.reset();
              },
            });
      return { body: circuitView(after, stillInForce(after)) };
    },
  });

const changeDetection = (desk: CircuitDesk): Route =>
  route({
    ...ofCircuit,
    method: 'patch',
    path: '/circuits/:name/detection',
    summary: 'Change the thresholds of a circuit for a while',
    description:
      'Members left out keep their value, unless `strategy` changes: then all members of the new one are needed. DELETE undoes it.',
    body: detectionChangeSchema,
    handle: ({ params: { name }, body, ...author }) => {
      const { detection: wanted, scope: _replica, ...why } = body;
      const detection = mergedDetection(desk.find(name).snapshot().detection, wanted);
      const act: Change['act'] = (circuit, until) => {
        circuit.changeDetection(detection, { reason: why.reason, by: author.caller.id, until });
      };
      return { body: circuitView(desk.change(name, author, { action: 'change_detection', ...why, act })) };
    },
  });

const restoreDetection = (desk: CircuitDesk): Route =>
  route({
    ...ofCircuit,
    method: 'delete',
    path: '/circuits/:name/detection',
    summary: 'Undo a change of thresholds',
    description: 'Those of the settings hold again, with nothing seen.',
    body: restoreSchema,
    handle: ({ params: { name }, body: { reason: why }, ...author }) => {
      const act: Change['act'] = (circuit) => {
        circuit.restoreDetection();
      };
      return { body: circuitView(desk.change(name, author, { action: 'restore_detection', reason: why, act })) };
    },
  });

/** Mounted at `/admin`; every route wants the scope `admin`. */
export const adminRoutes = (desk: CircuitDesk): readonly Route[] => [
  listCircuits(desk),
  showCircuit(desk),
  imposeOverride(desk),
  releaseOverride(desk),
  resetCircuit(desk),
  changeDetection(desk),
  restoreDetection(desk),
];
