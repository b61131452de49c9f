import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBroker } from '@q/broker';
import type { Broker } from '@q/broker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codecs } from '../src/commands/record-commands.ts';
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
    const third = await q(['produce', 'narrow', '--json'], `one\ntwo\n${large}\nnever read\n`);
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
    const { stdout } = await q(['produce', 'from-file', '-f', join(folder, 'lines'), '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ topic: 'from-file', records: 2, bytes: 6, keyless: 0 });
    expect(await consumed('from-file')).toBe('one\ntwo\n');
    expect(await q(['produce', 'from-file', '-f', join(folder, 'gone')])).toEqual({
      code: 1,
      stdout: '',
      stderr: `q: ${join(folder, 'gone')} cannot be read: there is no such file\n`,
    });
    expect((await q(['produce', 'from-file', '-f', folder])).stderr).toContain('it is a folder');
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
