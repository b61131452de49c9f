import { stripVTControlCharacters } from 'node:util';
import type { DescribedMember, GroupDescription, GroupPartition } from '@q/client';
import { describe, expect, it } from 'vitest';
import { formatGroup } from '../../src/commands/group-view.ts';
import { humanUnits, rawUnits } from '../../src/output/units.ts';
import type { Screen } from '../../src/screen.ts';

const topicId = '00000000-0000-4000-8000-000000000001';

function member(memberId: string, o: Partial<DescribedMember> = {}): DescribedMember {
  return {
    memberId,
    instanceId: null,
    clientId: 'app',
    host: '10.0.0.7',
    memberEpoch: 4,
    state: 'stable',
    topics: ['orders'],
    assigned: [{ topicId, name: 'orders', partitions: [0, 1, 3] }],
    target: [],
    sinceHeartbeatMs: 2_500,
    sessionTimeoutMs: 45_000,
    stalledMs: 0,
    stalled: false,
    ...o,
  };
}

function partition(number: number, o: Partial<GroupPartition> = {}): GroupPartition {
  return {
    topic: 'orders',
    topicId,
    partition: number,
    memberId: 'm-1',
    committedOffset: 10_000,
    metadata: null,
    logStartOffset: 0,
    highWatermark: 12_345,
    lag: 2_345,
    lagExact: true,
    sinceProgressMs: 40,
    ...o,
  };
}

const billing: GroupDescription = {
  groupId: 'billing',
  state: 'stable',
  assignor: 'uniform',
  groupEpoch: 4,
  targetEpoch: 4,
  lag: 2_345,
  lagExact: true,
  members: [member('m-1')],
  partitions: [partition(0)],
};

const lines = async (
  group: GroupDescription,
  view = { units: humanUnits, screen: {}, delay: null, held: [] },
): Promise<string[]> => (await formatGroup(group, view)).split('\n');

describe('a group for people', () => {
  it('G3 shows state, members with what they own, and each partition with its lag', async () => {
    expect(await lines(billing)).toEqual([
      'group\tbilling',
      'state\tstable',
      'assignor\tuniform',
      'epoch\t4',
      'members\t1',
      'partitions\t1, 1 with an offset',
      'lag\t2,345',
      '',
      'member\tinstance\tclient\thost\tstate\tepoch\towns\theartbeat ago\tstalled',
      'm-1\t-\tapp\t10.0.0.7\tstable\t4\torders:0-1,3\t2.5 s\tno',
      '',
      'topic\tpartition\tcommitted\tend\tlag\tprogress ago\towner',
      'orders\t0\t10000\t12345\t2,345\t40 ms\tm-1',
      '',
    ]);
    expect(await lines(billing, { units: rawUnits, screen: {}, delay: null, held: [] })).toEqual(
      expect.arrayContaining([
        'm-1\t-\tapp\t10.0.0.7\tstable\t4\torders:0-1,3\t2500\tno',
        'orders\t0\t10000\t12345\t2345\t40\tm-1',
      ]),
    );
  });

  it('G3 does not take an unknown lag for none', async () => {
    expect(await lines({ ...billing, lag: null, lagExact: false, members: [], partitions: [] })).toContain(
      'lag\tunknown: nothing is committed',
    );
  });

  it('G2 G3 shows who stalls, and whether by what it says or by saying nothing', async () => {
    const members = [
      member('busy'),
      member('hangs', { stalled: true, stalledMs: 75_000 }),
      member('silent', { stalled: true, sinceHeartbeatMs: 21_000 }),
    ];
    const text = await lines({ ...billing, members });
    expect(text).toContain('members\t3, 2 stalled');
    expect(text.slice(9, 12).map((line) => line.split('\t').at(-1))).toEqual([
      'no',
      'for 1 min 15 s',
      'heartbeat overdue',
    ]);
  });

  it('G3 shows what will be owned while it is not what is owned', async () => {
    const members = [
      member('m-1', { state: 'unrevoked', target: [{ topicId, name: 'orders', partitions: [0, 1] }] }),
      member('m-2', {
        instanceId: 'second',
        state: 'unreleased',
        assigned: [],
        target: [{ topicId, name: '', partitions: [3] }],
      }),
    ];
    const text = await lines({ ...billing, state: 'reconciling', groupEpoch: 5, members });
    expect(text).toContain('epoch\t5 (assigned for 4)');
    expect(text.slice(8, 11)).toEqual([
      'member\tinstance\tclient\thost\tstate\tepoch\towns\twill own\theartbeat ago\tstalled',
      'm-1\t-\tapp\t10.0.0.7\tunrevoked\t4\torders:0-1,3\torders:0-1\t2.5 s\tno',
      `m-2\tsecond\tapp\t10.0.0.7\tunreleased\t4\t-\t${topicId}:3\t2.5 s\tno`,
    ]);
  });

  it('G3 leaves no cell empty where nothing is known', async () => {
    const nothing = {
      memberId: null,
      committedOffset: null,
      logStartOffset: null,
      highWatermark: null,
      lag: null,
      sinceProgressMs: null,
    };
    const text = await lines({
      ...billing,
      state: 'empty',
      lag: 0,
      members: [],
      partitions: [partition(2, { topic: '', ...nothing })],
    });
    expect(text.slice(4)).toEqual([
      'members\t0',
      'partitions\t1, 0 with an offset',
      'lag\t0',
      '',
      'topic\tpartition\tcommitted\tend\tlag\tprogress ago\towner',
      `${topicId}\t2\t-\t-\t-\t-\t-`,
      '',
    ]);
    expect(await lines({ ...billing, members: [], partitions: [] })).toHaveLength(8);
  });

  it('G3 lines up on a terminal', async () => {
    const text = stripVTControlCharacters(
      await formatGroup(billing, { units: humanUnits, screen: { isTTY: true }, delay: null, held: [] }),
    );
    expect(text).toContain(
      'topic   partition  committed    end    lag  progress ago  owner\norders          0      10000  12345  2,345         40 ms  m-1\n',
    );
  });

  it('O2 G3 fits 80 columns: of an owner it shows as much as tells it apart', async () => {
    const ids = ['01a2b3c4-5b58-408a-a6ec-ba868243cd10', '01a2b3c4-5b58-408a-b6ec-ba868243cd10', '9f'.repeat(18)];
    const group = {
      ...billing,
      members: ids.map((id) => member(id)),
      partitions: ids.map((memberId, number) => partition(number, { memberId })),
    };
    const shown = async (screen: Screen): Promise<string> =>
      stripVTControlCharacters(await formatGroup(group, { units: humanUnits, screen, delay: null, held: [] }));
    const narrow = await shown({ isTTY: true, columns: 80 });
    expect(narrow).toContain('owner\n');
    expect(narrow).toMatch(/ 01a2b3c4-5b58-408a-a\n.* 01a2b3c4-5b58-408a-b\n.* 9f9f9f9f\n$/);
    for (const line of narrow.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
    for (const id of ids) expect(narrow).toContain(`member         ${id}\n`);
    expect(await shown({})).toMatch(new RegExp(`\t${ids[2]}\n$`));
  });

  it('G3 says of a lag that it may be less', async () => {
    const text = await lines({ ...billing, lagExact: false, partitions: [partition(0, { lagExact: false })] });
    expect(text).toContain('lag\tat most 2,345');
    expect(text.at(-2)).toContain('at most 2,345');
  });
});
