/**
 * Finds comments that point to a document which is not in the repository.
 */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { projectRoot, readProjectFile } from './project.ts';

const COMMENTS: Readonly<Record<string, RegExp>> = {
  '.lua': /--\[\[[\s\S]*?\]\]|(?<!-)--.*/g,
  '.ts': /\/\*[\s\S]*?\*\/|(?<![:/])\/\/.*/g,
  '.yml': /(?<!#)#.*/g,
};
const commentsOf = (file: string, text: string): string => {
  const kind = /\.(m|c)?[jt]s$/.test(file) ? '.ts' : path.extname(file);
  return (text.match(COMMENTS[kind] ?? /$^/g) ?? []).join('\n');
};

/** Names a document as a path, by its name, or by the number of a decision. */
const DOCUMENT = /(?<![\w/.-])(?:docs\/[\w/-]*[\w-](?:\.[a-z]+)?|[\w/-]+\.md\b)(?:#[\w-]+)?|\bdecisions? \d+/g;
/** A section of something that only its author has; sections of an RFC are public. */
const SECTION = /(?<!\bRFC \d+,? )§ ?\w+(?:\.\w+)*|\b(?:design|resilience|operations) (?:[A-Z]\d|\([a-z]\))|\btraps? \d+|\([A-Z]\d{1,2}\)/g;

/** The anchors that readers of Markdown give to headings. */
export const anchorsOf = (text: string): readonly string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

const decisions = readdirSync(path.join(projectRoot, 'docs/decisions'));
const isDecision = (number: string): boolean => decisions.some((name) => name.startsWith(`${number.padStart(4, '0')}-`));

const isThere = (reference: string, documents: readonly string[]): boolean => {
  const number = /^(?:decisions? |docs\/decisions\/)(\d+)$/.exec(reference)?.[1];
  if (number !== undefined) return isDecision(number);
  const [target = '', anchor] = reference.split('#');
  const file = target.startsWith('docs/') ? target : documents.find((name) => name === target || name.endsWith(`/${target}`));
  if (file === undefined || !existsSync(path.join(projectRoot, file))) return false;
  return anchor === undefined || anchorsOf(readProjectFile(file)).includes(anchor);
};

/** @param documents Every Markdown file of the project. */
export const danglingReferences = (file: string, text: string, documents: readonly string[]): readonly string[] => {
  const comments = commentsOf(file, text);
  const dead = [...comments.matchAll(DOCUMENT)].map(([reference]) => reference).filter((reference) => !isThere(reference, documents));
  return [...dead, ...[...comments.matchAll(SECTION)].map(([reference]) => reference)];
};
