/**
 * DescribeGroups: groups with their members (row B1).
 *
 * Groups whose partitions the broker assigns are described in the words of classic ones: protocol type `consumer`, and
 * for each member what it wants and has, in bytes that its leader could have written. Kafka says of its own that they
 * are Dead or not found, and sends tools on to a newer API; most clients do not know that one, and would show nothing.
 */
import { groupNamed, toWireError } from '@q/broker';
import type { ClassicDescription, DoorTools, GroupDescription, MemberDescription, Services } from '@q/broker';
import type { QError } from '@q/protocol';
import { coordinatorCodeOf, coordinatorErrorCode } from '../errors/coordinator-errors.ts';
import { kafkaErrorCode } from '../errors/kafka-errors.ts';
import type { AnswerOf } from '../messages/api.ts';
import { assignmentOf, subscriptionOf } from '../messages/consumer-protocol.ts';
import { describeGroups, operationsUnknown } from '../messages/describe-groups.ts';
import { handler } from '../session/handler.ts';
import type { Handler, KafkaCaller, RequestContext } from '../session/handler.ts';
import { allowedOperations } from './allowed-operations.ts';
import { refuseTooMany } from './group-count.ts';
import { oneByOne } from './one-by-one.ts';

type Described = AnswerOf<typeof describeGroups>['groups'][number];
type DescribedMember = Described['members'][number];

/** First version that says that a group is not there; before it, one that is not there is Dead. */
const notFoundSince = 6;
/** How an IPv4 address looks to a socket that takes both kinds. */
const mappedIpv4 = /^::ffff:(?=\d+\.)/;

export function describeGroupsHandler(
  { groups, access }: Pick<Services, 'groups' | 'access'>,
  { limits, clock }: Pick<DoorTools, 'limits' | 'clock'>,
): Handler {
  const describe = async (groupId: string, caller: KafkaCaller): Promise<Described> => {
    const classic = await groups.classic.describe(groupId, caller);
    return classic === null ? consumerGroup(await groups.describe(groupId, caller)) : classicGroup(classic);
  };
  const describeOrSayWhy = async (groupId: string, { version, caller }: RequestContext): Promise<Described> => {
    try {
      return await describe(groupId, caller);
    } catch (thrown) {
      return missing(groupId, toWireError(thrown), version);
    }
  };
  return handler(describeGroups, {
    mayBeLong: true,
    handle: async ({ groups: wanted, includeAuthorizedOperations }, context) => {
      const refused = refuseTooMany(wanted, limits);
      if (refused !== null) return refused;
      const operationsWith = (groupId: string): number =>
        includeAuthorizedOperations
          ? allowedOperations(access, context.caller, groupNamed(groupId))
          : operationsUnknown;
      let bytesLeft = limits.frameBytesMax;
      // A group that is named twice is described once.
      const described = await oneByOne(new Set(wanted), { clock }, async (groupId) => {
        const group = bytesLeft > 0 ? await describeOrSayWhy(groupId, context) : noRoom(groupId);
        bytesLeft -= bytesOf(group);
        if (group.errorCode !== kafkaErrorCode.NONE) return group;
        return { ...group, authorizedOperations: operationsWith(groupId) };
      });
      return { groups: described };
    },
    refuse: (code, { groups: wanted }, _context, message) => ({
      groups: wanted.map((groupId) => nobody(groupId, coordinatorErrorCode(code), message)),
    }),
  });
}

function classicGroup({ groupId, state, protocolType, protocolName, members }: ClassicDescription): Described {
  return {
    errorCode: kafkaErrorCode.NONE,
    groupId,
    groupState: state,
    protocolType,
    protocolData: protocolName,
    members: members.map(({ memberId, instanceId, clientId, host, metadata, assignment }) => ({
      memberId,
      groupInstanceId: instanceId,
      clientId,
      clientHost: hostText(host),
      memberMetadata: metadata,
      memberAssignment: assignment,
    })),
  };
}

function consumerGroup({ groupId, state, assignor, members }: GroupDescription): Described {
  const groupState = classicStates.get(state) ?? 'Stable';
  return {
    errorCode: kafkaErrorCode.NONE,
    groupId,
    groupState,
    protocolType: 'consumer',
    protocolData: groupState === 'Stable' ? assignor : '',
    members: members.map(consumer),
  };
}

/** So that every client knows the word: the states of groups whose partitions the broker assigns are newer. */
const classicStates: ReadonlyMap<string, string> = new Map([
  ['empty', 'Empty'],
  ['assigning', 'PreparingRebalance'],
  ['reconciling', 'PreparingRebalance'],
]);

function consumer({ memberId, instanceId, clientId, host, topics, assigned }: MemberDescription): DescribedMember {
  // A topic that is gone has no name that could be told.
  const there = assigned.filter(({ name }) => name !== '');
  return {
    memberId,
    groupInstanceId: instanceId,
    clientId,
    clientHost: hostText(host),
    memberMetadata: subscriptionOf(topics),
    memberAssignment: assignmentOf(there.map(({ name, partitions }) => ({ topic: name, partitions }))),
  };
}

/** An address without a name is written so in the world of Kafka, and tools cut the slash off. */
function hostText(address: string): string {
  return `/${address.replace(mappedIpv4, '')}`;
}

function missing(groupId: string, error: QError, version: number): Described {
  const isUnknown = error.code === 'UNKNOWN_GROUP';
  if (isUnknown && version < notFoundSince) return nobody(groupId, kafkaErrorCode.NONE, null);
  return nobody(groupId, coordinatorCodeOf(error), error.message);
}

function noRoom(groupId: string): Described {
  return nobody(groupId, kafkaErrorCode.INVALID_REQUEST, 'the answer would be too large; ask for fewer groups at once');
}

function nobody(groupId: string, errorCode: number, errorMessage: string | null): Described {
  return { errorCode, errorMessage, groupId, groupState: 'Dead', protocolType: '', protocolData: '', members: [] };
}

/** More than the fields of a fixed length take. */
const memberBytes = 64;

function bytesOf({ groupId, members }: Described): number {
  let bytes = memberBytes + groupId.length;
  for (const { memberId, clientId, memberMetadata, memberAssignment } of members) {
    bytes += memberBytes + memberId.length + clientId.length + memberMetadata.length + memberAssignment.length;
  }
  return bytes;
}
