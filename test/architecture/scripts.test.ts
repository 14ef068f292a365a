import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findTool, howToGet } from '../../scripts/tool.mjs';
import { toolPath } from '../support/tools.ts';
import { projectRoot } from './project.ts';

const runScript = (folder: string, ...parameters: readonly string[]) => {
  const { status, stderr } = spawnSync(process.execPath, parameters, { cwd: folder, encoding: 'utf8' });
  return { status, stderr: stderr.trim() };
};

describe('scripts/build.mjs where no compiler is installed', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'no-compiler-'));
    mkdirSync(path.join(folder, 'scripts'));
    cpSync(path.join(projectRoot, 'scripts/build.mjs'), path.join(folder, 'scripts/build.mjs'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('says in one line what to do', () => {
    const { status, stderr } = runScript(folder, 'scripts/build.mjs', '--if-stale');

    expect(status).to.equal(1);
    expect(stderr).to.equal('Cannot build: the compiler is not installed. Run npm ci --include=dev, then try again.');
  });

  it('is content with what was built elsewhere, as in an image', () => {
    mkdirSync(path.join(folder, 'dist'));
    writeFileSync(path.join(folder, 'dist/server.js'), '');

    expect(runScript(folder, 'scripts/build.mjs', '--if-stale')).to.deep.equal({ status: 0, stderr: '' });
  });
});

describe('scripts/under-node.mjs', () => {
  it('explains itself when it is called otherwise', () => {
    for (const parameters of [[], ['24'], ['24', 'npm', 'test'], ['latest', '--', 'npm']]) {
      expect(runScript(projectRoot, 'scripts/under-node.mjs', ...parameters)).to.deep.equal({
        status: 1,
        stderr: 'Usage: node scripts/under-node.mjs <major version> -- <command> [arguments]',
      });
    }
  });
});

describe('scripts/tool.mjs', () => {
  const before = process.env['PROMTOOL_BIN'];

  afterEach(() => {
    if (before === undefined) delete process.env['PROMTOOL_BIN'];
    else process.env['PROMTOOL_BIN'] = before;
  });

  it('takes the program that the variable names', () => {
    process.env['PROMTOOL_BIN'] = process.execPath;

    expect(findTool('promtool')).to.deep.equal({ file: process.execPath, origin: 'named by PROMTOOL_BIN' });
  });

  it('refuses a variable that names no program, rather than taking another', () => {
    process.env['PROMTOOL_BIN'] = path.join(projectRoot, 'package.json');

    expect(() => findTool('promtool')).to.throw('PROMTOOL_BIN must name an executable file: correct or unset it');
  });

  it('says how to get what is missing', () => {
    expect(howToGet('prometheus')).to.contain('apt-get install prometheus').and.contain('set PROMETHEUS_BIN');
  });

  it('has prepared promtool for the tests', () => {
    const { status } = spawnSync(toolPath('promtool'), ['--version']);

    expect(status).to.equal(0);
  });
});
