import { startBroker } from '@q/broker';
import type { Broker } from '@q/broker';
import { connect } from '@q/client';
import type { Q } from '@q/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from './command-here.ts';
import { QProgram } from './q-program.ts';
import type { ProgramResult } from './q-program.ts';

let broker: Broker;
let client: Q;

beforeAll(async () => {
  broker = await startBroker({ storage: 'memory', port: 0, admin: false });
  client = await connect(broker.url);
});

afterAll(async () => {
  await client.close();
  await broker.close();
});

function q(line: string): Promise<ProgramResult> {
  return runHere({ line, url: broker.url });
}

function start(line: string): QProgram {
  return new QProgram({ args: ['--url', broker.url, ...line.split(' ')] });
}

async function topicOf(topic: string, o: { partitions?: number; records: number }): Promise<void> {
  const partitions = o.partitions ?? 1;
  await client.admin.createTopic(topic, { partitions });
  await client.producer().sendBatch(
    topic,
    Array.from({ length: o.records }, (_, index) => ({ partition: index % partitions, value: `${index}` })),
  );
}

async function committed(group: string): Promise<Record<number, number>> {
  return Object.fromEntries(
    (await client.admin.groupOffsets(group)).map(({ partition, offset }) => [partition, offset]),
  );
}

describe('q consume -g', () => {
  it('G1 G2 goes on where the group is, and commits what it has written', async () => {
    await topicOf('counted', { records: 10 });
    expect(await q('consume counted -g counting -n 3 -f %v,')).toEqual({
      code: 0,
      stdout: '0,1,2,',
      stderr: '3 records were handled in group counting\n',
    });
    expect(await committed('counting')).toEqual({ 0: 3 });
    expect((await q('consume counted -g counting -n 1 -f %v,')).stdout).toBe('3,');
    expect(JSON.parse((await q('consume counted -g counting -n 1 --json')).stdout)).toMatchObject({
      topic: 'counted',
      offset: 4,
      value: '4',
    });
    expect(await committed('counting')).toEqual({ 0: 5 });
    expect(await client.admin.describeGroup('counting')).toMatchObject({ state: 'empty', members: [], lag: 5 });
    expect(await q('consume counted -g counting -n 0')).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('G1 begins where -o says where nothing is committed, and only there', async () => {
    await topicOf('begun', { records: 5 });
    await using waiting = start('consume begun -g late -o end');
    await committedIn('late', 1);
    await client.producer().send('begun', { value: 'new' });
    await waiting.says('new\n');
    waiting.child.kill('SIGTERM');
    expect(await waiting.exited).toBe(0);
    expect(waiting.stdout).toBe('new\n');
    await client.producer().send('begun', { value: 'newer' });
    expect((await q('consume begun -g late -o start -n 1')).stdout).toBe('newer\n');
    expect((await q('consume begun -g timed -o @-1h -n 1')).stdout).toBe('0\n');
  });

  it('G2 C4 commits, leaves and says what it did at Ctrl-C', async () => {
    await topicOf('interrupted', { records: 4 });
    await using member = start('consume interrupted -g stopped');
    await member.says('3\n');
    expect(await client.admin.describeGroup('stopped')).toMatchObject({
      state: 'stable',
      members: [{ clientId: 'q-cli' }],
    });
    member.child.kill('SIGINT');
    expect(await member.exited).toBe(0);
    expect({ stdout: member.stdout, stderr: member.stderr }).toEqual({
      stdout: '0\n1\n2\n3\n',
      stderr: '4 records were handled in group stopped\n',
    });
    expect(await committed('stopped')).toEqual({ 0: 4 });
    expect((await client.admin.describeGroup('stopped')).members).toEqual([]);
  });

  it('G1 shares the partitions with the other members', { timeout: 30_000 }, async () => {
    await topicOf('shared', { partitions: 4, records: 0 });
    await using first = start('consume shared -g team -f %p:%v\\n');
    await using second = start('consume shared -g team -f %p:%v\\n');
    await stable('team', 2);
    await client.producer().sendBatch(
      'shared',
      [0, 1, 2, 3].map((partition) => ({ partition, value: 'x' })),
    );
    const { members } = await client.admin.describeGroup('team');
    const owned = members.map(({ assigned }) =>
      (assigned[0]?.partitions ?? []).map((partition) => `${partition}:x`).sort(),
    );
    await Promise.all([first.saysLines(2), second.saysLines(2)]);
    // Which process is which member is for the group to know.
    const seen = [first, second].map(({ stdout }) => stdout.trim().split('\n').sort());
    expect(seen.map(String).sort()).toEqual(owned.map(String).sort());
    expect(owned.map((places) => places.length)).toEqual([2, 2]);
    for (const member of [first, second]) member.child.kill('SIGINT');
    expect(await Promise.all([first.exited, second.exited])).toEqual([0, 0]);
    expect(await committed('team')).toEqual({ 0: 1, 1: 1, 2: 1, 3: 1 });
  });

  it('G2 C2 leaves to the group what its reader did not take', { timeout: 30_000 }, async () => {
    await client.admin.createTopic('unread');
    await client.producer().sendBatch(
      'unread',
      Array.from({ length: 50_000 }, () => ({ value: 'a line of some length' })),
    );
    await using member = start('consume unread -g gone');
    await member.says('length\n');
    member.child.stdout.destroy();
    expect(await member.exited).toBe(0);
    expect(member.stderr).toMatch(
      /^[\d,]+ records? w\w+ handled in group gone; [\d,]+ more were not, and come again\n$/,
    );
    const handled = Number(/^[\d,]+/.exec(member.stderr)?.[0].replaceAll(',', ''));
    expect(await committed('gone')).toEqual({ 0: handled });
    expect(handled).toBeLessThan(50_000);
  });

  it('G2 W3 says so, within seconds, when the broker is gone at the end', { timeout: 30_000 }, async () => {
    const other = await startBroker({ storage: 'memory', port: 0, admin: false });
    const elsewhere = await connect(other.url);
    await elsewhere.admin.createTopic('orphaned');
    await elsewhere.producer().send('orphaned', { value: 'one' });
    await using member = new QProgram({ args: ['--url', other.url, 'consume', 'orphaned', '-g', 'orphans'] });
    await member.says('one\n');
    await elsewhere.close();
    await other.close();
    member.child.kill('SIGINT');
    expect(await member.exited).toBe(1);
    expect(member.stderr).toMatch(
      /^.+ \([A-Z_]+\)\n[\s\S]*1 record was handled in group orphans; some of them may come again\n$/,
    );
  });

  it.each([
    ['-p 0', '--partition does not go with --group'],
    ['-e', '--exit does not go with --group'],
    ['-o 5', '--offset says with --group only where to begin'],
    ['-o -5', '--offset says with --group only where to begin'],
    ['-o 1:2', '--offset says with --group only where to begin'],
    ['-o start:', '--offset says with --group only where to begin'],
    ['--json -f %v', '--json and --format exclude each other'],
  ])('G1 Q3 refuses %s, and says why', async (flags, words) => {
    expect(await q(`consume counted -g refused ${flags}`)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(words) as string,
    });
    expect(await client.admin.listGroups({ prefix: 'refused' })).toEqual([]);
  });

  it('G1 Q3 refuses a topic that is not there, and an id that cannot be', async () => {
    expect(await q('consume nowhere -g refused')).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringContaining('(UNKNOWN_TOPIC)') as string,
    });
    expect(await q(`consume counted -g ${'x'.repeat(250)}`)).toMatchObject({ code: 1, stdout: '' });
  });
});

/** Waits until the group has committed so many offsets: `latest` is committed as soon as it is known. */
async function committedIn(group: string, count: number): Promise<void> {
  while (Object.keys(await committed(group)).length < count) await new Promise(setImmediate);
}

async function stable(group: string, members: number): Promise<void> {
  for (;;) {
    const [found] = await client.admin.listGroups({ prefix: group });
    if (found?.state === 'stable' && found.members === members) return;
    await new Promise(setImmediate);
  }
}
