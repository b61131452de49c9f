import { execFile } from 'node:child_process';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { crc32c } from '@q/protocol';
import { describe, expect, it } from 'vitest';
import { dataFolder, releases } from './fixture-files.ts';

const run = promisify(execFile);
const main = fileURLToPath(new URL('../../apps/broker/src/main.ts', import.meta.url));

/** Each makes a folder one that a later release has written. */
const changes: readonly {
  readonly file: string;
  readonly found: number;
  readonly known: number;
  readonly newer: (bytes: Buffer) => Buffer;
}[] = [
  { file: 'format', found: 2, known: 1, newer: () => Buffer.from('version: 2\nand more\n') },
  { file: 'recovery-point-offset-checkpoint', found: 1, known: 0, newer: withFirstLine },
  { file: 'log-start-offset-checkpoint', found: 1, known: 0, newer: withFirstLine },
  { file: 'clock-checkpoint', found: 1, known: 0, newer: withFirstLine },
  { file: 'journal.0', found: 3, known: 2, newer: withJournalVersion },
];

function withFirstLine(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replace(/^[^\n]*/, '1'), 'latin1');
}

function withJournalVersion(bytes: Buffer): Buffer {
  const newer = bytes.length > 0 ? Buffer.from(bytes) : Buffer.alloc(1 << 20);
  newer.write('qjournal', 'latin1');
  newer.writeInt32BE(3, 12);
  newer.writeUInt32BE(crc32c(newer.subarray(12, 24)), 8);
  return newer;
}

/** Every file of the folder, by its path. */
async function filesOf(directory: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    files.set(path, entry.isFile() ? (await readFile(path)).toString('base64') : 'a folder');
  }
  return files;
}

/** How the broker program ends that is started on it. */
async function startProgram(directory: string): Promise<{ code: unknown; lines: string[] }> {
  const ports = ['--port', '0', '--admin-port', '0', '--no-kafka'];
  const args = ['--conditions=@q/source', main, '--data-dir', directory, ...ports];
  const ended = await run(process.execPath, args, { timeout: 60_000 }).then(
    ({ stderr }) => ({ code: 0, stderr }),
    ({ code, stderr }: { code: unknown; stderr: string }) => ({ code, stderr }),
  );
  return { code: ended.code, lines: ended.stderr.split('\n').filter((line) => line !== '') };
}

describe.each(releases)('a data folder of %s that a later release has gone on with', (release) => {
  it.each(changes)(
    'S2 $file: is refused with one line, and stays as it was',
    { timeout: 90_000 },
    async ({ file, found, known, newer }) => {
      const directory = await dataFolder(release, file === 'format' ? 'killed' : 'clean');
      const path = join(directory, file);
      await writeFile(path, newer(await readFile(path).catch(() => Buffer.from('0\n'))));
      const before = await filesOf(directory);
      const { code, lines } = await startProgram(directory);
      expect(lines).toHaveLength(1);
      expect(lines[0]).toContain(`${directory} cannot be used`);
      expect(lines[0]).toMatch(
        new RegExp(
          `has format version ${found}, written by a newer q; this one knows ${known}: start the newer q, or use another data folder`,
        ),
      );
      expect(code).toBe(1);
      expect(await filesOf(directory)).toEqual(before);
    },
  );
});
