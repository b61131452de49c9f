import type { ErrorPage } from './error-page.ts';

type GroupError =
  | 'UNKNOWN_GROUP'
  | 'INVALID_GROUP_ID'
  | 'UNKNOWN_MEMBER'
  | 'FENCED_MEMBER_EPOCH'
  | 'STALE_MEMBER_EPOCH'
  | 'PARTITION_NOT_OWNED'
  | 'GROUP_NOT_EMPTY'
  | 'UNRELEASED_INSTANCE'
  | 'UNSUPPORTED_ASSIGNOR'
  | 'GROUP_LIMIT';

/** Consumer groups. */
export const groupPages: Readonly<Record<GroupError, ErrorPage>> = {
  UNKNOWN_GROUP: {
    causes: [
      'The id is misspelt.',
      'Nobody of the group has joined yet, and no offset was committed.',
      'The group was deleted, or nobody used it for `groupExpiryMs` (7 days).',
    ],
    client: ['`q group list` shows what there is.'],
    broker: ['The line `group.deleted` says whether it expired or was deleted by command.'],
  },
  INVALID_GROUP_ID: {
    causes: ['The id is empty, longer than 249 characters, or has a line break or another control character.'],
    client: ['Use a short, fixed name for each application, such as `billing`.'],
    broker: [],
  },
  UNKNOWN_MEMBER: {
    causes: [
      'The program stood still for longer than its session timeout (45 s): a long pause of the collector, a blocked loop, a laptop that slept.',
      'The network was gone for so long.',
      'Somebody deleted the group.',
    ],
    client: [
      'Nothing with `@q/client`: it gives up what it had and joins again. Records that were not acknowledged are delivered again.',
      'When it repeats, look for work that blocks the event loop. Do such work in small pieces or in another thread.',
    ],
    broker: ['The line `group.member_evicted` says which member, and why.'],
  },
  FENCED_MEMBER_EPOCH: {
    causes: [
      'The member was put out and another one has its place, or it missed an answer of the broker.',
      'Two programs use the same member id.',
    ],
    client: ['Nothing with `@q/client`: it joins again.'],
    broker: [],
  },
  STALE_MEMBER_EPOCH: {
    causes: ['An offset was committed while the partitions of the group were divided anew.'],
    client: ['Nothing with `@q/client`: it commits again for what it still owns.'],
    broker: [],
  },
  PARTITION_NOT_OWNED: {
    causes: ['A record was acknowledged after its partition had gone to another member.'],
    client: [
      'Expect the record to be handled twice: the other member gets it as well. Make handlers idempotent.',
      '`message.signal` tells a handler when its partition goes.',
    ],
    broker: [],
  },
  GROUP_NOT_EMPTY: {
    causes: [
      'Offsets were to be set, or the group to be deleted, while members of it run.',
      'A member of the new kind wants to join a group whose members divide partitions themselves (Kafka clients), or the other way round.',
    ],
    client: ['Stop the consumers first. `q group describe GROUP` lists them with their addresses.'],
    broker: ['Members that crashed go by themselves after their session timeout.'],
  },
  UNRELEASED_INSTANCE: {
    causes: [
      'Two programs run with the same `instanceId`.',
      'A program crashed and started again before its old session had expired, without saying that it comes back.',
    ],
    client: [
      'Give each program a name of its own, such as that of its pod. After a crash wait for the session timeout.',
    ],
    broker: [],
  },
  UNSUPPORTED_ASSIGNOR: {
    causes: ['The consumer names a way to divide partitions that this broker does not have.'],
    client: ['Use `uniform` or `range`, or leave it out.'],
    broker: [],
  },
  GROUP_LIMIT: {
    causes: [
      'The broker has `groupsMax` groups (10,000). A program that makes a new group id at each start causes it.',
      'One group has as many members as it may.',
    ],
    client: ['Use a fixed id for each application. Read without a group where nothing is to be remembered.'],
    broker: ['Delete groups with `q group delete`, shorten `groupExpiryMs`, or raise `groupsMax`.'],
  },
};
