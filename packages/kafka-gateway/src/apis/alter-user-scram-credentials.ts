/**
 * AlterUserScramCredentials: gives users passwords, which a client has salted, and takes them away (row A1). Each user
 * for itself, and at most once in a request, as in Kafka.
 */
import type { DoorTools, Services } from '@q/broker';
import { QError } from '@q/protocol';
import type { ScramMechanism } from '@q/protocol';
import { securityLimits } from '@q/security';
import { scramIterations, scramMechanismOf } from '../access/scram-codes.ts';
import { KafkaError, kafkaErrorCode } from '../errors/kafka-errors.ts';
import { partError } from '../errors/part-error.ts';
import type { AnswerOf, RequestOf } from '../messages/api.ts';
import { alterUserScramCredentials } from '../messages/alter-user-scram-credentials.ts';
import { handler, Silence } from '../session/handler.ts';
import type { Handler, KafkaCaller } from '../session/handler.ts';
import { oneByOne } from './one-by-one.ts';

type Request = RequestOf<typeof alterUserScramCredentials>;
type Wish = Request['deletions'][number] | Request['upsertions'][number];
type Result = AnswerOf<typeof alterUserScramCredentials>['results'][number];
/** Whose users, and who alters them. */
interface Altering {
  readonly users: NonNullable<Services['identities']>['users'];
  readonly caller: KafkaCaller;
}

export function alterUserScramCredentialsHandler(
  { identities }: Pick<Services, 'identities'>,
  tools: Pick<DoorTools, 'clock'>,
): Handler {
  return handler(alterUserScramCredentials, {
    handle: async ({ deletions, upsertions }, { caller }) => {
      const wishes: readonly Wish[] = [...deletions, ...upsertions];
      if (wishes.length > securityLimits.usersMax) return new Silence({ thenClose: true });
      if (identities === null) throw new KafkaError('SECURITY_DISABLED', 'this broker asks nobody who they are');
      const byName = Map.groupBy(wishes, ({ name }) => name);
      const { users } = identities;
      return { results: await oneByOne(byName, tools, ([name, of]) => alterOne({ users, caller }, name, of)) };
    },
    refuse: (errorCode, { deletions, upsertions }, _context, errorMessage) => ({
      results: [...new Set([...deletions, ...upsertions].map(({ name }) => name))].map((user) => ({
        user,
        errorCode,
        errorMessage,
      })),
    }),
  });
}

async function alterOne({ users, caller }: Altering, name: string, wishes: readonly Wish[]): Promise<Result> {
  try {
    const [wish] = wishes;
    if (wish === undefined || wishes.length > 1)
      throw new KafkaError(
        'DUPLICATE_RESOURCE',
        'a request alters one credential of a user; send another for the next',
      );
    if (name === '') throw new KafkaError('UNACCEPTABLE_CREDENTIAL', 'the name of a user is not empty');
    const mechanism = scramMechanismOf(wish.mechanism);
    if (mechanism === null)
      throw new KafkaError('UNSUPPORTED_SASL_MECHANISM', `there is no SCRAM mechanism ${wish.mechanism}`);
    if ('salt' in wish) await upsert({ users, caller }, mechanism, wish);
    else if (!(await users.removeCredential(name, mechanism, caller)))
      throw new KafkaError('RESOURCE_NOT_FOUND', `the user has no credential for ${mechanism}`);
    return { user: name, errorCode: kafkaErrorCode.NONE };
  } catch (error) {
    return { user: name, ...partError(error) };
  }
}

async function upsert(
  { users, caller }: Altering,
  mechanism: ScramMechanism,
  { name, iterations, salt, saltedPassword }: Request['upsertions'][number],
): Promise<void> {
  if (iterations < scramIterations.min || iterations > scramIterations.max) {
    const message = `iterations are ${iterations}; allowed are ${scramIterations.min} to ${scramIterations.max}`;
    throw new KafkaError('UNACCEPTABLE_CREDENTIAL', message);
  }
  try {
    await users.setSaltedPassword({ name, mechanism }, { salt, saltedPassword, iterations }, caller);
  } catch (error) {
    if (QError.is(error) && error.code === 'INVALID_REQUEST')
      throw new KafkaError('UNACCEPTABLE_CREDENTIAL', error.message, { cause: error });
    throw error;
  }
}
