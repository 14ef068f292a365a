/**
 * What the compiler does not see. Who may import whom is in `.dependency-cruiser.cjs`.
 */
import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';

const INJECTED = 'comes in by the constructor: take a Clock, or a `random` function.';

/** Reading time and chance from the globals makes a test wait, and a run unrepeatable. */
const clockGlobals = ['setTimeout', 'setInterval', 'setImmediate', 'performance'].map((name) => ({ name, message: `Time ${INJECTED}` }));
/** They throw a `URIError` for a lone surrogate or a stray `%`, both of which callers and services send. */
const encodingGlobals = ['encodeURIComponent', 'encodeURI', 'decodeURIComponent', 'decodeURI'].map((name) => ({
  name,
  message: 'Throws on broken Unicode: use config/percentEncoding.ts.',
}));
const clockProperties = [
  { object: 'Date', property: 'now', message: `Time ${INJECTED}` },
  { object: 'Math', property: 'random', message: `Chance ${INJECTED}` },
  { object: 'process', property: 'hrtime', message: `Time ${INJECTED}` },
];
const clockModules = ['timers', 'node:timers', 'timers/promises', 'node:timers/promises', 'perf_hooks', 'node:perf_hooks'];
const processProperties = [
  { object: 'process', property: 'env', message: 'The environment is read once, in server.ts: take a setting of the Config.' },
  { object: 'process', property: 'exit', message: 'Only server.ts ends the process: throw, or stop by the lifecycle.' },
];

const noClockSyntax = {
  selector: 'NewExpression[callee.name="Date"][arguments.length=0]',
  message: `Time ${INJECTED}`,
};
const noAbortTimeout = {
  selector: 'CallExpression[callee.object.name="AbortSignal"][callee.property.name="timeout"]',
  message: `Time ${INJECTED}`,
};
const noDefaultExport = { selector: 'ExportDefaultDeclaration', message: 'Export by name: a name is the same everywhere.' };
const noEnum = { selector: 'TSEnumDeclaration', message: 'Use a union of strings.' };
const noBarrel = { selector: 'ExportAllDeclaration', message: 'Import from the file that has it: no barrels.' };
const shape = [noDefaultExport, noEnum, noBarrel];

/** One input of the allowed length must not hold the event loop: a pattern takes linear time, wherever its match begins. */
const linearPatterns = {
  plugins: { regexp },
  rules: {
    'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
    'regexp/no-super-linear-move': ['error', { report: 'potential', ignoreSticky: false, ignorePartial: false }],
  },
};

const sizes = {
  'max-lines': ['error', { max: 400 }],
  'max-lines-per-function': ['error', { max: 60 }],
  complexity: ['error', 12],
};

export default defineConfig(
  { ignores: ['dist/', 'coverage/', '.cache/', 'node_modules/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  linearPatterns,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      ...sizes,
      eqeqeq: 'error',
      'no-console': 'error',
      'prefer-const': 'error',
      'object-shorthand': 'error',
      'no-restricted-syntax': ['error', ...shape],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/explicit-module-boundary-types': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true, ignoreVoidOperator: true }],
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/unified-signatures': 'off',
      // A contract may be asynchronous while one side of it has nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: 'only-allowed-literals' }],
      // `readonly field: number | undefined = undefined` is how an optional field overrides a required one.
      '@typescript-eslint/no-useless-default-assignment': 'off',
    },
  },
  {
    files: ['src/**/*.ts', 'sandbox/**/*.ts'],
    ignores: ['src/time/**', 'src/compose.ts'],
    rules: {
      'no-restricted-globals': ['error', ...clockGlobals, ...encodingGlobals],
      'no-restricted-properties': ['error', ...clockProperties, ...processProperties],
      'no-restricted-imports': ['error', { paths: [...clockModules, 'process', 'node:process'] }],
      'no-restricted-syntax': ['error', ...shape, noClockSyntax, noAbortTimeout],
    },
  },
  { files: ['src/config/percentEncoding.ts'], rules: { 'no-restricted-globals': ['error', ...clockGlobals] } },
  { files: ['src/compose.ts', 'src/time/**'], rules: { 'no-restricted-properties': ['error', ...processProperties] } },
  {
    // The edges of a process: they read its environment, end it, and speak before there is a log.
    files: ['src/server.ts', 'sandbox/server/main.ts'],
    rules: { 'no-console': 'off', 'no-restricted-properties': ['error', ...clockProperties] },
  },
  { files: ['scripts/**/*.ts', 'lab/**/*.ts'], rules: { 'no-console': 'off' } },
  {
    files: ['test/**/*.ts', 'lab/**/*.ts'],
    rules: {
      // A describe() is a list of tests: a long one is not a long function, and some tables of cases are one list.
      'max-lines': ['error', { max: 500 }],
      'max-lines-per-function': 'off',
      'no-console': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
      // Providers' own clients take plain objects where their types name classes.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
    },
  },
  {
    files: ['types/**/*.d.ts'],
    // Declarations describe foreign modules as they are, default exports included.
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: Object.fromEntries(
        ['console', 'process', 'URL', 'fetch', 'setTimeout', 'clearTimeout', 'AbortSignal', 'module', 'window'].map((name) => [
          name,
          'readonly',
        ]),
      ),
    },
    rules: { ...sizes, eqeqeq: 'error' },
  },
);
