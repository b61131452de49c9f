/**
 * ListOffsets: the start, the end, or a record by its time (row B1).
 */
import type { DoorTools, FoundOffset, Services, SoughtOffset } from '@q/broker';
import { kafkaErrorCode, toKafkaErrorByName } from '../errors/kafka-errors.ts';
import { listOffsets } from '../messages/list-offsets.ts';
import type { AnswerOf, RequestOf } from '../messages/api.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';
import { isReadCommitted } from '../session/isolation.ts';
import { noUuid } from '../wire/scalars.ts';
import { refuseTooManyPartitions } from './one-by-one.ts';
import { missingTopicCodeOf } from './wanted-topic.ts';

type Request = RequestOf<typeof listOffsets>;
type Wanted = Request['topics'][number]['partitions'][number];
type Answered = AnswerOf<typeof listOffsets>['topics'][number]['partitions'][number];

/**
 * Negative times that stand for places, and the first version that has them. `nothing`: places in another store, which
 * this broker does not have.
 */
const specialTimes = new Map<number, { readonly since: number; readonly at: SoughtOffset['at'] | 'nothing' }>([
  [-1, { since: 1, at: 'end' }],
  [-2, { since: 1, at: 'start' }],
  [-3, { since: 7, at: 'latestTimestamp' }],
  [-4, { since: 8, at: 'start' }],
  [-5, { since: 9, at: 'nothing' }],
  [-6, { since: 11, at: 'nothing' }],
]);

/** Of a partition: where to look, or what its answer is without a look. */
type Plan = SoughtOffset | Answered;

export function listOffsetsHandler(
  services: Pick<Services, 'offsets' | 'topics'>,
  tools: Pick<DoorTools, 'limits'>,
): Handler {
  return handler(listOffsets, {
    handle: async ({ topics, isolationLevel }, { version, caller }) => {
      const refusal = refuseTooManyPartitions(topics, tools);
      if (refusal !== null) return refusal;
      const end = isReadCommitted(isolationLevel) ? 'stableEnd' : 'end';
      const plans = topics.map(({ partitions }) => planFor(partitions, { version, end }));
      const missing = topics.map(({ name }) => missingTopicCodeOf(services.topics, name, caller));
      const found = await services.offsets.find(
        topics.map(({ name }, index) => ({
          topicId: services.topics.idOf(name) ?? noUuid,
          partitions: plans[index]!.filter(isSought),
        })),
        caller,
      );
      return {
        topics: topics.map(({ name }, index) => {
          const looked = found[index]!.values();
          const errorCode = missing[index] ?? null;
          const partitions = plans[index]!.map((plan) => {
            if (!isSought(plan)) return plan;
            const offset = looked.next().value!;
            return errorCode === null ? answerOf(offset) : nowhere(plan.partition, errorCode);
          });
          return { name, partitions };
        }),
      };
    },
    refuse: (errorCode, { topics }) => ({
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => nowhere(partitionIndex, errorCode)),
      })),
    }),
  });
}

/** A partition that is named more than once is refused, once. */
function planFor(
  partitions: readonly Wanted[],
  options: { readonly version: number; readonly end: 'end' | 'stableEnd' },
): Plan[] {
  const byIndex = Map.groupBy(partitions, ({ partitionIndex }) => partitionIndex);
  return [...byIndex].map(([partitionIndex, [wanted, another]]) =>
    another === undefined ? planOf(wanted!, options) : nowhere(partitionIndex, kafkaErrorCode.INVALID_REQUEST),
  );
}

function planOf(
  { partitionIndex, currentLeaderEpoch, timestamp }: Wanted,
  { version, end }: { readonly version: number; readonly end: 'end' | 'stableEnd' },
): Plan {
  const sought = { partition: partitionIndex, leaderEpoch: Math.max(-1, currentLeaderEpoch) };
  if (timestamp >= 0) return { ...sought, at: timestamp };
  const special = specialTimes.get(timestamp);
  if (special === undefined || version < special.since) {
    return nowhere(partitionIndex, kafkaErrorCode.UNSUPPORTED_VERSION);
  }
  if (special.at === 'nothing') return nowhere(partitionIndex, kafkaErrorCode.NONE);
  return { ...sought, at: special.at === 'end' ? end : special.at };
}

function isSought(plan: Plan): plan is SoughtOffset {
  return 'at' in plan;
}

function nowhere(partitionIndex: number, errorCode: number): Answered {
  return { partitionIndex, errorCode, timestamp: -1, offset: -1, leaderEpoch: -1 };
}

function answerOf({ partition, error, offset, timestampMs, leaderEpoch }: FoundOffset): Answered {
  if (error !== null) return nowhere(partition, toKafkaErrorByName(error).code);
  if (offset === -1) return nowhere(partition, kafkaErrorCode.NONE);
  return { partitionIndex: partition, errorCode: kafkaErrorCode.NONE, timestamp: timestampMs, offset, leaderEpoch };
}
