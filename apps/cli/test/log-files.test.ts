import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codecNames, encodeBatch } from '@q/protocol';
import { defaultLogConfig, openDirectoryStore } from '@q/storage';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runHere } from './command-here.ts';

const topicId = '6f9619ff-8b86-4d01-b42d-00cf4fc964ff';
const firstTimeMs = Date.UTC(2026, 10, 30, 20);

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'q-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A data folder with one partition: a batch of two records for each codec, each batch in a segment of its own. */
async function dataFolder({ segmentBytes = 1 }: { segmentBytes?: number } = {}): Promise<string> {
  const directory = temporaryFolder();
  const store = await openDirectoryStore({ directory, onFatal: (error) => expect.fail(error.message) });
  const log = await store.open({ topic: 'orders', topicId, partition: 3 }, { ...defaultLogConfig, segmentBytes });
  for (const [index, codec] of codecNames.entries()) {
    const records = [
      {
        key: `k${index}`,
        value: `first of ${codec}`,
        timestampMs: firstTimeMs,
        headers: [{ key: 'h', value: Buffer.from('x') }],
      },
      { key: null, value: Buffer.from([0xff, 0]), timestampMs: firstTimeMs + 5 },
    ];
    await log.append(encodeBatch(records, { codec }), { leaderEpoch: 7 }).durable;
  }
  await store.close();
  return directory;
}

const run = (line: string, terminal = false): ReturnType<typeof runHere> =>
  runHere({ line, url: 'q://127.0.0.1:1', terminal });
const fileOf = (folder: string, offset: number): string =>
  join(folder, 'orders-3', `${String(offset).padStart(20, '0')}.log`);

/** Changes one byte of a file. */
function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at]! ^= 0xff;
  writeFileSync(path, bytes);
}

describe('q log dump', () => {
  it('Q2: shows each batch with its offsets, records, codec, times, epoch and place', async () => {
    const folder = await dataFolder({ segmentBytes: 1 << 20 });
    const { code, stdout, stderr } = await run(`log dump ${folder}`);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const [file, ...lines] = stdout.trimEnd().split('\n');
    expect(file).toBe(fileOf(folder, 0));
    expect(lines).toHaveLength(codecNames.length);
    for (const [index, codec] of codecNames.entries()) {
      expect(lines[index]).toMatch(new RegExp(`^ {2}${index * 2}-${index * 2 + 1} +2 records +\\d+ B +${codec} `));
      expect(lines[index]).toContain('2026-11-30T20:00:00.000Z +5 ms  epoch 7  byte ');
    }
  });

  it('Q2: writes every field of a batch as JSON', async () => {
    const folder = await dataFolder();
    const { stdout } = await run(`log dump ${folder}/orders-3 --json`);
    const batches = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(batches).toHaveLength(codecNames.length);
    expect(batches[1]).toEqual({
      file: fileOf(folder, 2),
      position: 0,
      bytes: readFileSync(fileOf(folder, 2)).length,
      baseOffset: 2,
      lastOffset: 3,
      records: 2,
      baseTimestampMs: firstTimeMs,
      maxTimestampMs: firstTimeMs + 5,
      leaderEpoch: 7,
      crc: readFileSync(fileOf(folder, 2)).readUInt32BE(17),
      codec: codecNames[1],
      timestampType: 'CreateTime',
      isTransactional: false,
      isControl: false,
      deleteHorizonMs: -1,
      producerId: -1,
      producerEpoch: -1,
      baseSequence: -1,
    });
  });

  it.each(codecNames)('Q2: shows the records of a batch that is compressed by %s, as q consume does', async (codec) => {
    const folder = await dataFolder();
    const offset = codecNames.indexOf(codec) * 2;
    const { stdout } = await run(`log dump ${fileOf(folder, offset)} --records --json`);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      {
        topic: 'orders',
        partition: 3,
        offset,
        timestampMs: firstTimeMs,
        key: `k${offset / 2}`,
        value: `first of ${codec}`,
        headers: [{ name: 'h', value: 'x' }],
      },
      {
        topic: 'orders',
        partition: 3,
        offset: offset + 1,
        timestampMs: firstTimeMs + 5,
        key: null,
        valueBase64: '/wA=',
        headers: [],
      },
    ]);
  });

  it('Q2: begins at an offset and stops after a count, of batches or records', async () => {
    const folder = await dataFolder();
    const batches = await run(`log dump ${folder} --json --from 3 -n 2`);
    expect(
      batches.stdout
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { baseOffset: number }).baseOffset),
    ).toEqual([2, 4]);
    const records = await run(`log dump ${folder} -r -f %o\\n --from 3 -n 2`);
    expect(records.stdout).toBe('3\n4\n');
  });

  it('Q2: shows damage where it is, goes on behind it, and says so by its exit code', async () => {
    const folder = await dataFolder({ segmentBytes: 1 << 20 });
    const intact = (await run(`log dump ${folder} --json`)).stdout.trimEnd().split('\n');
    const second = JSON.parse(intact[1]!) as { position: number; bytes: number };
    flip(fileOf(folder, 0), second.position + 70);
    const { code, stdout } = await run(`log dump ${folder} --json`);
    const lines = stdout.trimEnd().split('\n');
    expect(code).toBe(1);
    expect(lines.filter((_, index) => index !== 1)).toEqual(intact.filter((_, index) => index !== 1));
    expect(JSON.parse(lines[1]!)).toEqual({
      file: fileOf(folder, 0),
      position: second.position,
      endPosition: second.position + second.bytes,
      fromOffset: 2,
      toOffset: 4,
      damage: 'a batch does not match its CRC',
    });
    expect((await run(`log dump ${folder}`)).stdout).toContain('  DAMAGED  offsets 2 to 3  bytes ');
    const records = await run(`log dump ${folder} -r -f %o,`);
    expect(records.stdout).toBe('0,1,4,5,6,7,8,9,');
    expect(records.stderr).toContain('DAMAGED  offsets 2 to 3');
  });

  it('Q2: passes over any byte that flips, without a crash', async () => {
    const folder = await dataFolder({ segmentBytes: 1 << 20 });
    const path = fileOf(folder, 0);
    const whole = readFileSync(path);
    for (let at = 0; at < whole.length; at += 7) {
      flip(path, at);
      const { code, stdout } = await run(`log dump ${path} --json`);
      writeFileSync(path, whole);
      // The epoch lies outside the CRC, so that leaders can change it in place.
      const isTold = (code === 1 && stdout.includes('"damage"')) || /"leaderEpoch":(?!7)-?\d+/.test(stdout);
      expect(isTold, `byte ${at}`).toBe(true);
    }
  });

  it('Q2: says what it cannot look at', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'notes.txt'), 'x');
    expect(await run(`log dump ${folder}/none`)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('does not exist'),
    });
    expect(await run(`log dump ${folder}/notes.txt`)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('is no segment file'),
    });
    expect(await run(`log dump ${folder}`)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('no segment files'),
    });
    expect(await run(`log dump ${folder} -f %v`)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('add --records'),
    });
  });
});

describe('q log verify', () => {
  it('Q2: writes a line for a partition that is whole', async () => {
    const folder = await dataFolder();
    const { code, stdout } = await run(`log verify ${folder}`);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ok\torders-3\toffsets 0-9\t5 batches, 10 records, \d+ B, 5 segments\n$/);
  });

  it('Q2: finds a batch that is damaged, a file that is cut off, and one that is missing', async () => {
    const folder = await dataFolder();
    flip(fileOf(folder, 0), 70);
    writeFileSync(fileOf(folder, 2), readFileSync(fileOf(folder, 2)).subarray(0, 65));
    rmSync(fileOf(folder, 6));
    const { code, stdout } = await run(`log verify ${folder} --json`);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      topic: 'orders',
      partition: 3,
      ok: false,
      segments: 4,
      batches: 2,
      damageCount: 3,
      damages: [
        { file: fileOf(folder, 0), fromOffset: 0, toOffset: 2, damage: 'a batch does not match its CRC' },
        { file: fileOf(folder, 2), fromOffset: 2, toOffset: 4, damage: 'a batch is cut off' },
        { file: fileOf(folder, 4), fromOffset: 6, toOffset: 8 },
      ],
    });
    expect((await run(`log verify ${folder}`)).stdout).toMatch(/^DAMAGED\torders-3\t/);
  });
});

describe('q log verify of what is not there', () => {
  it.each([
    ['last', 8, '{"fromOffset":8,"toOffset":10}'],
    ['first', 0, '{"fromOffset":0,"toOffset":2}'],
  ])('Q2: finds the %s segment missing, which only the checkpoints tell', async (_which, offset, expected) => {
    const folder = await dataFolder();
    rmSync(fileOf(folder, offset));
    const { code, stdout } = await run(`log verify ${folder} --json`);
    const { damages } = JSON.parse(stdout) as { damages: { fromOffset: number; toOffset: number }[] };
    expect(damages.map(({ fromOffset, toOffset }) => JSON.stringify({ fromOffset, toOffset }))).toEqual([expected]);
    expect(code).toBe(1);
    expect((await run(`log verify ${fileOf(folder, 4)}`)).code).toBe(0);
  });
});

describe('q log repair', () => {
  it('Q2: shows what would be lost, and loses it only with --execute', async () => {
    const folder = await dataFolder({ segmentBytes: 1 << 20 });
    const path = `${folder}/orders-3`;
    expect((await run(`log repair ${path}`)).stdout).toBe('orders-3 is not damaged; 10 records\n');
    const intact = (await run(`log dump ${path} --json`)).stdout.trimEnd().split('\n');
    flip(fileOf(folder, 0), (JSON.parse(intact[1]!) as { position: number }).position + 70);
    const preview = await run(`log repair ${path}`);
    expect(preview).toMatchObject({ code: 0, stderr: '' });
    expect(preview.stdout).toContain(
      'orders-3: at most 2 records would be lost, 8 would stay; the end stays at offset 10',
    );
    expect(preview.stdout).toContain('offsets 2-3, bytes ');
    expect(preview.stdout).toContain('Nothing was changed.');
    expect((await run(`log verify ${path}`)).code).toBe(1);
    expect((await run(`log repair ${path} --dry-run --execute`)).code).toBe(2);
    const done = await run(`log repair ${path} --execute --json`);
    expect(JSON.parse(done.stdout)).toMatchObject({ executed: true, lostOffsets: 2, recordsKept: 8, endOffset: 10 });
    expect((await run(`log verify ${path}`)).code).toBe(0);
    expect((await run(`log dump ${path} -r -f %o,`)).stdout).toBe('0,1,4,5,6,7,8,9,');
  });
});
