/**
 * WriteTxnMarkers: an operator ends what hangs in a partition (`kafka-transactions abort`, row X3). Never what is
 * decided, and nothing behind the coordinator's back: of what that knows as open, all is aborted.
 */
import type { DoorTools, Services } from '@q/broker';
import { QError } from '@q/protocol';
import { kafkaCodeOf, kafkaErrorCode } from '../errors/kafka-errors.ts';
import { writeTxnMarkers } from '../messages/write-txn-markers.ts';
import type { AnswerOf, RequestOf } from '../messages/api.ts';
import { handler } from '../session/handler.ts';
import type { Handler, KafkaCaller } from '../session/handler.ts';
import { oneByOne, refuseTooManyPartitions } from './one-by-one.ts';

type Marker = RequestOf<typeof writeTxnMarkers>['markers'][number];
type Answer = AnswerOf<typeof writeTxnMarkers>;

export function writeTxnMarkersHandler(
  { transactions }: Pick<Services, 'transactions'>,
  tools: Pick<DoorTools, 'limits' | 'clock'>,
): Handler {
  const codeOf = async (
    { producerId, producerEpoch, transactionResult }: Marker,
    { topic, partition }: { readonly topic: string; readonly partition: number },
    caller: KafkaCaller,
  ): Promise<number> => {
    // Only the coordinator commits, and there is no other one than this broker's.
    if (transactionResult) return kafkaErrorCode.INVALID_REQUEST;
    try {
      await transactions.abortIn({ topic, partition, producerId, producerEpoch }, caller);
      return kafkaErrorCode.NONE;
    } catch (error) {
      if (!QError.is(error) || error.code === 'NOT_AUTHORIZED') throw error;
      return kafkaCodeOf(error);
    }
  };
  return handler(writeTxnMarkers, {
    handle: async ({ markers }, { caller }) => {
      const tooMany = refuseTooManyPartitions(markers.flatMap(partitionsOf), tools);
      if (tooMany !== null) return tooMany;
      const ends = markers.flatMap((marker) =>
        marker.topics.flatMap(({ name: topic, partitionIndexes }) =>
          partitionIndexes.map((partition) => ({ marker, place: { topic, partition } })),
        ),
      );
      const codes = await oneByOne(ends, tools, ({ marker, place }) => codeOf(marker, place, caller));
      const inOrder = codes.values();
      return answerWith(markers, () => inOrder.next().value!);
    },
    errorCodesIn: ({ markers }) =>
      markers.flatMap(({ topics }) =>
        topics.flatMap(({ partitions }) =>
          partitions.map(({ errorCode }) => errorCode).filter((code) => code !== kafkaErrorCode.NONE),
        ),
      ),
    refuse: (code, { markers }) => answerWith(markers, () => code),
  });
}

function partitionsOf({ topics }: Marker): { readonly partitions: readonly number[] }[] {
  return topics.map(({ partitionIndexes: partitions }) => ({ partitions }));
}

function answerWith(markers: readonly Marker[], nextCode: () => number): Answer {
  return {
    markers: markers.map(({ producerId, topics }) => ({
      producerId,
      topics: topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, errorCode: nextCode() })),
      })),
    })),
  };
}
