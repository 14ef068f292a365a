import { expect } from 'chai';
import path from 'node:path';
import { temporaryFolder, type TemporaryFolder } from '../../test/support/temporaryFolder.ts';
import { GatewayProcess } from './gatewayProcess.ts';
import { KillLog } from './killLog.ts';

const listening = (port: number): string => `console.log('{"msg":"listening","port":${String(port)}}');`;

describe('a gateway that is killed and comes back', function () {
  this.timeout(30_000);
  let folder: TemporaryFolder;
  let gateway: GatewayProcess;
  const crashes: string[] = [];

  beforeEach(() => {
    folder = temporaryFolder();
    crashes.length = 0;
  });

  afterEach(async () => {
    await gateway.stop();
    folder.remove();
  });

  /** @param lives What each life does, as a script. */
  const start = (...lives: readonly string[]): Promise<string> => {
    const left = [...lives];
    const nextArguments = (): readonly string[] => ['--input-type=module', '--eval', left.shift() ?? ''];
    const environment = { FILE: path.join(folder.path, 'said') };
    gateway = new GatewayProcess({
      victim: 'gateway',
      nextArguments,
      environment,
      killLog: new KillLog(),
      onCrash: (said) => crashes.push(said),
    });
    return gateway.start();
  };

  it('is found where it listens now, though its last life told where it listened after its end', async () => {
    // A child of the killed one holds its output, and speaks when the next life has begun.
    const late = `
      import { existsSync, writeFileSync } from 'node:fs';
      const wait = setInterval(() => {
        if (!existsSync(process.env.FILE + '.begun')) return;
        clearInterval(wait);
        ${listening(1111)}
        writeFileSync(process.env.FILE, '');
      }, 5);`;
    const killed = `
      import { spawn } from 'node:child_process';
      spawn(process.execPath, ['--input-type=module', '--eval', ${JSON.stringify(late)}], { stdio: 'inherit' })
        .once('spawn', () => process.kill(process.pid, 'SIGKILL'));`;
    const next = `
      import { existsSync, writeFileSync } from 'node:fs';
      writeFileSync(process.env.FILE + '.begun', '');
      const wait = setInterval(() => {
        if (!existsSync(process.env.FILE)) return;
        clearInterval(wait);
        setTimeout(() => { ${listening(2222)} }, 50);
        setInterval(() => undefined, 1000);
      }, 5);`;

    const url = await start(killed, next);

    expect(url).to.equal('http://127.0.0.1:2222');
    expect(crashes).to.deep.equal([]);
  });

  it('is not waited for when it ends by itself, and what it said is told', async () => {
    const failure = await start(`console.error('no room'); process.exit(1);`).then(
      () => undefined,
      (error: unknown) => (error as Error).message,
    );

    expect(failure).to.include('gateway: no room');
    expect(crashes).to.have.length(1);
  });
});
