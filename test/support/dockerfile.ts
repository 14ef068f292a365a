/**
 * A Dockerfile as stages and instructions. Enough of the format for ours: no heredocs, no other escape character.
 */
export interface Instruction {
  readonly keyword: string;
  readonly text: string;
}

export interface Stage {
  readonly image: string;
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

const instructionsOf = (text: string): readonly Instruction[] =>
  text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/gu, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => ({ keyword: /^\S+/u.exec(line)?.[0] ?? '', text: line.replace(/^\S+\s+/u, '') }));

/** @throws {Error} for an instruction before the first stage, or a stage without a name. */
export const readStages = (text: string): readonly Stage[] => {
  const stages: { image: string; name: string; instructions: Instruction[] }[] = [];
  for (const instruction of instructionsOf(text)) {
    const from = instruction.keyword === 'FROM' ? /^(\S+) AS (\S+)$/u.exec(instruction.text) : undefined;
    if (from?.[1] !== undefined && from[2] !== undefined) stages.push({ image: from[1], name: from[2], instructions: [] });
    else if (from === undefined && stages.length > 0) stages.at(-1)?.instructions.push(instruction);
    else throw new Error(`out of place: ${instruction.keyword} ${instruction.text}`);
  }
  return stages;
};

/** The texts of one kind of instruction. */
export const textsOf = (stage: Stage, keyword: string): readonly string[] =>
  stage.instructions.filter((instruction) => instruction.keyword === keyword).map(({ text }) => text);

/**
 * The command line of an instruction in exec form, its options left out.
 *
 * @throws {Error} if it is in shell form.
 */
export const execForm = (text: string): readonly string[] => {
  const list = /^(?:--\S+\s+)*(?:CMD\s+)?(\[.*\])$/u.exec(text)?.[1];
  if (list === undefined) throw new Error(`not in exec form: ${text}`);
  return JSON.parse(list) as string[];
};
