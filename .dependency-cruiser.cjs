/**
 * Who may import whom (docs/architecture.md). `test/architecture/importRules.test.ts` plants a violation of every
 * rule here and sees it fire.
 */

/** Ground floor first. A file imports from its own floor or from below. */
const floors = [
  ['time', 'errors', 'logging'],
  ['config'],
  ['contract', 'wire'],
  ['cache', 'quota', 'circuit', 'web', 'lifecycle'],
  ['pipeline', 'redis'],
  ['queue'],
  ['fleet'],
  ['monitoring'],
  ['routes', 'services'],
  ['embeddedSandbox', 'durableWrites', 'sharedState', 'app'],
  ['compose'],
  ['server'],
];

/** Rooms are folders, or single files beside `server.ts`. */
const inRooms = (rooms) => `^src/(${rooms.join('|')})(/|\\.ts$)`;

const floorRules = floors.slice(0, -1).map((rooms, floor) => ({
  name: `floor-${floor}-imports-nothing-higher`,
  comment: `${rooms.join(', ')} lie below what they import here: turn the dependency round, by a port beside its user.`,
  severity: 'error',
  from: { path: inRooms(rooms) },
  to: { path: inRooms(floors.slice(floor + 1).flat()) },
}));

/** Each library has one place that knows it; the rest of the house speaks to that place. */
const fences = {
  axios: ['src/pipeline/stages/retry.ts'],
  'axios-retry': ['src/pipeline/stages/retry.ts'],
  undici: ['src/wire/undiciTransport.ts'],
  opossum: ['src/circuit/circuitBreaker.ts', 'src/circuit/opossumEngine.ts'],
  'opossum-prometheus': ['src/monitoring/'],
  'prom-client': ['src/monitoring/'],
  'node-cache': ['src/cache/memoryCache.ts'],
  ioredis: ['src/redis/', 'src/fleet/redis/', 'src/queue/bullmq/'],
  bullmq: ['src/queue/bullmq/'],
  libsql: ['src/queue/embedded/'],
  dataloader: ['src/pipeline/stages/batchedReads.ts'],
  pino: ['src/logging/logger.ts'],
  dotenv: ['src/server.ts', 'sandbox/server/main.ts'],
  express: ['src/app.ts', 'src/web/', 'src/routes/', 'src/server.ts', 'src/compose.ts'],
  helmet: ['src/app.ts', 'src/web/'],
  'swagger-ui-dist': ['src/web/', 'src/routes/'],
};

const asPattern = (place) => `^${place.replace(/\./g, '\\.')}${place.endsWith('/') ? '' : '$'}`;

const fenceRules = Object.entries(fences).map(([library, places]) => ({
  name: `${library}-only-in-its-place`,
  comment: `Only ${places.join(', ')} may know ${library}.`,
  severity: 'error',
  from: { path: '^src/', pathNot: places.map(asPattern) },
  to: { path: `node_modules/(@types/)?${library}/` },
}));

const houseRules = [
  { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
  {
    name: 'every-room-has-a-floor',
    comment: 'A new room gets its place in `floors` above before anything is built in it.',
    severity: 'error',
    from: { path: '^src/', pathNot: inRooms(floors.flat()) },
    to: {},
  },
  {
    name: 'services-are-strangers',
    comment: 'A service can be taken out without touching another one.',
    severity: 'error',
    from: { path: '^src/services/([^/]+)/' },
    to: { path: '^src/services/([^/]+)/', pathNot: '^src/services/$1/' },
  },
  {
    name: 'stages-are-strangers',
    comment: 'Stages meet in the pipeline only; what two of them need goes below both.',
    severity: 'error',
    from: {
      path: '^src/pipeline/stages/(?:bulkhead|cache|deadline|fallback|retry|writeQueue|batchedReads|purgingWrites|quota|circuit|attemptTimeout)\\.ts$',
    },
    to: {
      path: '^src/pipeline/stages/(?:bulkhead|cache|deadline|fallback|retry|writeQueue|batchedReads|purgingWrites|quota|circuit|attemptTimeout)\\.ts$',
    },
  },
  {
    name: 'the-sandbox-comes-lazily',
    comment: 'Production never loads the sandbox, and its image has none: one `import()` in development is the only way in.',
    severity: 'error',
    from: { path: '^src/' },
    to: { path: '^sandbox/', dynamic: false },
  },
  {
    name: 'one-place-starts-the-sandbox',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/embeddedSandbox\\.ts$' },
    to: { path: '^sandbox/' },
  },
  {
    name: 'the-sandbox-knows-no-service',
    comment:
      'A simulator that shares code with its client agrees with it in its mistakes, too: of src, only time, settings and the HTTP server.',
    severity: 'error',
    from: { path: '^sandbox/' },
    to: { path: '^src/', pathNot: '^src/(time/|config/|web/httpServer\\.ts$)' },
  },
  {
    name: 'simulators-are-strangers',
    comment: 'What two of them need goes into sandbox/simulation.',
    severity: 'error',
    from: { path: '^sandbox/([^/]+)/', pathNot: '^sandbox/(server|simulation)/' },
    to: { path: '^sandbox/', pathNot: '^sandbox/(simulation|$1)/' },
  },
  {
    name: 'production-code-stands-alone',
    comment: 'Tests, scripts and experiments use the source, never the other way round.',
    severity: 'error',
    from: { path: '^src/' },
    to: { path: '^(test|scripts|lab)/' },
  },
  {
    name: 'no-development-packages',
    comment: 'They are not installed in production.',
    severity: 'error',
    from: { path: '^src/' },
    to: { dependencyTypes: ['npm-dev'], pathNot: 'node_modules/@types/' },
  },
  {
    name: 'no-undeclared-packages',
    severity: 'error',
    from: { path: '^src/' },
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], pathNot: 'node_modules/@types/' },
  },
  { name: 'everything-resolves', severity: 'error', from: {}, to: { couldNotResolve: true } },
  {
    name: 'no-orphans',
    comment: 'Nobody imports it and it imports nothing: use it or delete it.',
    severity: 'error',
    from: { orphan: true, path: '^src/' },
    to: {},
  },
  {
    name: 'no-junk-drawers',
    comment: 'Name a file for its one job.',
    severity: 'error',
    from: {},
    to: { path: '/(utils|util|helpers|helper|common|misc|types|index)(/|\\.ts$)', pathNot: 'node_modules/' },
  },
];

module.exports = {
  forbidden: [...houseRules, ...floorRules, ...fenceRules],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    // Types are imports, too: a port that knows its implementer is a circle whoever erases it.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
};
