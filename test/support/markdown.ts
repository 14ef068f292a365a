/**
 * Links and tables of Markdown documents.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { headingAnchors, readText, root } from './repoFiles.ts';

const withoutCode = (markdown: string): string => markdown.replaceAll(/^```[\s\S]*?^```/gmu, '').replaceAll(/`[^`\n]*`/gu, '``');

/** The targets of all links and pictures that stay in the repository. */
const localLinks = (markdown: string): readonly string[] =>
  [...withoutCode(markdown).matchAll(/\]\(([^)\s]+)\)/gu)].map(([, target = '']) => target).filter((target) => !/^[a-z]+:/u.test(target));

/** Links of a document that lead nowhere: no such file, or no such heading in it. */
export const findDeadLinks = (file: string): readonly string[] => {
  const text = readText(file);
  return localLinks(text).filter((link) => {
    const [target = '', anchor] = link.split('#');
    const destination = target === '' ? file : path.posix.join(path.posix.dirname(file), target);
    if (!existsSync(path.join(root, destination))) return true;
    return anchor !== undefined && !headingAnchors(readText(destination)).includes(anchor);
  });
};

/** The cells of every table row, heads and rules left out. */
export const tableRows = (markdown: string): readonly (readonly string[])[] =>
  markdown
    .split('\n')
    .filter((line, index, lines) => line.startsWith('|') && !/^\|[ :|-]+\|$/u.test(line) && !/^\|[ :|-]+\|$/u.test(lines[index + 1] ?? ''))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
