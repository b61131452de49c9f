import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@q/source'] },
  ssr: { resolve: { conditions: ['@q/source'] } },
  test: {
    include: ['{packages,apps,examples}/*/test/**/*.test.ts', 'tests/**/*.test.ts', 'bench/test/**/*.test.ts'],
    pool: 'forks',
    // The default leaves one core to itself, which on two is half of them; many tests wait for a disk or a process most
    // of the time.
    maxWorkers: '100%',
    // Child processes that tests start must resolve the workspace's TypeScript too.
    // Nobody's own profiles of the command line count.
    env: { NODE_OPTIONS: '--conditions=@q/source', XDG_CONFIG_HOME: '/nonexistent' },
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});
