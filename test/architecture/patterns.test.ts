import { ESLint } from 'eslint';
import { expect } from 'chai';
import { projectRoot } from './project.ts';

/** The rules that fire on a file of this text, if it stood in src/web. */
const rulesFiredBy = async (text: string): Promise<readonly string[]> => {
  const eslint = new ESLint({
    cwd: projectRoot,
    // The types of a file that is not there cannot be had.
    overrideConfig: { languageOptions: { parserOptions: { projectService: false } }, rules: {} },
    ruleFilter: ({ ruleId }) => ruleId.startsWith('regexp/') || ruleId === 'no-restricted-globals',
  });
  const results = await eslint.lintText(text, { filePath: 'src/web/planted.ts' });
  return results.flatMap(({ messages }) => messages.map(({ ruleId, message }) => ruleId ?? message));
};

describe('the lint rules of what callers send', () => {
  before('load ESLint and its plugins, which takes seconds under coverage', async function () {
    this.timeout(60_000);
    await rulesFiredBy('');
  });

  for (const [what, pattern] of [
    ['two quantifiers that share characters', '/^@[^\\s@]+\\.[^\\s@]+$/u'],
    ['a quantifier within a quantifier', '/^(?:a+)+$/u'],
    ['a quantifier at which every place may begin', '/\\/+$/u'],
  ] as const) {
    it(`refuse a pattern with ${what}`, async () => {
      expect(await rulesFiredBy(`export const planted = ${pattern};\n`)).to.have.length(1);
    });
  }

  it('let a linear pattern pass', async () => {
    expect(await rulesFiredBy('export const planted = /^[a-z]{1,64}@[^@]+$/u;\n')).to.deep.equal([]);
  });

  it('refuse functions of encoding that throw', async () => {
    const text = 'export const planted = [encodeURIComponent, decodeURIComponent, encodeURI, decodeURI];\n';

    expect(await rulesFiredBy(text)).to.deep.equal(Array(4).fill('no-restricted-globals'));
  });
});
