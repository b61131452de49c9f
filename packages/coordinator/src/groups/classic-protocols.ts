/**
 * What members of a classic group can agree on.
 */
import type { ClassicGroup } from './classic-group.ts';
import type { ClassicMember, ClassicProtocol } from './classic-member.ts';
import type { ClassicJoinCommand } from './classic-step.ts';

/** Whether whoever says this of itself can be in the group. */
export function suits(group: ClassicGroup, { protocolType, protocols }: ClassicJoinCommand): boolean {
  if (protocolType === '' || protocols.length === 0) return false;
  if (group.members.size === 0) return true;
  if (protocolType !== group.protocolType) return false;
  const known = knownToAll(group);
  return protocols.some(({ name }) => known.has(name));
}

/**
 * What most members prefer of that which all of them know. When it is a tie, what the first member names first; that
 * all know something in common has been seen to whenever one of them joined.
 */
export function chooseProtocol(group: ClassicGroup): string {
  const known = knownToAll(group);
  const votes = new Map<string, number>([...known].map((name) => [name, 0]));
  for (const { protocols } of group.members.values()) {
    const choice = protocols.find(({ name }) => known.has(name));
    if (choice !== undefined) votes.set(choice.name, votes.get(choice.name)! + 1);
  }
  let [chosen, most] = ['', -1];
  for (const [name, count] of votes) if (count > most) [chosen, most] = [name, count];
  return chosen;
}

/** Whether a member says of itself what it said before. */
export function saysTheSame({ protocols }: ClassicMember, said: readonly ClassicProtocol[]): boolean {
  return (
    protocols.length === said.length
    && protocols.every(
      ({ name, metadata }, index) => name === said[index]!.name && metadata.equals(said[index]!.metadata),
    )
  );
}

/** In the order of the first member. */
function knownToAll({ members }: ClassicGroup): Set<string> {
  let known: Set<string> | null = null;
  for (const { protocols } of members.values()) {
    const names: readonly string[] = protocols.map(({ name }) => name);
    known = known === null ? new Set(names) : bothHave(known, names);
  }
  return known ?? new Set();
}

function bothHave(known: ReadonlySet<string>, names: readonly string[]): Set<string> {
  const others = new Set(names);
  return new Set([...known].filter((name) => others.has(name)));
}
