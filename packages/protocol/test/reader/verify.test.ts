import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { TestContext } from 'vitest';

const packageFolder = fileURLToPath(new URL('../..', import.meta.url));
const noBytecode = { ...process.env, PYTHONDONTWRITEBYTECODE: '1', PYTHONIOENCODING: 'utf-8' };

interface Outcome {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the reader on a folder with spec/ and vectors/. Without Python the test is skipped, but never in CI. */
function verify(context: TestContext, folder: string): Outcome {
  const { error, status, stdout, stderr } = spawnSync('python3', [join(packageFolder, 'reader', 'verify.py'), folder], {
    encoding: 'utf8',
    env: noBytecode,
  });
  if (error !== undefined && 'code' in error && error.code === 'ENOENT' && process.env['CI'] === undefined) {
    context.skip('python3 is not installed');
  }
  if (error !== undefined) throw error;
  return { exitCode: status, stdout, stderr };
}

/** A copy of spec/ and vectors/ in which one file has been changed. */
function changedCopy(path: string, change: (text: string) => string): string {
  const folder = mkdtempSync(join(tmpdir(), 'q-vectors-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const name of ['spec', 'vectors']) cpSync(join(packageFolder, name), join(folder, name), { recursive: true });
  const before = readFileSync(join(folder, path), 'utf8');
  const after = change(before);
  expect(after).not.toBe(before);
  writeFileSync(join(folder, path), after);
  return folder;
}

const messages = 'vectors/messages.json';
const batches = 'vectors/batches.json';

// Each is something that a reader which does not really look would miss.
const changes: readonly { what: string; path: string; from: string; to: string; complaint: RegExp }[] = [
  {
    what: 'a number in a message',
    path: messages,
    from: '"timeoutMs":30000',
    to: '"timeoutMs":30001',
    complaint: /PRODUCE version 0 request \(typical\): expected .*30001.*decoded .*30000/,
  },
  {
    what: 'a true that is a 1',
    path: messages,
    from: '"validateOnly":true',
    to: '"validateOnly":1',
    complaint: /CREATE_TOPIC .*expected/,
  },
  {
    what: 'a length in a frame',
    path: messages,
    from: '0762696c6c696e67',
    to: '0862696c6c696e67',
    complaint: /FAILED ProtocolError: /,
  },
  {
    what: 'a detail of an error',
    path: messages,
    from: '"share":-0.5',
    to: '"share":-0.25',
    complaint: /error UNKNOWN: expected .*-0.25.*decoded .*-0.5/,
  },
  {
    what: 'a byte in a batch',
    path: batches,
    from: '74686520717569636b',
    to: '74686520717569636c',
    complaint: /a batch has the checksum/,
  },
  {
    what: 'a value in a batch',
    path: batches,
    from: '"value":"76616c7565"',
    to: '"value":"76616c7566"',
    complaint: /batch one record: expected/,
  },
  {
    what: 'a kind in the specification',
    path: 'spec/protocol.json',
    from: '"type": "i16"\n',
    to: '"type": "i64"\n',
    complaint: /FAILED ProtocolError/,
  },
];

describe('the reader in Python', () => {
  it('W1 decodes every vector with the specification and a standard library alone', (context) => {
    const { exitCode, stdout, stderr } = verify(context, packageFolder);
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    const vectors = JSON.parse(readFileSync(join(packageFolder, messages), 'utf8')) as Record<string, unknown[]>;
    expect(stdout).toContain(`requests: ${vectors['requests']!.length} decoded`);
    expect(stdout).toContain(`answers: ${vectors['responses']!.length} decoded`);
    expect(stdout).toContain(`errors: ${vectors['errors']!.length} decoded`);
    expect(stdout).toMatch(/batches: \d+ decoded/);
  });

  it.for(changes)('W1 notices $what', ({ path, from, to, complaint }, context) => {
    const { exitCode, stderr } = verify(
      context,
      changedCopy(path, (text) => text.replace(from, to)),
    );
    expect(exitCode).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(complaint);
  });
});
