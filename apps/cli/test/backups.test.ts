import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adminExtension } from '@q/admin';
import { startBroker } from '@q/broker';
import { connect } from '@q/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runHere } from './command-here.ts';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'q-backups-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function brokerWithRecords(): Promise<(line: string, terminal?: boolean) => ReturnType<typeof runHere>> {
  const broker = await startBroker({ storage: 'memory', port: 0, admin: { port: 0, extension: adminExtension() } });
  onTestFinished(() => broker.close({ timeoutMs: 100 }));
  const q = await connect(broker.url);
  await q.admin.createTopic('orders', { partitions: 2 });
  await q.producer().send('orders', { value: 'kept' });
  await q.close();
  return (line, terminal = false) =>
    runHere({ line: `--admin-url ${broker.adminUrl} ${line}`, url: broker.url, terminal });
}

describe('q backup', () => {
  it('Q2: makes, lists, verifies and removes backups of a folder', async () => {
    const run = await brokerWithRecords();
    const folder = join(temporaryFolder(), 'backup');
    const [first, second] = [await run(`backup create ${folder} --json`), await run(`backup create ${folder} --json`)];
    expect(first).toMatchObject({ code: 0, stderr: '' });
    const [one, two] = [first, second].map(({ stdout }) => JSON.parse(stdout) as { id: string; newBytes: number });
    expect(two!.newBytes).toBe(0);
    expect((await run(`backup list ${folder}`)).stdout.split('\n').map((line) => line.split('\t')[0])).toEqual([
      'backup',
      one!.id,
      two!.id,
      '',
    ]);
    const verified = await run(`backup verify ${folder} --backup ${one!.id}`);
    expect(verified).toMatchObject({ code: 0, stderr: '' });
    expect(verified.stdout).toMatch(/^ok\torders-\d\toffsets 0-0\t1 record, /m);
    expect(verified.stdout).toMatch(/^ok\torders-\d\tempty at 0\t/m);
    expect((await run(`backup prune ${folder} --keep 1 --dry-run`)).stdout).toBe(`would be removed\t${one!.id}\n`);
    expect((await run(`backup prune ${folder} --keep 1`)).stdout).toBe(`removed\t${one!.id}\n`);
    expect((await run(`backup prune ${folder} --keep 1`)).stdout).toBe('nothing to remove\n');
    expect(await run(`backup verify ${folder}`)).toMatchObject({ code: 0 });
  });

  it('Q2: says what is damaged, by its exit code too', async () => {
    const run = await brokerWithRecords();
    const folder = join(temporaryFolder(), 'backup');
    await run(`backup create ${folder}`);
    const data = readdirSync(join(folder, 'data'), { recursive: true }).map(String);
    const piece = data.find((name) => name.includes('.log.0-') && !name.startsWith('00000000'))!;
    writeFileSync(join(folder, 'data', piece), 'rot');
    const verified = await run(`backup verify ${folder}`);
    expect(verified.code).toBe(1);
    expect(verified.stdout).toMatch(/^DAMAGED\torders-\d\t.*\n {2}data\/.* has 3 bytes instead of \d+$/m);
    const restored = await run(`backup restore ${folder} ${temporaryFolder()}/data`);
    expect(restored).toMatchObject({ code: 1, stderr: expect.stringContaining('does not verify') });
  });

  it('O2: a damaged manifest neither stops new backups nor costs a good one', async () => {
    const run = await brokerWithRecords();
    const folder = join(temporaryFolder(), 'backup');
    const idOf = (made: { stdout: string }): string => (JSON.parse(made.stdout) as { id: string }).id;
    const good = idOf(await run(`backup create ${folder} --json`));
    const bad = idOf(await run(`backup create ${folder} --json`));
    const badManifest = join(folder, 'backups', `${bad}.manifest`);
    writeFileSync(badManifest, 'rot');
    const said = `backup ${bad} is damaged: its manifest cannot be read`;
    expect(await run(`backup verify ${folder}`)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(badManifest),
    });
    const listed = await run(`backup list ${folder}`);
    expect(listed).toMatchObject({ code: 1, stderr: `${said}\n`, stdout: expect.stringContaining(good) });
    expect((await run(`backup prune ${folder} --keep 1`)).stdout).toBe('nothing to remove\n');
    expect(await run(`backup verify ${folder} --backup ${good}`)).toMatchObject({ code: 0 });
    const next = await run(`backup create ${folder} --json`);
    expect(next).toMatchObject({ code: 0, stderr: `${said}; the new one does without it\n` });
    expect(JSON.parse(next.stdout)).toMatchObject({ newBytes: 0 });
    expect((await run(`backup prune ${folder} --keep 1`)).stdout).toBe(`removed\t${good}\nremoved\t${bad}\n`);
    expect(await run(`backup verify ${folder}`)).toMatchObject({ code: 0 });
  });

  it('O2: an earlier file that is missing is told, and --full does without it', async () => {
    const run = await brokerWithRecords();
    const folder = join(temporaryFolder(), 'backup');
    await run(`backup create ${folder}`);
    const data = readdirSync(join(folder, 'data'), { recursive: true }).map(String);
    rmSync(
      join(
        folder,
        'data',
        data.find((name) => name.includes('.log.0-') && !name.startsWith('00000000'))!,
      ),
    );
    expect(await run(`backup create ${folder}`)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/is missing: .*--full/),
    });
    expect(await run(`backup create ${folder} --full`)).toMatchObject({ code: 0, stderr: '' });
    expect(await run(`backup verify ${folder}`)).toMatchObject({ code: 0 });
  });

  it('Q2: says what cannot be done', async () => {
    const run = await brokerWithRecords();
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'thesis.txt'), 'x');
    expect(await run('backup create -', true)).toMatchObject({ code: 2, stderr: expect.stringContaining('terminal') });
    expect(await run(`backup create ${folder}`)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is no folder of backups: it has thesis.txt'),
    });
    expect(await run(`backup verify ${folder}`)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('no backup'),
    });
    expect(await run(`backup restore - ${folder} --backup x`)).toMatchObject({ code: 2 });
    await run(`backup create ${folder}/b`);
    expect(await run(`backup restore ${folder}/b ${folder}`)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is not empty'),
    });
  });
});
