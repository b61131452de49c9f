/**
 * Runs tests against a planted bug, which the environment names, or against none: `PLANTED_BUG='…' npx vitest run
 * --config tests/planted/vitest.config.ts FILE`.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { mutate } from './mutation.ts';
import { mutationNamed } from './mutations.ts';

const planted = process.env['PLANTED_BUG'] ?? '';
// Without a bug: to see that the test passes then.
const mutation = planted === '' ? null : mutationNamed(planted);
const path = mutation && fileURLToPath(new URL(`../../${mutation.file}`, import.meta.url));

export default defineConfig({
  resolve: { conditions: ['@q/source'] },
  ssr: { resolve: { conditions: ['@q/source'] } },
  test: {
    // What is kept of an earlier run is without this bug, or has another one.
    fsModuleCache: false,
    // Also what tests import by the name of a package goes through the plugin below: Node would load it as it is.
    server: { deps: { inline: [/@q\//] } },
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['packages/*/test/**/*.test.ts', 'tests/integration/**/*.test.ts', 'tests/surface/**/*.test.ts'],
    // A test that is slow on a busy machine has caught nothing.
    testTimeout: 200_000,
    hookTimeout: 200_000,
  },
  plugins: [
    {
      name: 'planted bug',
      enforce: 'pre',
      transform: (source, id) => (mutation && id === path ? mutate(source, mutation) : null),
    },
  ],
});
