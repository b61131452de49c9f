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
  let known: readonly string[] | null = null;
  for (const { protocols } of members.values())
    known = known === null ? protocols.map(({ name }) => name) : bothHave(known, protocols);
  return new Set(known);
}

function bothHave(known: readonly string[], protocols: readonly ClassicProtocol[]): readonly string[] {
  // Members of one group name the same in the same order, as a rule.
  if (known.length === protocols.length && known.every((name, index) => name === protocols[index]!.name)) return known;
  const others = new Set(protocols.map(({ name }) => name));
  return known.filter((name) => others.has(name));
}
