/**
 * Files of the repository, as tests of documents and manifests read them.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';

export const root = path.resolve(import.meta.dirname, '../..');

/** @param file Relative to the root of the repository. */
export const readText = (file: string): string => readFileSync(path.join(root, file), 'utf8');

export const listFiles = (folder: string, ending: string): readonly string[] =>
  readdirSync(path.join(root, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name}`);

/**
 * The documents of a YAML file.
 *
 * @throws {Error} naming the file and what is wrong, for duplicate keys too.
 */
export const readYaml = (file: string): readonly unknown[] =>
  parseAllDocuments(readText(file), { uniqueKeys: true }).map((document) => {
    const faults = document.errors.map(({ message }) => message);
    if (faults.length > 0) throw new Error(`${file}: ${faults.join('; ')}`);
    return document.toJS() as unknown;
  });

/** The one document of a YAML file. */
export const readOneYaml = (file: string): unknown => {
  const [document, ...others] = readYaml(file);
  if (document === undefined || others.length > 0) throw new Error(`${file} must hold one document`);
  return document;
};

/** The headings of a Markdown text as links name them. */
export const headingAnchors = (markdown: string): readonly string[] =>
  [...markdown.replace(/^```[\s\S]*?^```/gmu, '').matchAll(/^#+ (.+)$/gmu)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replace(/ /gu, '-'),
  );
