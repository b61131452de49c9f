/**
 * DescribeLogDirs: the data folder, as the one log directory of this broker (row B1).
 */
import type { DataFolderDescription, Services } from '@q/broker';
import { kafkaErrorCode } from '../errors/kafka-errors.ts';
import type { AnswerOf, RequestOf } from '../messages/api.ts';
import { describeLogDirs } from '../messages/describe-log-dirs.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';

type WantedTopics = RequestOf<typeof describeLogDirs>['topics'];
type Directory = AnswerOf<typeof describeLogDirs>['results'][number];

/** What a broker in memory calls the place: a tool shows it. */
const inMemory = '/memory';

export function describeLogDirsHandler({ dataFolder }: Pick<Services, 'dataFolder'>): Handler {
  return handler(describeLogDirs, {
    handle: async ({ topics }, { caller }) => ({ results: [directoryOf(await dataFolder.describe(caller), topics)] }),
    refuse: (errorCode) => ({ errorCode, results: [] }),
  });
}

function directoryOf({ path, disk, topics }: DataFolderDescription, wanted: WantedTopics): Directory {
  const filter = wanted === null ? null : new Map(wanted.map(({ topic, partitions }) => [topic, new Set(partitions)]));
  return {
    errorCode: kafkaErrorCode.NONE,
    logDir: path ?? inMemory,
    topics: topics.flatMap(({ name, partitionBytes }) => {
      const partitions = [...partitionBytes.entries()]
        .filter(([index]) => filter === null || filter.get(name)?.has(index) === true)
        .map(([index, bytes]) => partitionOf(index, bytes));
      return partitions.length === 0 ? [] : [{ name, partitions }];
    }),
    totalBytes: disk?.totalBytes ?? -1,
    usableBytes: disk?.freeBytes ?? -1,
  };
}

function partitionOf(partitionIndex: number, partitionSize: number): Directory['topics'][number]['partitions'][number] {
  return { partitionIndex, partitionSize, offsetLag: 0, isFutureKey: false };
}
