/** A server that speaks as Redis does, and says of itself what a test wants it to. */
import { rawServer, type RawServer } from './rawServer.ts';

const bulk = (text: string): string => `$${String(Buffer.byteLength(text))}\r\n${text}\r\n`;

/** How many commands a piece of what a client sends begins. */
const commandsIn = (text: string): readonly string[] =>
  text.split(/(?=\*\d+\r\n)/).map((command) => command.split('\r\n')[2]?.toLowerCase() ?? '');

/** @param version As INFO tells it. */
export const oldRedis = (version: string): Promise<RawServer> =>
  rawServer((socket, text) => {
    for (const command of commandsIn(text)) {
      if (command === 'info') socket.write(bulk(`# Server\r\nredis_version:${version}\r\n`));
      else if (command === 'client' || command === 'quit') socket.write('+OK\r\n');
      else socket.write(`-ERR unknown command '${command.toUpperCase()}'\r\n`);
    }
  });
