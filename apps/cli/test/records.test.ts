import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBroker } from '@q/broker';
import type { Broker } from '@q/broker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codecs } from '../src/commands/codecs.ts';
import { QProgram, runProgram } from './q-program.ts';
import type { ProgramResult } from './q-program.ts';

let broker: Broker;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'q-cli-'));
  broker = await startBroker({ storage: 'memory', port: 0, admin: false });
});

afterAll(async () => {
  await broker.close();
  await rm(folder, { recursive: true });
});

function q(args: readonly string[], input: string | Buffer = ''): Promise<ProgramResult> {
  return runProgram({ args: ['--url', broker.url, ...args], input });
}

async function topicWith(topic: string, lines: string, ...produceArgs: string[]): Promise<void> {
  await q(['topic', 'create', topic]);
  expect((await q(['produce', topic, ...produceArgs], lines)).code).toBe(0);
}

async function consumed(topic: string, ...args: string[]): Promise<string> {
  const { stdout, stderr, code } = await q(['consume', topic, '-e', ...args]);
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  return stdout;
}

describe('q produce', () => {
  it('P1 sends lines byte for byte: empty ones, carriage returns, any bytes, a last one without its newline', async () => {
    const input = Buffer.from('a\n\nb\r\n\xff\xfe\0\nlast', 'latin1');
    await q(['topic', 'create', 'bytes']);
    const { stderr, stdout, code } = await q(['produce', 'bytes'], input);
    expect({ stdout, code }).toEqual({ stdout: '', code: 0 });
    expect(stderr).toMatch(/^5 records to bytes in \d+ ms \(10 B\)\n$/);
    expect(await consumed('bytes')).toBe(`${input.toString('latin1')}\n`);
  });

  it('P1 names the line that is too large, the first one too, and says what was stored', async () => {
    await q(['topic', 'create', 'narrow', '-c', 'max.message.bytes=1KiB']);
    const large = 'x'.repeat(2000);
    const first = await q(['produce', 'narrow'], `${large}\nnever read\n`);
    expect(first).toMatchObject({ code: 1, stdout: '' });
    expect(first.stderr).toMatch(
      /^q: line 1 \(2,000 bytes\): .*1024 .*; 0 of the 1 records read were stored \(RECORD_TOO_LARGE\)\. .+\n$/,
    );
    const third = await q(['produce', 'narrow', '--json', '--lines'], `one\ntwo\n${large}\nnever read\n`);
    expect(JSON.parse(third.stderr)).toMatchObject({
      code: 'RECORD_TOO_LARGE',
      message: expect.stringMatching(/^line 3 \(2,000 bytes\): .*; 2 of the 3 records read were stored$/) as string,
    });
    expect(await consumed('narrow')).toBe('one\ntwo\n');
  });

  it('P1 refuses a separator of no characters', async () => {
    const { code, stderr } = await q(['produce', 'bytes', '--key-separator', '']);
    expect(code).toBe(2);
    expect(stderr).toContain('--key-separator');
    expect(stderr).toContain('at least one character');
  });

  it('P1 reads a file, and sends nothing of one that is not there', async () => {
    await writeFile(join(folder, 'lines'), 'one\ntwo\n');
    await q(['topic', 'create', 'from-file']);
    const { stdout } = await q(['produce', 'from-file', '-f', join(folder, 'lines'), '--json', '--lines']);
    expect(JSON.parse(stdout)).toMatchObject({ topic: 'from-file', records: 2, bytes: 6, keyless: 0 });
    expect(await consumed('from-file')).toBe('one\ntwo\n');
    expect(await q(['produce', 'from-file', '-f', join(folder, 'gone')])).toEqual({
      code: 1,
      stdout: '',
      stderr: `q: ${join(folder, 'gone')} cannot be read: there is no such file\n`,
    });
    expect((await q(['produce', 'from-file', '-f', folder])).stderr).toContain('it is a folder');
  });

  it('O2 takes back what q consume --json writes, byte for byte', async () => {
    await q(['topic', 'create', 'origin', '-p', '2', '-c', 'dedup.window.ms=60000', '-c', 'retention.ms=-1']);
    await q(['topic', 'create', 'copy', '-p', '2', '-c', 'dedup.window.ms=60000', '-c', 'retention.ms=-1']);
    const lines = [
      {
        partition: 1,
        timestampMs: 1_700_000_000_000,
        key: 'k',
        value: 'é\n\t\u0000',
        headers: [{ name: 'a', value: '' }],
      },
      { partition: 0, timestampMs: 5, keyBase64: '/w==', valueBase64: 'wyg=', headers: [] },
      {
        partition: 0,
        timestampMs: 6,
        key: '',
        value: null,
        headers: [
          { name: 'a', value: null },
          { name: 'a', value: 'b' },
        ],
      },
      { partition: 1, timestampMs: 7, key: null, value: '', headers: [{ name: 'q-message-id', value: 'once' }] },
    ];
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('\n');
    const produced = await q(['produce', 'origin', '--json'], text);
    expect(produced).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(produced.stdout)).toMatchObject({ topic: 'origin', records: 4 });
    const sorted = async (topic: string): Promise<string[]> =>
      (await consumed(topic, '--json')).split('\n').toSorted((a, b) => a.localeCompare(b));
    const origin = await sorted('origin');
    expect(origin).toHaveLength(5);
    expect(JSON.parse(origin.find((line) => line.includes('once')) ?? '')).toMatchObject({
      partition: 1,
      timestampMs: 7,
      key: null,
      value: '',
      headers: [{ name: 'q-message-id', value: 'once' }],
    });
    await q(['produce', 'copy', '--json'], Buffer.from(await consumed('origin', '--json'), 'latin1'));
    expect((await sorted('copy')).map((line) => line.replace('"topic":"copy"', '"topic":"origin"'))).toEqual(origin);
    // The message id is one: a second time it is a duplicate, and the others are not.
    await q(['produce', 'copy', '--json', '-p', '1'], Buffer.from(await consumed('origin', '--json'), 'latin1'));
    expect((await consumed('copy', '-f', '%p')).split('').toSorted().join('')).toBe('0011111');
    await q(['produce', 'copy', '--json', '--repartition', '-z', 'zstd'], text);
    expect((await consumed('copy', '-f', '%k.')).split('.').filter((key) => key === 'k')).toHaveLength(3);
  });

  it('Q3 names the line of JSON that is wrong, and what is wrong with it', async () => {
    await q(['topic', 'create', 'wrong']);
    const result = await q(
      ['produce', 'wrong', '--json'],
      '{"value":"1"}\n\n{"value":"2"}\n{"vlaue":"3"}\n{"value":"4"}\n',
    );
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(JSON.parse(result.stderr)).toMatchObject({
      code: 'INVALID_RECORD',
      message: expect.stringMatching(
        /^line 4 \(13 bytes\): a record has no field "vlaue"; .*; 2 of the 3 records read were stored$/,
      ) as string,
    });
    expect(await consumed('wrong')).toBe('1\n2\n');
    const lines = await q(['produce', 'wrong', '--json'], 'just text\n');
    expect(JSON.parse(lines.stderr)).toMatchObject({
      message: expect.stringContaining('line 1 (9 bytes): it is not JSON') as string,
    });
    expect((await q(['produce', 'wrong', '--json', '--lines'], 'just text\n')).code).toBe(0);
    expect(await q(['produce', 'wrong', '--json'], '{"value":"1","partition":7}\n')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('line 1') as string,
    });
  });

  it('O2 takes other delimiters, and a whole input as one record', async () => {
    await q(['topic', 'create', 'pieces']);
    await q(['produce', 'pieces', '-0'], 'a\nb\0c\0');
    await q(['produce', 'pieces', '--delimiter', '\\r\\n', '--key-separator', '='], 'k=v\r\nw\r\n');
    await q(['produce', 'pieces', '--whole', '-k', 'file'], 'one\ntwo\n');
    await q(['produce', 'pieces', '--whole', '-k', 'empty'], '');
    expect(await consumed('pieces', '-f', '%k|%V|%v;')).toBe('|3|a\nb;|1|c;k|1|v;|1|w;file|8|one\ntwo\n;empty|0|;');
    for (const args of [
      ['--whole', '-0'],
      ['--delimiter', 'x', '--lines'],
      ['--whole', '--key-separator', ':'],
      ['--json', '-k', 'x'],
      ['--json', '-Z'],
      ['--repartition'],
      ['--delimiter', ''],
    ])
      expect(await q(['produce', 'pieces', ...args]), args.join(' ')).toMatchObject({ code: 2 });
  });

  it('O2 reads no more of a record than the topic takes', async () => {
    await q(['topic', 'create', 'bounded']);
    await using program = new QProgram({ args: ['--url', broker.url, 'produce', 'bounded'] });
    program.child.stdin.write('ok\n');
    // No newline, and no end.
    const chunk = Buffer.alloc(1 << 20, 0x78);
    const feed = (): void => void program.child.stdin.write(chunk, (error) => (error ? undefined : feed()));
    feed();
    expect(await program.exited).toBe(1);
    expect(program.stderr).toMatch(
      /^q: line 2: it has more than \d+ bytes, and the topic takes records of \d+ \(max\.message\.bytes\); 1 of the 2 records read were stored \(RECORD_TOO_LARGE\)/,
    );
    expect(await consumed('bounded')).toBe('ok\n');
  });

  it('P1 takes one key for all, or the key of each line; counts lines without one', async () => {
    await topicWith('keys', 'v1\n', '-k', 'k');
    const { stderr } = await q(['produce', 'keys', '--key-separator', '\\t'], 'k2\tv2\nno separator\n\tv3\n');
    expect(stderr).toMatch(/; 1 had no separator and were sent without a key\n$/);
    expect(await consumed('keys', '-f', '%K:%k=%v\\n')).toBe('1:k=v1\n2:k2=v2\n-1:=no separator\n0:=v3\n');
    expect(await q(['produce', 'keys', '-k', 'a', '--key-separator', ':'])).toMatchObject({ code: 2 });
  });

  it('P1 sends to a chosen partition, with headers, and tombstones', async () => {
    await q(['topic', 'create', 'chosen', '-p', '3']);
    await q(['produce', 'chosen', '-p', '2', '-H', 'trace=1', '-H', 'source=a=b', '-Z', '-k', 'k'], 'v\n\n');
    expect(await consumed('chosen', '-f', '%p %V %h|')).toBe('2 1 trace=1,source=a=b|2 -1 trace=1,source=a=b|');
    expect(await q(['produce', 'chosen', '-p', '3'], 'x\n')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('UNKNOWN_PARTITION') as string,
    });
  });

  it.each(codecs)('P3 C3 compresses with %s, which nobody notices', async (codec) => {
    await topicWith(`codec-${codec}`, 'é\n'.repeat(500), '-z', codec);
    expect(await consumed(`codec-${codec}`)).toBe(Buffer.from('é\n'.repeat(500)).toString('latin1'));
  });

  it('P5 says that a record is too large, and how much was stored', async () => {
    await q(['topic', 'create', 'small', '-c', 'max.message.bytes=2000']);
    const { code, stderr } = await q(['produce', 'small'], `ok\n${'x'.repeat(5000)}\n`);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^q: .*\((RECORD|BATCH)_TOO_LARGE\)\. .+\n$/);
  });

  it('P1 refuses a topic that is not there before it reads a line', async () => {
    await using program = new QProgram({ args: ['--url', broker.url, 'produce', 'nowhere'] });
    expect(await program.exited).toBe(3);
    expect(program.stderr).toMatch(/^q: .*nowhere.*\(UNKNOWN_TOPIC\)\. .+\n$/);
  });

  it('P1 delivers what it read before Ctrl-C', async () => {
    await q(['topic', 'create', 'interrupted']);
    await using consumer = new QProgram({ args: ['--url', broker.url, 'consume', 'interrupted'] });
    await using producer = new QProgram({ args: ['--url', broker.url, 'produce', 'interrupted'] });
    producer.child.stdin.write('typed\n');
    await consumer.says('typed\n');
    producer.child.kill('SIGINT');
    expect(await producer.exited).toBe(130);
    expect(producer.stderr).toMatch(/^1 record to interrupted in /);
  });
});

describe('q consume', () => {
  beforeAll(async () => {
    await topicWith('ten', '0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n');
  });

  it.each([
    ['start', '0123456789'],
    ['end', ''],
    ['7', '789'],
    ['-2', '89'],
    ['3:6', '345'],
    [':2', '01'],
    ['8:', '89'],
    ['-3:-1', '78'],
    ['5:1000', '56789'],
    ['@0', '0123456789'],
    ['@-1h', '0123456789'],
    ['@now', ''],
    ['@-1h:@now', '0123456789'],
  ])('C1 begins and ends where -o %s says', async (where, expected) => {
    expect(await consumed('ten', '-o', where, '-f', '%v')).toBe(expected);
  });

  it('C1 says which offsets there are when the one asked for is not', async () => {
    const { code, stderr } = await q(['consume', 'ten', '-o', '11', '-e']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^q: .*11.*0.*10.*\(OFFSET_OUT_OF_RANGE\)\. .+\n$/);
  });

  it('C2 stops after so many records', async () => {
    expect((await q(['consume', 'ten', '-n', '3', '-f', '%v,'])).stdout).toBe('0,1,2,');
    expect((await q(['consume', 'ten', '-n', '0'])).stdout).toBe('');
  });

  it('T3 reads chosen partitions', async () => {
    await q(['topic', 'create', 'parted', '-p', '4']);
    for (const partition of ['0', '1', '2', '3']) await q(['produce', 'parted', '-p', partition], `in ${partition}\n`);
    expect((await consumed('parted')).split('\n').sort()).toEqual(['', 'in 0', 'in 1', 'in 2', 'in 3']);
    expect((await consumed('parted', '-p', '1-2', '-p', '0')).split('\n').sort()).toEqual(['', 'in 0', 'in 1', 'in 2']);
    expect(await q(['consume', 'parted', '-p', '4'])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('it has partitions 0 to 3') as string,
    });
    expect(await q(['consume', 'nowhere'])).toMatchObject({ code: 3 });
  });

  it('C2 writes one line of JSON for each record', async () => {
    await topicWith('json', 'v\n', '-k', 'k', '-H', 'a=1');
    expect(JSON.parse(await consumed('json', '--json'))).toEqual({
      topic: 'json',
      partition: 0,
      offset: 0,
      timestampMs: expect.any(Number) as number,
      key: 'k',
      value: 'v',
      headers: [{ name: 'a', value: '1' }],
    });
    expect(await q(['consume', 'json', '--json', '-f', '%v'])).toMatchObject({ code: 2 });
  });

  it('C2 waits for records that come later, and ends at Ctrl-C', async () => {
    await topicWith('live', 'before\n');
    await using consumer = new QProgram({ args: ['--url', broker.url, 'consume', 'live'] });
    await consumer.says('before\n');
    await q(['produce', 'live'], 'after\n');
    await consumer.says('after\n');
    consumer.child.kill('SIGINT');
    expect(await consumer.exited).toBe(0);
    expect(consumer.stderr).toBe('');
  });

  it('C2 ends quietly when its reader goes away', async () => {
    await topicWith('long', 'a line of some length\n'.repeat(50_000));
    await using consumer = new QProgram({ args: ['--url', broker.url, 'consume', 'long'] });
    await consumer.says('length\n');
    consumer.child.stdout.destroy();
    expect(await consumer.exited).toBe(0);
    expect(consumer.stderr).toBe('');
  });
});
