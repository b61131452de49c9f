/**
 * Makes the target of a group: what each member is to own, given who is in it and which topics there are.
 */
import { coordinatorLimits } from '../limits.ts';
import { groupAssignor } from './assignor.ts';
import type { AssignableTopic, Assignor, AssignmentTask } from './assignor.ts';
import type { Group } from './group.ts';
import type { TopicView } from './group-step.ts';
import type { AssignorName, Member } from './member.ts';
import { samePartitions } from '../partitions.ts';
import type { PartitionsByTopic } from '../partitions.ts';
import { assignRange, compareTexts } from './range.ts';
import { assignUniform } from './uniform.ts';

const assignors: Readonly<Record<AssignorName, Assignor>> = { uniform: assignUniform, range: assignRange };

/** A new epoch with a new target, after members or subscriptions changed. */
export function retarget(group: Group, topics: TopicView): Group {
  return atNextEpoch(withTargets(group, topics));
}

/** The same group when the topics call for no other target. */
export function retargetIfChanged(group: Group, topics: TopicView): Group {
  const changed = withTargets(group, topics);
  return changed === group ? group : atNextEpoch(changed);
}

/**
 * The last epoch stands for all that would follow: who owns what does not depend on epochs, and nobody can join any
 * more before the group was empty once, which is when its epochs begin anew.
 */
function atNextEpoch(group: Group): Group {
  const isSpent = group.groupEpoch >= coordinatorLimits.groupEpochMax;
  if (isSpent && group.members.size === 0) return { ...group, groupEpoch: 0, targetEpoch: 0 };
  const epoch = isSpent ? group.groupEpoch : group.groupEpoch + 1;
  return { ...group, groupEpoch: epoch, targetEpoch: epoch };
}

function withTargets(group: Group, topics: TopicView): Group {
  const task = taskOf([...group.members.values()], topics);
  const targets = assignors[groupAssignor(group)](task);
  let members = group.members;
  for (const [index, member] of task.members.entries()) {
    const target = targets[index]!;
    if (!samePartitions(target, member.target)) members = members.with(withTarget(member, target));
  }
  return members === group.members ? group : { ...group, members };
}

/** A target that is owned already is the very object that is owned, so that a stable member is known at a glance. */
function withTarget(member: Member, target: PartitionsByTopic): Member {
  return { ...member, target: samePartitions(target, member.assigned) ? member.assigned : target };
}

function taskOf(members: readonly Member[], topics: TopicView): AssignmentTask {
  const subscribers = new Map<string, number[]>();
  for (const [index, member] of members.entries()) {
    for (const name of member.topics) {
      const list = subscribers.get(name);
      if (list === undefined) subscribers.set(name, [index]);
      else list.push(index);
    }
  }
  const wanted: AssignableTopic[] = [];
  for (const [name, indexes] of [...subscribers].sort(([left], [right]) => compareTexts(left, right))) {
    const topic = topics.byName(name);
    if (topic !== null) wanted.push({ ...topic, subscribers: indexes });
  }
  return { members, topics: wanted };
}
