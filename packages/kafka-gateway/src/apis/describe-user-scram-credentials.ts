/**
 * DescribeUserScramCredentials: which users there are, and how their passwords are hashed (row A1). Without names: all.
 */
import type { DoorTools, Services } from '@q/broker';
import { securityLimits } from '@q/security';
import { scramCodes } from '../access/scram-codes.ts';
import { kafkaErrorCode } from '../errors/kafka-errors.ts';
import type { AnswerOf } from '../messages/api.ts';
import { describeUserScramCredentials } from '../messages/describe-user-scram-credentials.ts';
import { handler, Silence } from '../session/handler.ts';
import type { Handler, KafkaCaller } from '../session/handler.ts';
import { oneByOne } from './one-by-one.ts';

type Result = AnswerOf<typeof describeUserScramCredentials>['results'][number];

export function describeUserScramCredentialsHandler(
  { identities }: Pick<Services, 'identities'>,
  tools: Pick<DoorTools, 'clock'>,
): Handler {
  const describeOne = (user: string, times: number, caller: KafkaCaller): Result => {
    if (times > 1) {
      const errorMessage = `the request names the user ${JSON.stringify(user)} ${times} times`;
      return { user, errorCode: kafkaErrorCode.DUPLICATE_RESOURCE, errorMessage, credentialInfos: [] };
    }
    const found = identities?.users.describe(user, caller) ?? null;
    if (found === null) {
      const errorMessage = `there is no user ${JSON.stringify(user)}`;
      return { user, errorCode: kafkaErrorCode.RESOURCE_NOT_FOUND, errorMessage, credentialInfos: [] };
    }
    const credentialInfos = found.credentials.map(({ mechanism, iterations }) => ({
      mechanism: scramCodes[mechanism],
      iterations,
    }));
    return { user, credentialInfos };
  };
  return handler(describeUserScramCredentials, {
    handle: async ({ users }, { caller }) => {
      if (users !== null && users.length > securityLimits.usersMax) return new Silence({ thenClose: true });
      const all = users === null || users.length === 0;
      const names = all ? (identities?.users.list(caller) ?? []) : users.map(({ name }) => name);
      const byName = Map.groupBy(names, (name) => name);
      const results = await oneByOne(byName, tools, ([name, namesakes]) => describeOne(name, namesakes.length, caller));
      return { errorCode: kafkaErrorCode.NONE, results };
    },
    refuse: (errorCode, _request, _context, errorMessage) => ({ errorCode, errorMessage, results: [] }),
  });
}
