/** Types of `tool.mjs`, which plain Node has to run before anything is installed. */
export type ToolName = 'promtool' | 'prometheus' | 'redis-server';

export interface FoundTool {
  /** Path of the program. */
  readonly file: string;
  /** Where it came from, in words. */
  readonly origin: string;
  /** What it needs in its environment, where it was unpacked and not installed. */
  readonly env?: Readonly<Record<string, string>>;
}

export declare const tools: Readonly<Record<ToolName, { readonly variable: string }>>;
export declare const findTool: (name: ToolName) => FoundTool | undefined;
export declare const howToGet: (name: ToolName) => string;
export declare const fetchTool: (name: ToolName) => FoundTool;
