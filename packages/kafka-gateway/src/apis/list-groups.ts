/**
 * ListGroups (row B1): classic groups, groups that have only offsets, and groups whose partitions the broker assigns.
 * Kafka calls the last consumer groups.
 */
import type { Services } from '@q/broker';
import { kafkaErrorCode } from '../errors/kafka-errors.ts';
import type { AnswerOf } from '../messages/api.ts';
import { listGroups } from '../messages/list-groups.ts';
import { handler } from '../session/handler.ts';
import type { Handler, KafkaCaller } from '../session/handler.ts';

type Line = Required<AnswerOf<typeof listGroups>['groups'][number]>;

export function listGroupsHandler({ groups }: Pick<Services, 'groups'>): Handler {
  return handler(listGroups, {
    mayBeLong: true,
    handle: async ({ statesFilter, typesFilter }, { caller }) => {
      const [states, types] = [filterOf(statesFilter), filterOf(typesFilter)];
      const lines = linesOf(groups, caller);
      return {
        errorCode: kafkaErrorCode.NONE,
        groups: lines.filter(({ groupState, groupType }) => states(groupState) && types(groupType)),
      };
    },
    refuse: (errorCode) => ({ errorCode, groups: [] }),
  });
}

function linesOf(groups: Services['groups'], caller: KafkaCaller): Line[] {
  const classic = groups.classic.list(caller);
  const classicIds = new Set(classic.map(({ groupId }) => groupId));
  const consumers = groups.list('', caller).filter(({ groupId }) => !classicIds.has(groupId));
  return [
    ...classic.map(({ state, ...group }) => ({ ...group, groupState: state, groupType: 'classic' })),
    ...consumers.map(({ groupId, state }) => ({
      groupId,
      protocolType: 'consumer',
      groupState: consumerGroupState(state),
      groupType: 'consumer',
    })),
  ];
}

/** The state of a group whose partitions the broker assigns, as Kafka writes it. */
function consumerGroupState(state: string): string {
  return state.charAt(0).toUpperCase() + state.slice(1);
}

/** Clients write states and types in capitals or not. What no group is called, no group is. */
function filterOf(wanted: readonly string[]): (name: string) => boolean {
  if (wanted.length === 0) return () => true;
  const names = new Set(wanted.map((name) => name.toLowerCase()));
  return (name) => names.has(name.toLowerCase());
}
