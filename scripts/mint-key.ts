/**
 * Makes an API key: the key to hand to its user, and the entry for the file of keys. Neither is stored.
 *
 *   npm run key -- <id> <scope> [<scope> …]      npm run key -- crm-frontend hubspot:read hubspot:write
 */
import { randomBytes } from 'node:crypto';
import { mintKey } from '../src/web/apiKey.ts';
import { parseApiKeys } from '../src/web/apiKeysFile.ts';

const usage = 'Usage: npm run key -- <id> <scope> [<scope> …], such as: npm run key -- crm-frontend hubspot:read hubspot:write';

const run = ([id, ...scopes]: readonly string[]): void => {
  if (id === undefined || scopes.length === 0) throw new Error(usage);
  const { key, sha256 } = mintKey(id, randomBytes);
  const file = JSON.stringify([{ id, sha256, scopes }], undefined, 2);
  parseApiKeys(file);
  process.stdout.write(
    `The key, shown only now; give it to its user:\n\n  ${key}\n\nThe file that API_KEYS_FILE names (add this entry to the others):\n\n${file}\n`,
  );
};

try {
  run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
