/**
 * Paths as simulators know them: cut at the slashes, a part that begins with a colon is variable.
 */
import { percentDecoded } from '../../src/config/percentEncoding.ts';

/** The variable parts of a path, decoded; `undefined` if it is another endpoint's. A variable part is never empty. */
export const variablesIn = (path: string, segments: readonly string[]): Readonly<Record<string, string>> | undefined => {
  const parts = path.split('/');
  if (parts.length !== segments.length) return undefined;
  const variables: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = percentDecoded(parts[index] ?? '');
    const isVariable = segment.startsWith(':');
    if (part === undefined || (isVariable ? part === '' : part !== segment)) return undefined;
    if (isVariable) variables[segment.slice(1)] = part;
  }
  return variables;
};
