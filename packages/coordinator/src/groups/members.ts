/**
 * The members of a group whose partitions the broker assigns.
 */
import { memberDeadlineMs } from './member.ts';
import type { Member } from './member.ts';
import { Seats } from './seats.ts';

/** The members of a group by id. Never changed: a step makes a new one, which shares what is the same. */
export type Members = Seats<Member>;

const none: Members = Seats.none(memberDeadlineMs);

/** Where members of a group begin. */
export const Members: {
  /** Of a group without members. */
  readonly none: Members;
  /** Of these. */
  readonly of: (members: Iterable<Member>) => Members;
} = {
  none,
  of: (members) => none.of(members),
};
