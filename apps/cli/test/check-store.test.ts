import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SmallS3 } from '../../../packages/cluster/test/object-store/s3/small-s3.ts';
import { runHere } from './command-here.ts';

const url = 'q://127.0.0.1:1';
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'q-check-store-'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

describe('q cluster check-store', () => {
  it('B7 O2 says that a folder is fit, without a broker, and leaves no object there', async () => {
    const { code, stdout, stderr } = await runHere({ line: `cluster check-store folder:${folder}`, url });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^check\tresult\twhat was found\nreach\tpassed\t/);
    expect(stdout).toContain('races, small\tpassed\tone winner in each of 48 races of 8\n');
    expect(stdout).toMatch(/20 objects of 64.0 KiB, one after another: median \d+ ms, longest \d+ ms\n/);
    expect(stdout).toMatch(new RegExp(`^folder:${folder} is fit for a cluster$`, 'm'));
    expect(await readdir(join(folder, 'probe'))).toEqual([]);
  });

  it('B7 O2 names what a wrong store did in one sentence, in words and in JSON', async () => {
    await using server = await SmallS3.start();
    server.wrongs = { condition: 'ignored' };
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'key-id');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret-key');
    const store = `s3://bucket?endpoint=${server.endpoint}`;
    const { code, stdout } = await runHere({ line: `cluster check-store ${store}`, url });
    expect(code).toBe(1);
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(
      /is not fit for a cluster: it creates a name twice: it ignores "If-None-Match: \*", and two brokers/,
    );
    const json = await runHere({ line: `cluster check-store ${store} --json`, url });
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      isFit: false,
      leftBehind: 0,
      fault: expect.stringMatching(/^it creates a name twice/),
    });
  });

  it.each([
    ['http://h/bucket', "'http:' and what is behind it names no object store"],
    ['s3://key:hunter2@bucket', 'credentials do not belong into the URL'],
    ['folder:relative', 'absolute path'],
    ['memory:', 'gone with its process'],
  ])('O2 refuses %s with what is allowed, as a mistake of the command line', async (store, message) => {
    const { code, stderr } = await runHere({ line: `cluster check-store ${store}`, url });
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('hunter2');
  });
});
