import type { BrokerLimits } from '@q/broker';
import { Silence } from '../session/handler.ts';

/**
 * A frame has room for a million groups, of which each costs far more in the answer and in memory. Whoever names more
 * than the broker may have is no client of Kafka's: the connection is closed. Null: they are not too many.
 */
export function refuseTooMany(
  groups: readonly unknown[],
  { groupsMax }: Pick<BrokerLimits, 'groupsMax'>,
): Silence | null {
  return groups.length > groupsMax ? new Silence({ thenClose: true }) : null;
}
