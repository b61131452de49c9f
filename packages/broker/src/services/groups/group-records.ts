import { encodeGroupRecord } from '@q/coordinator';
import type { GroupRecord } from '@q/coordinator';
import type { StateRecords } from '../../state-log/state-log.ts';

/** The records of groups, in their log. */
export const groupRecords: StateRecords<GroupRecord> = {
  name: 'changes of groups',
  keyOf,
  encode: encodeGroupRecord,
};

/** Tells records of one group apart as their keys in the log do: a record and its tombstone are one. */
function keyOf(record: GroupRecord): string {
  switch (record.kind) {
    case 'group':
    case 'group-gone':
      return 'group';
    case 'member':
      return `member ${record.member.memberId}`;
    case 'member-gone':
      return `member ${record.memberId}`;
    case 'classic-member':
      return `classic-member ${record.member.memberId}`;
    case 'classic-member-gone':
      return `classic-member ${record.memberId}`;
    case 'applied':
    case 'applied-gone':
      return `applied ${record.transactionalId}`;
    case 'offset':
    case 'offset-gone':
      return `offset ${record.topicId} ${record.partition}`;
  }
}
