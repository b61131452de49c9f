import { strict as assert } from 'node:assert';
import { AddPartitions } from './add-partitions.ts';
import { AlterTopic } from './alter-topic.ts';
import { Authenticate } from './authenticate.ts';
import type { Api } from './api.ts';
import { CommitOffset } from './commit-offset.ts';
import { CreateTopic } from './create-topic.ts';
import { DeleteGroup } from './delete-group.ts';
import { DeleteOffsets } from './delete-offsets.ts';
import { DeleteRecords } from './delete-records.ts';
import { DeleteTopic } from './delete-topic.ts';
import { DescribeGroup } from './describe-group.ts';
import { DescribeTopic } from './describe-topic.ts';
import { EndTransaction } from './end-transaction.ts';
import { FetchOffset } from './fetch-offset.ts';
import { Fetch } from './fetch.ts';
import { GroupHeartbeat } from './group-heartbeat.ts';
import { Hello } from './hello.ts';
import { InitProducer } from './init-producer.ts';
import { ListGroups } from './list-groups.ts';
import { ListOffsets } from './list-offsets.ts';
import { ListTopics } from './list-topics.ts';
import { Metadata } from './metadata.ts';
import { Ping } from './ping.ts';
import { Produce } from './produce.ts';
import { ReopenPartitions } from './reopen-partitions.ts';
import { ResetOffsets } from './reset-offsets.ts';
import { StageOffsets } from './stage-offsets.ts';
import { Stats } from './stats.ts';

/** Every API, in the order of its key: the key is the index. */
export const apis: readonly Api<unknown, unknown>[] = [
  Hello,
  Produce,
  Fetch,
  Metadata,
  ListOffsets,
  CreateTopic,
  DeleteTopic,
  ListTopics,
  DescribeTopic,
  AlterTopic,
  AddPartitions,
  DeleteRecords,
  InitProducer,
  Stats,
  Ping,
  GroupHeartbeat,
  CommitOffset,
  FetchOffset,
  ListGroups,
  DescribeGroup,
  DeleteGroup,
  ResetOffsets,
  DeleteOffsets,
  ReopenPartitions,
  Authenticate,
  EndTransaction,
  StageOffsets,
];

assert(apis.every((api, index) => api.key === index));

/** The API of a key from the wire, or undefined when this version does not know it. */
export function apiByKey(key: number): Api<unknown, unknown> | undefined {
  return apis[key];
}
