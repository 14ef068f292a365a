/**
 * Inside the service that `npm run trace` watches: counts calls by V8's coverage, and reads the stack at a breakpoint from a thread of its own.
 */
import { Session } from 'node:inspector/promises';
import process from 'node:process';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

const OURS = /\/dist\/(src\/.+)\.js$/u;
const fileOf = (url) => OURS.exec(url)?.[1];
const ASYNC_DEPTH = 64;

/** The stack at the first stop, its asynchronous callers included, outermost first. */
const stackOf = ({ callFrames, asyncStackTrace }, urlOf) => {
  const frames = callFrames.map((frame) => ({ url: frame.url || urlOf(frame.location.scriptId), name: frame.functionName }));
  for (let trace = asyncStackTrace; trace !== undefined; trace = trace.parent)
    frames.push(...trace.callFrames.map(({ url, functionName }) => ({ url, name: functionName })));
  return frames.flatMap(({ url, name }) => (fileOf(url) === undefined ? [] : [{ file: fileOf(url), name }])).reverse();
};

const watchMainThread = async () => {
  const session = new Session();
  session.connectToMainThread();
  const urls = new Map();
  let stack;
  session.on('Debugger.scriptParsed', ({ params }) => urls.set(params.scriptId, params.url));
  session.on('Debugger.paused', ({ params }) => {
    stack ??= stackOf(params, (id) => urls.get(id) ?? '');
    void session.post('Debugger.resume');
  });
  parentPort.on('message', ({ what, lines }) => {
    if (what === 'stack') parentPort.postMessage(stack ?? []);
    if (what !== 'stop at') return;
    const begin = async () => {
      await session.post('Debugger.enable');
      await session.post('Debugger.setAsyncCallStackDepth', { maxDepth: ASYNC_DEPTH });
      for (const lineNumber of lines)
        await session.post('Debugger.setBreakpointByUrl', { lineNumber, urlRegex: '.*/dist/src/wire/undiciTransport\\.js$' });
      parentPort.postMessage('set');
    };
    void begin();
  });
};

const countCalls = () => {
  const session = new Session();
  session.connect();
  const watcher = new Worker(new URL(import.meta.url));
  watcher.unref();
  watcher.on('message', (value) => process.send(value));
  process.on('message', (message) => {
    const { what } = message;
    if (what === 'count')
      void session
        .post('Profiler.enable')
        .then(() => session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false }))
        .then(() => session.post('Profiler.takePreciseCoverage'))
        .then(() => process.send('counting'));
    else if (what === 'counted')
      void session.post('Profiler.takePreciseCoverage').then(({ result }) => {
        const functions = result.flatMap(({ url, functions: all }) =>
          fileOf(url) === undefined
            ? []
            : all.map(({ functionName, ranges: [{ count }] }) => ({ file: fileOf(url), name: functionName, calls: count })),
        );
        process.send(functions.filter(({ calls }) => calls > 0));
      });
    else watcher.postMessage(message);
  });
};

if (isMainThread) countCalls();
else await watchMainThread();
