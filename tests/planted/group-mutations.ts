import type { Mutation } from './mutation.ts';

const coordinator = 'packages/coordinator/src/groups';
const broker = 'packages/broker/src/services/groups';
const client = 'packages/client/src/group';

/** Bugs of consumer groups: who owns what, and what is committed. */
export const groupMutations: readonly Mutation[] = [
  {
    name: 'a partition is handed over before its owner let go',
    file: `${coordinator}/owners.ts`,
    find: '      this.#note(revoking, memberId);\n',
    replace: '',
  },
  {
    name: 'a commit of a member that was put out is taken',
    isRare: true,
    file: `${coordinator}/offset-access.ts`,
    find: "  if (member === undefined) return { code: 'UNKNOWN_MEMBER', message: `${who.memberId} is not in the group` };\n  if (who.memberEpoch === member.memberEpoch || who.memberEpoch === member.previousEpoch) return null;\n  return {\n    code: 'STALE_MEMBER_EPOCH',\n    message: `the epoch of the member is ${member.memberEpoch}, not ${who.memberEpoch}`,\n  };\n}\n\n/** Whether the member owns the partition or is giving it up: the last commit before letting go must be possible. */\nexport function mayCommit(group: Group, memberId: string, topicId: string, partition: number): boolean {\n",
    replace:
      '  void member;\n  return null;\n}\n\nexport function mayCommit(group: Group, memberId: string, topicId: string, partition: number): boolean {\n  if (group !== undefined) return true;\n',
  },
  {
    name: 'a commit is answered before it is durable',
    isRare: true,
    file: `${broker}/group-offsets.ts`,
    find: '      await settled;\n      return answer;',
    replace: '      void settled.catch(() => undefined);\n      return answer;',
  },
  {
    name: 'a commit that could not be stored is not taken back',
    isRare: true,
    file: 'packages/broker/src/state-log/logged-state.ts',
    find: '    this.#write([record]).undo.push(undo);\n',
    replace: '    void undo;\n    this.#write([record]);\n',
  },
  {
    name: 'a group hears of a lost write a moment late',
    test: 'packages/broker/test/services/groups/lost-writes.test.ts',
    file: 'packages/broker/src/state-log/state-log.ts',
    find: "  share.ended(share.durable, 'failed');\n",
    replace: "  void Promise.resolve().then(() => share.ended(share.durable, 'failed'));\n",
  },
  {
    name: 'the next session puts off what a group has to catch up with',
    test: 'packages/broker/test/services/groups/group-coordinator.test.ts',
    file: `${broker}/group-coordinator.ts`,
    find: 'retryAtMs === undefined ? membersMs : Math.min(retryAtMs, membersMs ?? Infinity)',
    replace: 'membersMs ?? retryAtMs ?? null',
  },
  {
    name: 'an assignment is told before it is durable',
    test: 'packages/broker/test/group-restart.test.ts',
    file: `${broker}/member-heartbeats.ts`,
    find: '      await settled;\n      return this.#answer(step);',
    replace: '      void settled.catch(() => undefined);\n      return this.#answer(step);',
  },
  {
    name: 'offsets of groups are lost at a restart',
    file: `${broker}/groups-replay.ts`,
    find: 'apply: (record) => image.apply(record)',
    replace: "apply: (record) => void (record.kind !== 'offset' && image.apply(record))",
  },
  {
    name: 'members of groups are lost at a restart',
    file: `${broker}/groups-replay.ts`,
    find: 'apply: (record) => image.apply(record)',
    replace: "apply: (record) => void (record.kind !== 'member' && image.apply(record))",
  },
  {
    name: 'the epoch of a group does not rise',
    file: `${coordinator}/target.ts`,
    find: 'isSpent ? group.groupEpoch : group.groupEpoch + 1',
    replace: 'group.groupEpoch',
  },
  {
    name: 'a restart counts sessions from before it',
    file: `${coordinator}/group-image.ts`,
    find: 'target, lastHeartbeatMs: nowMs, revokeByMs',
    replace: 'target, lastHeartbeatMs: nowMs - member.sessionTimeoutMs, revokeByMs',
  },
  {
    name: 'the client commits past what is not acknowledged',
    file: `${client}/ack-tracker.ts`,
    find: 'return Math.max(this.#floor, this.#head === this.#tail ? this.#next : this.#at(this.#head));',
    replace: 'return this.#next;',
  },
  {
    name: 'the client lets an older commit stand for a newer one',
    test: 'packages/client/test/group/commits.test.ts',
    file: `${client}/committer.ts`,
    find: 'if (asked === null || asked.offset < least) break;',
    replace: 'if (asked === null) break;',
  },
  {
    name: 'the client says that a refused commit is done',
    file: `${client}/committer.ts`,
    find: 'for (const { reject } of waiters) reject(error);\n    return !sent',
    replace: 'for (const { resolve } of waiters) resolve();\n    return !sent',
  },
  {
    name: 'the client commits what is acknowledged in place of what was asked for',
    file: `${client}/committer.ts`,
    find: 'return { ...now, ...(commits[count - 1]?.asked as Position), count, isAsked: true };',
    replace:
      'return { ...now, offset: Math.min(now.prefix, (commits[count - 1]?.asked as Position).offset), metadata: null, count, isAsked: true };',
  },
  {
    name: 'the client waits for the acknowledgement of what is committed by hand',
    test: 'packages/client/test/group/commits.test.ts',
    file: `${client}/dispenser.ts`,
    find: '    owned.ackBelow(offset, ',
    replace: '    if (offset < 0) owned.ackBelow(offset, ',
  },
  {
    name: 'a consumer waits for a handler that never comes to its end',
    file: `${client}/runner.ts`,
    find: '      if (isHandling) resolve();\n',
    replace: '',
  },
  {
    name: 'who waits for a record is not told that the loop was left',
    file: 'packages/client/src/consumer/pull-iterator.ts',
    find: '    this.#tellEnd?.();\n    this.#tellEnd = null;\n  }',
    replace: '    this.#tellEnd = null;\n  }',
  },
  {
    name: 'the client hands on a partition that it was told to give up',
    file: `${client}/assignment.ts`,
    find: '    for (const owned of partitions) this.#leave(owned, reason.message);\n',
    replace: '',
  },
  {
    name: 'the client keeps its partitions beyond its session',
    file: `${client}/membership.ts`,
    find: 'const leftMs = sentAtMs + this.#sessionMs - this.#clock.monotonic();',
    replace: 'const leftMs = this.#sessionMs * 10;',
  },
  {
    name: 'the client counts its session from the answer',
    isRare: true,
    file: `${client}/membership.ts`,
    find: 'const leftMs = sentAtMs + this.#sessionMs - this.#clock.monotonic();',
    replace: 'const leftMs = this.#sessionMs;',
  },
  {
    name: 'the client begins behind what is committed',
    file: `${client}/group-positions.ts`,
    find: 'if (offset !== undefined) return { owned, offset, isFleeting: false };',
    replace: 'if (offset !== undefined) return { owned, offset: offset + 1, isFleeting: false };',
  },
];
