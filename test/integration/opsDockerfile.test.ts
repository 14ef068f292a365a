import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect } from 'chai';
import { execForm, readStages, textsOf, type Stage } from '../support/dockerfile.ts';
import { readText, root } from '../support/repoFiles.ts';

const stages = readStages(readText('Dockerfile'));
const [build, dependencies, run] = stages as [Stage, Stage, Stage];

/** What a COPY takes from the repository; nothing where it takes from another stage. */
const sourcesOf = (stage: Stage): readonly string[] =>
  textsOf(stage, 'COPY')
    .filter((text) => !text.startsWith('--from'))
    .flatMap((text) => text.split(/\s+/u).slice(0, -1));

/** Whether `.dockerignore`, which excludes everything, lets a path through. */
const isSent = (file: string): boolean => readText('.dockerignore').split('\n').includes(`!${file}`);

/** Runs the health check as Docker would, against a server that answers with `status`; the exit code. */
const checkHealth = async (status: number): Promise<unknown> => {
  const asked: (string | undefined)[] = [];
  const server = createServer((req, res) => {
    asked.push(req.url);
    res.writeHead(status).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const [, ...parameters] = execForm(textsOf(run, 'HEALTHCHECK')[0] ?? '');
  const PORT = String((server.address() as AddressInfo).port);
  const [code] = await once(spawn(process.execPath, parameters, { env: { PORT } }), 'close');
  server.closeAllConnections();
  server.close();
  expect(asked).to.deep.equal(['/health/live']);
  return code;
};

describe('The Dockerfile', () => {
  it('has a stage that builds, one that installs, one that runs', () => {
    expect(stages.map(({ name }) => name)).to.deep.equal(['build', 'dependencies', 'run']);
  });

  it('names its images by version, never latest', () => {
    for (const { image } of stages) expect(image).to.match(/^[\w./-]+:(?!latest)[\w.-]+$/u);
  });

  it('builds and runs on the same major version of Node', () => {
    expect(build.image).to.match(/^node:24-/u);
    expect(dependencies.image).to.equal(build.image);
    expect(run.image).to.include('/nodejs24-');
  });

  it('runs in production mode, as a user who is not root, in an image without a shell', () => {
    expect(run.image).to.match(/distroless.*:nonroot$/u);
    expect(textsOf(run, 'USER')).to.deep.equal(['nonroot']);
    expect(textsOf(run, 'ENV').join(' ')).to.include('NODE_ENV=production');
    expect(textsOf(run, 'RUN')).to.deep.equal([]);
  });

  it('starts Node itself, with source maps, so that signals reach it', () => {
    expect(textsOf(run, 'ENTRYPOINT').map(execForm)).to.deep.equal([['/nodejs/bin/node']]);
    expect(textsOf(run, 'CMD').map(execForm)).to.deep.equal([['--enable-source-maps', 'dist/server.js']]);
  });

  it('runs every command in exec form', () => {
    for (const stage of stages) for (const text of textsOf(stage, 'RUN')) expect(() => execForm(text)).to.not.throw();
  });

  it('installs what the lock file says, without scripts, and only what production needs', () => {
    const commands = [build, dependencies].flatMap((stage) => textsOf(stage, 'RUN').map(execForm));
    const installs = commands.filter(([, command]) => command === 'ci');

    expect(installs).to.have.length(2);
    for (const install of installs) expect(install).to.include('--ignore-scripts');
    expect(installs[1]).to.include('--omit=dev');
  });

  it('copies files that exist and that .dockerignore lets through', () => {
    const sources = stages.flatMap(sourcesOf);

    expect(sources).to.include.members(['src', 'types', 'package-lock.json', 'scripts/build.mjs']);
    for (const source of sources) {
      expect(existsSync(path.join(root, source)), source).to.equal(true);
      expect(isSent(source), `${source} in .dockerignore`).to.equal(true);
    }
  });

  it('sends nothing to the builder that no stage copies', () => {
    const sent = readText('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));

    expect(stages.flatMap(sourcesOf)).to.include.members(sent);
  });

  it('takes from its other stages only what they make', () => {
    const taken = textsOf(run, 'COPY').map((text) => text.split(/\s+/u)[0]);

    expect(taken).to.deep.equal(['--from=dependencies', '--from=build', '--from=build', '--from=build']);
  });

  it('contains no sandbox', () => {
    const taken = textsOf(run, 'COPY').map((text) => text.split(/\s+/u)[1]);

    expect(taken.filter((place) => place?.startsWith('/app/dist'))).to.deep.equal(['/app/dist/server.js', '/app/dist/src']);
  });

  it('has a health check that needs no shell, and tells a live process from another', async () => {
    expect(await checkHealth(200)).to.equal(0);
    expect(await checkHealth(503)).to.equal(1);
  });
});
