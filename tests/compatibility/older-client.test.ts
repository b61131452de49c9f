import { execFile } from 'node:child_process';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startBroker } from '@q/broker';
import { describe, expect, it } from 'vitest';
import { projectWithClient, releases } from './fixture-files.ts';

const run = promisify(execFile);
const program = fileURLToPath(new URL('programs/all-of-it.js', import.meta.url));

describe.each(releases)('the client of %s', (release) => {
  it('W1 P1 C4 G3 is served by this broker: topics, each codec, groups', async () => {
    await using broker = await startBroker({ storage: 'memory', port: 0, admin: false });
    const project = await projectWithClient(release);
    await copyFile(program, join(project, 'all-of-it.mjs'));
    const { stdout } = await run(process.execPath, ['all-of-it.mjs', broker.url], {
      cwd: project,
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    expect(JSON.parse(stdout)).toEqual({
      sent: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
      read: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
      committed: 5,
      topics: ['orders'],
      partitions: 2,
      refused: 'UNKNOWN_TOPIC',
    });
  });
});
