import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

// A runner and its child take long to start on a machine with much else to do.
it('the tests for the runner of Node pass in it', { timeout: 60_000 }, async () => {
  const file = fileURLToPath(new URL('../node-test/shipping.test.ts', import.meta.url));
  // Node's runner reports otherwise to a parent that is a runner, too.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { stdout } = await run(process.execPath, ['--test', '--test-reporter=tap', file], { env });
  expect(stdout).toMatch(/^# pass 2$/m);
  expect(stdout).toMatch(/^# fail 0$/m);
});
