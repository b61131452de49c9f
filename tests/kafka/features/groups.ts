import { deepStrictEqual, ok } from 'node:assert';
import { section } from '../feature.ts';
import type { Feature } from '../feature.ts';
import { expectOffsets, someRecords } from '../records.ts';
import type { Member, Stage } from '../stage.ts';

const partitions = 6;
/** As short as brokers allow by default. */
const sessionTimeoutMs = 6000;

interface Group {
  readonly group: string;
  readonly topic: string;
}

async function newGroup(stage: Stage): Promise<Group> {
  return { group: stage.name('group'), topic: await stage.topic({ partitions }) };
}

function join(stage: Stage, of: Group, more: { commits?: boolean; instanceId?: string } = {}): Member {
  return stage.member({ ...of, sessionTimeoutMs, commits: true, ...more });
}

/** Each partition belongs to exactly one of them, and nobody is without. */
async function share(members: readonly Member[], timeoutMs?: number): Promise<void> {
  const isShared = (): boolean =>
    members.every((member) => member.partitions.length > 0)
    && members
      .flatMap((member) => member.partitions)
      .toSorted((a, b) => a - b)
      .join() === '0,1,2,3,4,5';
  // News of any of them may complete the picture.
  await Promise.any(members.map((member) => member.until('a division of the partitions', isShared, timeoutMs)));
}

async function fill(stage: Stage, topic: string, count: number): Promise<void> {
  for (let partition = 0; partition < partitions; partition += 1) {
    await stage.store(topic, someRecords(count, { partition }));
  }
}

const keyOf = ({ partition, offset }: { partition: number; offset: number }): string => `${partition}/${offset}`;

/** Every record was read by one of them. Returns how many were read by more. */
async function haveAll(members: readonly Member[], perPartition: number): Promise<number> {
  const seen = (): string[] => members.flatMap((member) => member.records.map(keyOf));
  const isAll = (): boolean => new Set(seen()).size === partitions * perPartition;
  await Promise.any(members.map((member) => member.until('all records', isAll)));
  return seen().length - partitions * perPartition;
}

async function joinAndLeave(stage: Stage): Promise<void> {
  const of = await newGroup(stage);
  await fill(stage, of.topic, 20);
  const first = join(stage, of);
  await share([first]);
  const second = join(stage, of);
  await share([first, second]);
  const third = join(stage, of);
  await share([first, second, third]);
  await second.leave();
  await share([first, third]);
  await fill(stage, of.topic, 20);
  await haveAll([first, second, third], 40);
  await Promise.all([first.leave(), third.leave()]);
}

async function killedMember(stage: Stage): Promise<void> {
  const of = await newGroup(stage);
  const [first, second] = [join(stage, of), join(stage, of)];
  await share([first, second]);
  await second.kill();
  await share([first], 40_000);
  await fill(stage, of.topic, 20);
  await haveAll([first], 20);
  await first.leave();
}

/** One that comes back under its name has its partitions again, and the other one has noticed nothing. */
async function staticMember(stage: Stage): Promise<void> {
  const of = await newGroup(stage);
  const first = join(stage, of, { instanceId: 'one' });
  const second = join(stage, of, { instanceId: 'two' });
  await share([first, second]);
  const changes = first.assignments.length;
  const had = second.partitions;
  await second.kill();
  const again = join(stage, of, { instanceId: 'two' });
  await again.until('its partitions', () => again.partitions.length > 0);
  deepStrictEqual(again.partitions, had);
  ok(first.assignments.length === changes, 'the other member was given an assignment again');
  await fill(stage, of.topic, 10);
  await haveAll([first, again], 10);
  await Promise.all([first.leave(), again.leave()]);
}

/** A whole group that comes back goes on where it had come to. */
async function resume(stage: Stage): Promise<void> {
  const of = await newGroup(stage);
  await fill(stage, of.topic, 30);
  const first = join(stage, of);
  await haveAll([first], 30);
  await first.leave();
  const { offsets } = await stage.client.ask('committed', of);
  deepStrictEqual(offsets, { 0: 30, 1: 30, 2: 30, 3: 30, 4: 30, 5: 30 });
  await fill(stage, of.topic, 5);
  const second = join(stage, of);
  await second.until('what is new', () => second.records.length >= 5 * partitions);
  await second.leave();
  for (let partition = 0; partition < partitions; partition += 1) {
    expectOffsets(
      second.records.filter((record) => record.partition === partition),
      30,
      5,
    );
  }
}

/** Without commits everything comes again. */
async function withoutCommits(stage: Stage): Promise<void> {
  const of = await newGroup(stage);
  await fill(stage, of.topic, 10);
  for (const time of ['once', 'again']) {
    const member = join(stage, of, { commits: false });
    const repeated = await haveAll([member], 10);
    deepStrictEqual(repeated, 0, time);
    await member.leave();
  }
}

const idleMs = 4000;
const idleRequestsMax = 10;

/** A storm is a long poll that is answered at once, or never understood. */
async function idle(stage: Stage): Promise<string> {
  const of = await newGroup(stage);
  const member = join(stage, of);
  await share([member]);
  await fill(stage, of.topic, 1);
  await haveAll([member], 1);
  const before = await stage.broker.requests();
  await new Promise((resolve) => setTimeout(resolve, idleMs));
  const after = await stage.broker.requests();
  const perSecond = [...after].map(
    ([api, count]) => [api, (count - (before.get(api) ?? 0)) / (idleMs / 1000)] as const,
  );
  const total = perSecond.reduce((sum, [, rate]) => sum + rate, 0);
  ok(
    total <= idleRequestsMax,
    `${total} requests a second: ${JSON.stringify(perSecond.filter(([, rate]) => rate > 0))}`,
  );
  await member.leave();
  return `${total} requests a second`;
}

export const groups: readonly Feature[] = section('Groups', {
  'members join and leave': { run: joinAndLeave },
  'a killed member is replaced': { run: killedMember, isLong: true },
  'a static member restarts without a rebalance': staticMember,
  'commit, and go on from there': resume,
  'without commits all comes again': withoutCommits,
  [`an idle member sends at most ${idleRequestsMax} requests a second`]: { run: idle },
});
