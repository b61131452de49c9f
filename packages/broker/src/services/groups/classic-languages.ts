/**
 * What members that assign say to each other. The broker passes it on as it is; a door that speaks their protocol
 * brings the language, so that people can be told who has what, and offsets that are in use are not deleted.
 */
import { metadataFor } from '@q/coordinator';
import type { ClassicGroup } from '@q/coordinator';

/** Partitions of one topic. */
export interface NamedPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

/** How members of one protocol type write. Null: these bytes are in another language. */
export interface ClassicLanguage {
  /** The topics that a member subscribes to. */
  readonly wantedTopics: (metadata: Buffer) => readonly string[] | null;
  /** The partitions that a member was given. */
  readonly assignedPartitions: (assignment: Buffer) => readonly NamedPartitions[] | null;
}

/** What a member wants and has, as far as it is understood. */
export interface ClassicPossession {
  readonly topics: readonly string[];
  readonly assigned: readonly NamedPartitions[];
}

export class ClassicLanguages {
  readonly #byType = new Map<string, ClassicLanguage>();

  /** From now on members of this protocol type are understood. */
  learn(protocolType: string, language: ClassicLanguage): void {
    this.#byType.set(protocolType, language);
  }

  /** What each member wants and has, by its id. */
  possessions({ protocolType, protocolName, state, members }: ClassicGroup): Map<string, ClassicPossession> {
    const language = this.#byType.get(protocolType);
    return new Map(
      [...members.values()].map((member) => [
        member.memberId,
        {
          topics: language?.wantedTopics(metadataFor(member, protocolName)) ?? [],
          // An assignment says something only once the leader has made it for this generation.
          assigned: state === 'Stable' ? (language?.assignedPartitions(member.assignment) ?? []) : [],
        },
      ]),
    );
  }

  /** Whether members of the group may be consuming the topic. Of one that is not understood nobody knows. */
  mayConsume({ protocolType, protocolName, members }: ClassicGroup, topic: string): boolean {
    const language = this.#byType.get(protocolType);
    return [...members.values()].some((member) => {
      const topics = language?.wantedTopics(metadataFor(member, protocolName)) ?? null;
      return topics === null || topics.includes(topic);
    });
  }
}
