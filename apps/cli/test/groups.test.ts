import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBroker } from '@q/broker';
import type { Broker } from '@q/broker';
import { connect } from '@q/client';
import type { Q } from '@q/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from './command-here.ts';
import type { ProgramResult } from './q-program.ts';

let broker: Broker;
let client: Q;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'q-cli-groups-'));
  broker = await startBroker({ storage: 'memory', port: 0, admin: false });
  client = await connect(broker.url);
  // Ten records in partition 0, four in partition 1, none in partition 2; the first of each are from 2023.
  await client.admin.createTopic('orders', { partitions: 3 });
  await client.admin.createTopic('payments');
  const producer = client.producer();
  for (const [partition, count] of [
    [0, 10],
    [1, 4],
  ] as const) {
    const records = Array.from({ length: count }, (_, index) => ({
      partition,
      value: `${index}`,
      ...(index < 2 ? { timestampMs: 1_700_000_000_000 + index * 1000 } : {}),
    }));
    await producer.sendBatch('orders', records);
  }
  await producer.send('payments', { value: 'one' });
});

afterAll(async () => {
  await client.close();
  await broker.close();
  await rm(folder, { recursive: true });
});

function q(line: string, input = ''): Promise<ProgramResult> {
  return runHere({ line, url: broker.url, input });
}

function onTerminal(line: string, typed = ''): Promise<ProgramResult> {
  return runHere({ line, url: broker.url, input: typed, terminal: true });
}

async function json(line: string, input = ''): Promise<unknown> {
  const { stdout, stderr, code } = await q(`${line} --json`, input);
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  return JSON.parse(stdout);
}

async function offsetsOf(group: string): Promise<Record<string, number>> {
  return Object.fromEntries(
    (await client.admin.groupOffsets(group)).map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]),
  );
}

async function groupAt(group: string, offsets: Readonly<Record<number, number>>): Promise<void> {
  await client.admin.resetGroupOffsets(group, { orders: offsets });
}

describe('q group list', () => {
  it('G3 lists states, members and offsets; with --lag also the lag; by a prefix', async () => {
    await groupAt('list-a', { 0: 4, 1: 4 });
    await groupAt('list-b', { 0: 10 });
    expect((await q('group list --prefix list-')).stdout).toBe(
      'group\tstate\tmembers\toffsets\nlist-a\tempty\t0\t2\nlist-b\tempty\t0\t1\n',
    );
    expect((await q('group list --prefix list- --lag')).stdout).toBe(
      'group\tstate\tmembers\toffsets\tlag\nlist-a\tempty\t0\t2\t6\nlist-b\tempty\t0\t1\t4\n',
    );
    expect(await json('group list --prefix list-b --lag')).toEqual([
      { groupId: 'list-b', state: 'empty', members: 0, offsets: 1, lag: 4, lagExact: true },
    ]);
    expect((await onTerminal('group list --prefix list-a')).stdout).toBe(
      'group   state  members  offsets\nlist-a  empty        0        2\n',
    );
  });

  it('G3 says so when there is none', async () => {
    expect(await onTerminal('group list --prefix nothing-')).toEqual({
      code: 0,
      stdout: '',
      stderr: 'no group begins with nothing-\n',
    });
    expect(await json('group list --prefix nothing-')).toEqual([]);
  });
});

describe('q group describe', () => {
  it('G3 shows each partition with its committed offset, its end and its lag', async () => {
    await groupAt('described', { 0: 4, 1: 4 });
    const { stdout } = await q('group describe described');
    expect(stdout).toMatch(
      /^group\tdescribed\nstate\tempty\nassignor\tuniform\nepoch\t\d+\nmembers\t0\npartitions\t3, 2 with an offset\nlag\t6\nbehind for\t.+\n\n/,
    );
    expect(stdout).toMatch(
      /\ntopic\tpartition\tcommitted\tend\tlag\tprogress ago\towner\norders\t0\t4\t10\t6\t\S.*\t-\norders\t1\t4\t4\t0\t\S.*\t-\norders\t2\t-\t0\t0\t-\t-\n$/,
    );
    expect(await json('group describe described')).toMatchObject({
      groupId: 'described',
      state: 'empty',
      lag: 6,
      lagExact: true,
      lagMs: expect.toSatisfy((ms) => ms === null || ms >= 0) as number,
      members: [],
      partitions: [
        {
          topic: 'orders',
          partition: 0,
          committedOffset: 4,
          logStartOffset: 0,
          highWatermark: 10,
          lag: 6,
          lagExact: true,
          memberId: null,
        },
        { partition: 1, lag: 0 },
        { partition: 2, committedOffset: null, lag: 0 },
      ],
    });
  });

  it('G3 O2 says with exit code 3 that there is no such group, and what makes one', async () => {
    expect(await q('group describe nobody')).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringMatching(/^q: .*nobody.* \(UNKNOWN_GROUP\)\. .+\n$/) as string,
    });
  });
});

describe('q group seek', () => {
  it('G3 shows what would change, and changes it with --execute only', async () => {
    await groupAt('previewed', { 0: 4 });
    expect(await q('group seek previewed -t orders --to end -p 0,1')).toEqual({
      code: 0,
      stdout:
        'topic\tpartition\tis at\twould be at\twould move\tlag then\norders\t0\t4\t10\t+6\t0\norders\t1\t-\t4\t-\t0\n',
      stderr: 'nothing was changed; add --execute to do it\n',
    });
    expect(await offsetsOf('previewed')).toEqual({ 'orders/0': 4 });
    expect(await json('group seek previewed -t orders --to end -p 0')).toEqual({
      group: 'previewed',
      executed: false,
      partitions: [{ topic: 'orders', partition: 0, previousOffset: 4, offset: 10, lag: 0, lagExact: true }],
    });
    expect(await q('group seek previewed -t orders --to end -p 0,1 --execute')).toEqual({
      code: 0,
      stdout: 'topic\tpartition\twas at\tis at\tmoved\tlag\norders\t0\t4\t10\t+6\t0\norders\t1\t-\t4\t-\t0\n',
      stderr: '',
    });
    expect(await offsetsOf('previewed')).toEqual({ 'orders/0': 10, 'orders/1': 4 });
  });

  it.each([
    ['--to start', { 0: 0, 1: 0, 2: 0 }],
    ['--to end', { 0: 10, 1: 4, 2: 0 }],
    ['--to 3 -p 0-1', { 0: 3, 1: 3 }],
    ['--to -2', { 0: 8, 1: 2, 2: 0 }],
    ['--to @1700000001', { 0: 1, 1: 1, 2: 0 }],
    ['--to @-1h', { 0: 2, 1: 2, 2: 0 }],
    ['--to @now', { 0: 10, 1: 4, 2: 0 }],
    ['--shift -1', { 0: 4, 1: 2 }],
    ['--shift +2', { 0: 7, 1: 4 }],
    ['--shift -100 -p 0', { 0: 0, 1: 3 }],
  ])('G3 goes where %s says', async (where, expected) => {
    const group = `at ${where}`.replaceAll(' ', '_');
    if (where.startsWith('--shift')) await groupAt(group, { 0: 5, 1: 3 });
    expect((await q(`group seek ${group} -t orders ${where} --execute`)).code).toBe(0);
    expect(await offsetsOf(group)).toEqual(
      Object.fromEntries(Object.entries(expected).map(([partition, offset]) => [`orders/${partition}`, offset])),
    );
  });

  it('G3 brings back what describe has kept, also in several topics, from a file or standard input', async () => {
    await client.admin.resetGroupOffsets('kept', { orders: { 0: 7, 2: 0 }, payments: { 0: 1 } });
    const { stdout } = await q('group describe kept --json');
    await writeFile(join(folder, 'kept.json'), stdout);
    await client.admin.resetGroupOffsets('kept', { orders: { 0: 0, 1: 4 }, payments: { 0: 0 } });
    expect((await q(`group seek kept --from-file ${join(folder, 'kept.json')} --execute`)).code).toBe(0);
    expect(await offsetsOf('kept')).toEqual({ 'orders/0': 7, 'orders/1': 4, 'orders/2': 0, 'payments/0': 1 });
    expect(
      await json('group seek kept --from-file - --execute', 'topic,partition,offset\norders,1,2\npayments,0,0\n'),
    ).toMatchObject({
      executed: true,
      partitions: [
        { topic: 'orders', partition: 1, previousOffset: 4, offset: 2, lag: 2, lagExact: true },
        { topic: 'payments', previousOffset: 1, offset: 0, lag: 1 },
      ],
    });
    await q('group seek kept --from-file - -t payments --execute', 'orders,1,0\npayments,0,1\n');
    expect(await offsetsOf('kept')).toMatchObject({ 'orders/1': 2, 'payments/0': 1 });
  });

  it('G3 says that there is no such group yet before it makes one', async () => {
    expect((await q('group seek typo -t orders --to end')).stderr).toBe(
      'nothing was changed, and there is no group typo yet; add --execute to do it\n',
    );
    expect((await q('group describe typo')).code).toBe(3);
    expect(await q('group seek typo -t orders --shift 1')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('(UNKNOWN_GROUP)') as string,
    });
  });

  it('G3 Q3 refuses what it cannot do, says why, and changes nothing', async () => {
    await groupAt('fixed', { 0: 4 });
    const failures: [string, number, RegExp, string?][] = [
      ['-t orders', 2, /one of --to, --shift and --from-file/],
      ['-t orders --to end --shift 1', 2, /one of --to, --shift and --from-file/],
      ['--to end', 2, /name the topic with --topic/],
      ['-t orders --to nowhere', 2, /expected start, end, an offset/],
      ['-t orders --shift much', 2, /expected a number of records/],
      ['-t missing --to end', 3, /\(UNKNOWN_TOPIC\)/],
      ['-t orders --to end -p 3', 3, /it has partitions 0 to 2/],
      ['-t orders --to 5 --execute', 1, /partition 1: .*; no offset was changed \(OFFSET_OUT_OF_RANGE\)/],
      ['-t payments --shift 1', 1, /group fixed has no offset in payments that could be shifted; use --to/],
      ['-t orders --shift 1 -p 0,1', 1, /no offset in orders, partition 1 that could be shifted/],
      ['--from-file nowhere/offsets.json', 1, /nowhere\/offsets\.json cannot be read: there is no such file/],
      ['--from-file -', 1, /standard input cannot be used: line 1 is not topic,partition,offset/, 'orders,0\n'],
      ['--from-file - -t payments', 1, /standard input cannot be used: it has no offset of payments/, 'orders,0,1\n'],
    ];
    for (const [line, code, words, input] of failures) {
      const result = await q(`group seek fixed ${line}`, input);
      expect(result, line).toMatchObject({ code, stdout: '' });
      expect(result.stderr, line).toMatch(words);
    }
    expect(await offsetsOf('fixed')).toEqual({ 'orders/0': 4 });
  });
});

describe('q group delete', () => {
  it('G3 deletes a group with its offsets, with --force only where nobody can be asked', async () => {
    await groupAt('doomed', { 0: 1, 1: 1 });
    expect(await q('group delete doomed')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('add --force') as string,
    });
    expect(await q('group delete doomed --force')).toEqual({
      code: 0,
      stdout: 'deleted doomed with its 2 offsets\n',
      stderr: '',
    });
    expect(await q('group delete doomed --force')).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringContaining('(UNKNOWN_GROUP)') as string,
    });
  });

  it('G3 asks on a terminal, and takes only yes for yes', async () => {
    await groupAt('asked', { 0: 1 });
    const refused = await onTerminal('group delete asked', 'n\n');
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/Delete group asked with its 1 offset\? \[y\/N\] [\s\S]*q: nothing was deleted\n$/);
    expect((await onTerminal('group delete asked --offsets -t orders -p 0', '\n')).stderr).toContain(
      'Forget where group asked is in orders, partition 0?',
    );
    expect(await offsetsOf('asked')).toEqual({ 'orders/0': 1 });
    expect(await onTerminal('group delete asked', 'y\n')).toMatchObject({
      code: 0,
      stdout: 'deleted asked with its 1 offset\n',
    });
    expect((await onTerminal('group delete asked')).code).toBe(3);
  });

  it('G3 forgets offsets of a topic, all or of some partitions', async () => {
    await client.admin.resetGroupOffsets('forgets', { orders: { 0: 1, 1: 1, 2: 0 }, payments: { 0: 1 } });
    expect(await q('group delete forgets --offsets -t orders -p 0-1 --force')).toEqual({
      code: 0,
      stdout: 'forgets has forgotten 2 offsets in orders, partitions 0-1\n',
      stderr: '',
    });
    expect(await offsetsOf('forgets')).toEqual({ 'orders/2': 0, 'payments/0': 1 });
    expect(await json('group delete forgets --offsets -t orders --force')).toEqual({
      group: 'forgets',
      topic: 'orders',
      offsets: 1,
    });
    expect(await offsetsOf('forgets')).toEqual({ 'payments/0': 1 });
    expect((await q('group delete forgets --offsets --force')).code).toBe(2);
    expect(await q('group delete forgets -t orders --force')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('add --offsets') as string,
    });
    expect((await q('group delete forgets --offsets -t missing --force')).code).toBe(3);
  });
});
