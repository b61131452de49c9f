/** What becomes of consumer groups and their members. */
export const groupEvents = {
  'group.created': {
    level: 'info',
    meaning: 'A group has its first member.',
    fields: ['groupId', 'protocol'],
  },
  'group.rebalanced': {
    level: 'info',
    meaning: 'Partitions of a group were divided anew.',
    fields: ['groupId', 'epoch', 'members', 'protocol'],
  },
  'group.emptied': {
    level: 'info',
    meaning: 'The last member of a group is gone. Its offsets are kept.',
    fields: ['groupId', 'protocol'],
  },
  'group.deleted': {
    level: 'info',
    meaning: 'A group was deleted with its offsets: by command, or because nobody used it for long.',
    fields: ['groupId', 'offsets', 'reason'],
  },
  'group.offsets_set': {
    level: 'info',
    meaning: 'Offsets of a group were set by command.',
    fields: ['groupId', 'partitions'],
  },
  'group.member_joined': {
    level: 'info',
    meaning: 'A member joined its group.',
    fields: ['groupId', 'memberId', 'clientId', 'address', 'instanceId?', 'members'],
  },
  'group.member_left': {
    level: 'info',
    meaning: 'A member left its group: by itself, replaced by one of its name, or gone with its connection.',
    fields: ['groupId', 'memberId', 'reason', 'members'],
  },
  'group.member_evicted': {
    level: 'warn',
    meaning: 'A member was put out of its group: it was silent, or did not let go of its partitions in time.',
    fields: ['groupId', 'memberId', 'reason', 'members'],
  },
  'group.member_fenced': {
    level: 'info',
    meaning: 'A member was refused, because the group has it no more or has another in its place.',
    fields: ['groupId', 'memberId', 'code', 'reason', 'clientId?', 'address?'],
  },
  'group.member_stalled': {
    level: 'warn',
    meaning: 'The application of a member makes no progress although records wait for it.',
    fields: ['groupId', 'memberId', 'clientId', 'address', 'forMs'],
  },
  'group.member_goes_on': {
    level: 'info',
    meaning: 'The application of a member that was stalled makes progress again.',
    fields: ['groupId', 'memberId', 'clientId', 'address'],
  },
  'state.not_stored': {
    level: 'error',
    meaning: 'Changes of a state could not be stored, and were taken back. Said once until they can.',
    fields: ['what', 'err'],
  },
  'state.stored_again': {
    level: 'info',
    meaning: 'Changes of a state can be stored again.',
    fields: ['what'],
  },
} as const;
