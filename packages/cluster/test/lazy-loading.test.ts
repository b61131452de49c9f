import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

/** What Node is asked for, in a process of its own, while the script runs. */
async function packagesLoadedBy(script: string): Promise<string> {
  const program = `
    import { registerHooks } from 'node:module';
    const seen = new Set();
    registerHooks({ resolve: (name, context, next) => (seen.add(name), next(name, context)) });
    const { openObjectStore } = await import('@q/cluster');
    const { nodeClock: clock } = await import('@q/storage');
    ${script}
    console.log([...seen].filter((name) => name.startsWith('@aws-sdk/client')).join());
  `;
  const args = ['--conditions=@q/source', '--input-type=module', '--eval', program];
  const { stdout } = await run(process.execPath, args, { cwd: import.meta.dirname });
  return stdout.trim();
}

it('B7 loads the library of S3 with the first call to a store of S3, and not before', async () => {
  const folder = `await openObjectStore('folder:/nonexistent', { clock }).get('a', { timeoutMs: 9_000 });`;
  const opened = `openObjectStore('s3://bucket?endpoint=http://127.0.0.1:1', { clock })`;
  expect(await packagesLoadedBy(`${folder} ${opened}`)).toBe('');
  const asked = `await ${opened}.get('a', { timeoutMs: 9_000 });`;
  expect(await packagesLoadedBy(asked)).toBe('@aws-sdk/client-s3');
});
