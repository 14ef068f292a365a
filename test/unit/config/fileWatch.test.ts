import { expect } from 'chai';
import { FileWatch } from '../../../src/config/fileWatch.ts';
import { SettingFile } from '../../../src/config/secretFile.ts';
import { silentLogger } from '../../../src/logging/logger.ts';
import { systemClock } from '../../../src/time/clock.ts';
import { useVirtualTime } from '../../support/virtualTime.ts';

const missing = (): Promise<string> => Promise.reject(Object.assign(new Error('no such file'), { code: 'ENOENT' }));

describe('the watch over the files of settings', () => {
  const time = useVirtualTime();
  let content: () => Promise<string>;
  let file: SettingFile;
  let taken: string[];
  let lines: { readonly message: string; readonly fields: object }[];
  let watch: FileWatch;

  beforeEach(() => {
    content = () => Promise.resolve('old');
    taken = [];
    lines = [];
    file = new SettingFile('HUBSPOT_API_KEY_FILE', '/secret', 'old', (text) => {
      if (text === '' || text === 'half') throw new Error('with nothing but the credential');
    });
    file.onChange(() => taken.push(file.text));
    const note = (fields: object, message: string): void => void lines.push({ message, fields });
    watch = new FileWatch({
      files: [file],
      clock: systemClock,
      logger: { ...silentLogger, info: note, error: note },
      read: () => content(),
    });
    watch.start();
  });

  afterEach(() => {
    watch.stop();
  });

  it('puts a new content in force within five seconds, and says which file it was of', async () => {
    await time.advance(10_000);
    content = () => Promise.resolve('new');

    await time.advance(5_000);

    expect(taken).to.deep.equal(['new']);
    expect(lines).to.deep.equal([
      { message: 'the new content of a file is in force', fields: { setting: 'HUBSPOT_API_KEY_FILE', file: '/secret' } },
    ]);
  });

  it('does not take a file for whole that is still being written', async () => {
    const written = ['n', 'ne', 'new'];
    content = () => Promise.resolve(written.length > 1 ? written.shift()! : written[0]!);

    await time.advance(10_000);

    expect(taken).to.deep.equal(['new']);
  });

  for (const [what, found] of [
    ['empty', () => Promise.resolve('')],
    ['cut short', () => Promise.resolve('half')],
    ['gone', missing],
  ] as const) {
    it(`keeps what is in force when the file is ${what}, and says so once, without its content`, async () => {
      content = found;

      await time.advance(30_000);

      expect([file.text, taken]).to.deep.equal(['old', []]);
      expect(lines.map(({ message }) => message)).to.deep.equal(['the content of a file is not usable; what was in force before still is']);
      expect(JSON.stringify(lines)).to.include('HUBSPOT_API_KEY_FILE').and.not.include('half');
    });
  }

  it('goes on with the old content where nobody can use the new one', async () => {
    file.onChange(() => {
      if (file.text === 'of no place') throw new Error('that names a place');
    });
    content = () => Promise.resolve('of no place');

    await time.advance(5_000);

    expect(file.text).to.equal('old');
    expect(lines).to.have.length(1);
  });

  it('reads everything at once when it is told to, and says what became of it', async () => {
    await time.advance(1);
    content = () => Promise.resolve('new');

    const reloaded = await watch.reload();

    expect(taken).to.deep.equal(['new']);
    expect(reloaded).to.deep.equal({ changed: ['HUBSPOT_API_KEY_FILE'], unchanged: [], refused: [] });
  });

  it('leaves no timer behind when it is stopped', async () => {
    await time.advance(1);

    watch.stop();

    expect(time.pendingTimers).to.equal(0);
  });
});
