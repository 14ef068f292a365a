/**
 * Sees to it that the programs are there which the tests need besides npm, and says what it did, a line each.
 * Runs before `npm test`.
 */
import { fetchTool, findTool, howToGet, tools } from './tool.mjs';

const prepare = (name) => {
  try {
    const { origin } = findTool(name) ?? fetchTool(name);
    console.log(`${name}: ${origin}`);
    return true;
  } catch (error) {
    console.error(`${name}: missing (${error.message}). To run the tests, ${howToGet(name)}.`);
    return false;
  }
};

const prepared = Object.keys(tools).map(prepare);
process.exitCode = prepared.every(Boolean) ? 0 : 1;
