/**
 * The scripts in the `lua/` folders, each with its contract at its head, as calls.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';

/** A script by its digest; its text goes over the wire only to a server that does not know it (yet, or after a restart). */
export class RedisScript {
  readonly #text: string;
  readonly #digest: string;

  /**
   * @param beside The URL of a module; the script is in the folder `lua/` beside it.
   * @param libraries What it rests on, put before it.
   */
  constructor(beside: string, name: string, ...libraries: readonly string[]) {
    const textOf = (script: string): string => readFileSync(new URL(`./lua/${script}.lua`, beside), 'utf8');
    this.#text = [...libraries, name].map(textOf).join('\n');
    this.#digest = createHash('sha1').update(this.#text).digest('hex');
  }

  /** @returns what the head of the script says, in the shapes of RESP. */
  async run(client: Redis, keys: readonly string[], values: readonly (string | number)[] = []): Promise<unknown> {
    try {
      return await client.evalsha(this.#digest, keys.length, ...keys, ...values);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return client.eval(this.#text, keys.length, ...keys, ...values);
    }
  }
}
