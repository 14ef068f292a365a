import { findTool, howToGet, type ToolName } from '../../scripts/tool.mjs';

/**
 * The path of a program that `npm test` has prepared.
 *
 * @throws {Error} saying how to get it: a test that needs a program fails without it, and never passes by silence.
 */
export const toolPath = (name: ToolName): string => {
  const found = findTool(name);
  if (found === undefined) throw new Error(`${name} is missing: run node scripts/prepare-tools.mjs, or ${howToGet(name)}`);
  return found.file;
};
