/**
 * The curl commands of a document, run one after the other by the shell that a reader has, and held against what the document says of them.
 *
 * A comment line directly below a command says what it answers: `# 502 …` or `# HTTP/1.1 202 …` its status, one for each request, and
 * `# {…` or `# PASS: …` its text, where `…` leaves something out. Without a status, every request is answered with a 2xx.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from './temporaryFolder.ts';

export interface DocumentedCommand {
  readonly command: string;
  readonly statuses: readonly string[];
  /** What its output holds, each in this order. */
  readonly output: readonly (readonly string[])[];
}

const STATUS = /^# (?:HTTP\/1\.1 )?(?<status>[1-5]\d\d)\b/u;
const OUTPUT = /^# (?<text>\{.*|PASS: .*)$/u;

/** Whether the shell would wait for more: a line that goes on, or a loop without its end. */
const isUnfinished = (lines: readonly string[]): boolean => {
  if (lines.at(-1)?.endsWith('\\') === true) return true;
  return lines.some((line) => line.startsWith('for ')) && !lines.includes('done');
};

const statementsOf = (block: string): readonly DocumentedCommand[] => {
  const statements: { command: string; comments: string[] }[] = [];
  let open: string[] = [];
  for (const line of block.split('\n')) {
    if (open.length === 0 && line.trim() === '') continue;
    if (open.length === 0 && line.startsWith('#')) {
      statements.at(-1)?.comments.push(line);
      continue;
    }
    open.push(line);
    if (isUnfinished(open)) continue;
    statements.push({ command: open.join('\n'), comments: [] });
    open = [];
  }
  return statements.map(({ command, comments }) => ({
    command,
    statuses: comments.flatMap((comment) => STATUS.exec(comment)?.groups?.['status'] ?? []),
    output: comments
      .flatMap((comment) => OUTPUT.exec(comment)?.groups?.['text'] ?? [])
      .map((text) => text.split('…').map((part) => part.trim())),
  }));
};

/** Every statement with a curl in it, and those that set what they use, in the order of the page. */
export const commandsOf = (markdown: string): readonly DocumentedCommand[] =>
  [...markdown.matchAll(/^```sh\n(?<block>[\s\S]*?)^```|`(?<inline>[^`\n]*\bcurl [^`\n]*)`/gmu)].flatMap(({ groups }) =>
    statementsOf(groups?.['block'] ?? groups?.['inline'] ?? '').filter(({ command }) => /\bcurl |^[A-Z]+=/u.test(command)),
  );

export interface CommandRun {
  /** What a document names instead of what this run has: addresses, a key. */
  readonly instead: readonly (readonly [documented: string, here: string])[];
  /** Before each command. */
  readonly before?: (command: string) => void;
}

/** Of the shell: variables outlive a command, and each curl leaves the status of its last answer. */
const scriptOf = (command: string): string => `
set -o pipefail
touch variables && source ./variables
curl() { command curl -sS --max-time 10 -D headers "$@"; local code=$?; sed -n 's#^HTTP/[0-9.]* \\([0-9]*\\).*#\\1#p' headers | tail -n 1 >> statuses; return $code; }
${command}
code=$?
declare -p \${!GATEWAY*} \${!MANAGEMENT*} \${!KEY*} \${!JOB*} > variables 2>/dev/null
exit $code
`;

interface Ran {
  readonly code: number | null;
  readonly output: string;
  readonly statuses: readonly string[];
}

const runInShell = async (folder: string, command: string): Promise<Ran> => {
  const statuses = path.join(folder, 'statuses');
  writeFileSync(statuses, '');
  const child = spawn('bash', ['-c', scriptOf(command)], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => {
      output += text.toString();
    });
  const [code] = (await once(child, 'close')) as [number | null];
  rmSync(path.join(folder, 'headers'), { force: true });
  return {
    code,
    output,
    statuses: readFileSync(statuses, 'utf8')
      .split('\n')
      .filter((line) => line !== ''),
  };
};

const holdsInOrder = (output: string, parts: readonly string[]): boolean => {
  let from = 0;
  return parts.every((part) => {
    const at = output.indexOf(part, from);
    from = at + part.length;
    return at !== -1;
  });
};

const isAsDocumented = ({ command, statuses, output }: DocumentedCommand, ran: Ran): boolean => {
  const areRight = statuses.length > 0 ? ran.statuses.join() === statuses.join() : ran.statuses.every((status) => status.startsWith('2'));
  const hasAsked = ran.statuses.length > 0 || !/\bcurl /u.test(command);
  return ran.code === 0 && hasAsked && areRight && output.every((parts) => holdsInOrder(ran.output, parts));
};

/** Runs them all. @returns one text for each that does not do what the document says: the command and what came instead. */
export const faultsOfCommands = async (
  commands: readonly DocumentedCommand[],
  { instead, before }: CommandRun,
): Promise<readonly string[]> => {
  const folder = temporaryFolder();
  const faults: string[] = [];
  for (const documented of commands) {
    before?.(documented.command);
    const command = instead.reduce((text, [there, here]) => text.replaceAll(there, here), documented.command);
    const ran = await runInShell(folder.path, command);
    if (!isAsDocumented(documented, ran))
      faults.push(`${documented.command} → ${ran.statuses.join()} (exit ${String(ran.code)}) ${ran.output.slice(0, 500)}`);
  }
  folder.remove();
  return faults;
};
