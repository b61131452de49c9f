import { createGroup, groupState, partitionsByTopic, stepGroup } from '@q/coordinator';
import type { GroupCommand, HeartbeatCommand } from '@q/coordinator';

// What the broker knows: a topic of four partitions, and what time it is.
const topicId = '6f9619ff-8b86-4d01-b42d-00cf4fc964ff';
const topics = { byName: (name: string) => (name === 'orders' ? { topicId, partitions: 4 } : null) };
let group = createGroup('billing', { nowMs: 0 });

function step(command: GroupCommand) {
  const { group: after, result, records, wake } = stepGroup(group, command, { nowMs: 0, wallMs: 0, topics });
  group = after; // a broker makes `records` durable first, and goes back to the old group when that fails
  const assignment = result.kind === 'reply' ? (result.assignment?.get(topicId) ?? null) : null;
  return { assignment, records: records.length, wake };
}

const heartbeat: HeartbeatCommand = {
  kind: 'heartbeat',
  memberId: 'ada',
  memberEpoch: 0,
  instanceId: null,
  clientId: 'example',
  host: '127.0.0.1',
  sessionTimeoutMs: -1,
  rebalanceTimeoutMs: -1,
  assignor: null,
  topics: ['orders'],
  owned: partitionsByTopic([]),
  stalledMs: 0,
};

// The first member gets everything. The second one waits: its half is Ada's until Ada has let go, so Ada is woken.
console.log(step(heartbeat)); // { assignment: [ 0, 1, 2, 3 ], records: 2, wake: [] }
console.log(step({ ...heartbeat, memberId: 'alan' })); // { assignment: null, records: 3, wake: [ 'ada' ] }

// Ada's held heartbeat looks and brings the news; with the next one she says what she still owns. That wakes Alan.
console.log(step({ kind: 'look', memberId: 'ada' })); // { assignment: [ 0, 1 ], records: 1, wake: [] }
const owned = partitionsByTopic([{ topicId, partitions: [0, 1] }]);
const next = { ...heartbeat, memberEpoch: 1, topics: null, owned };
console.log(step(next)); // { assignment: [ 0, 1 ], records: 1, wake: [ 'alan' ] }
console.log(step({ kind: 'look', memberId: 'alan' })); // { assignment: [ 2, 3 ], records: 1, wake: [] }
console.log(groupState(group)); // stable
