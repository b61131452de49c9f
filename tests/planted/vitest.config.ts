/**
 * Runs tests against a planted bug, which the environment names: `PLANTED_BUG='…' npx vitest run --config tests/planted/vitest.config.ts FILE`.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { mutate } from './mutation.ts';
import { mutationNamed } from './mutations.ts';

const mutation = mutationNamed(process.env['PLANTED_BUG'] ?? '');
const path = fileURLToPath(new URL(`../../${mutation.file}`, import.meta.url));

export default defineConfig({
  resolve: { conditions: ['@q/source'] },
  ssr: { resolve: { conditions: ['@q/source'] } },
  // A test that is slow on a busy machine has caught nothing.
  test: { root: fileURLToPath(new URL('../..', import.meta.url)), include: ['packages/*/test/**/*.test.ts'], testTimeout: 200_000, hookTimeout: 200_000 },
  plugins: [{ name: 'planted bug', enforce: 'pre', transform: (source, id) => (id === path ? mutate(source, mutation) : null) }],
});
