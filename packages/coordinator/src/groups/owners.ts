/**
 * Who holds which partition at the moment: what members are assigned, and what they were told to give up and have not
 * yet.
 */
import type { Group } from './group.ts';
import type { Member } from './member.ts';
import type { PartitionsByTopic } from '../partitions.ts';

/** Derived from one version of a group, which never changes: kept as long as that version is. */
const known = new WeakMap<Group['members'], Owners>();

export class Owners {
  readonly #topics = new Map<string, string[]>();

  static of(group: Group): Owners {
    let owners = known.get(group.members);
    if (owners === undefined) {
      owners = new Owners(group.members.values());
      known.set(group.members, owners);
    }
    return owners;
  }

  private constructor(members: Iterable<Member>) {
    for (const { memberId, assigned, revoking } of members) {
      this.#note(assigned, memberId);
      this.#note(revoking, memberId);
    }
  }

  /** The id of the member that holds the partition. */
  get(topicId: string, partition: number): string | null {
    return this.#topics.get(topicId)?.[partition] ?? null;
  }

  #note(set: PartitionsByTopic, memberId: string): void {
    for (const [topicId, list] of set) {
      const topic = this.#topics.get(topicId) ?? [];
      this.#topics.set(topicId, topic);
      for (const partition of list) topic[partition] = memberId;
    }
  }
}

/** Who owns the partition, or has been told to give it up and has not yet said that it did. */
export function ownerOf(group: Group, topicId: string, partition: number): string | null {
  return Owners.of(group).get(topicId, partition);
}
