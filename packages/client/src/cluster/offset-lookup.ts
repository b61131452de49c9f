import { errorEntry, ListOffsets, offsetQuery, QError } from '@q/protocol';
import type { ListOffsetsRequestPartition, ListOffsetsResponsePartition } from '@q/protocol';

import { toQError } from '../retry.ts';
import type { Cluster } from './cluster.ts';
import type { TopicMetadata } from './topic-metadata.ts';

/** What to look up in a partition: its start, its end (the high watermark), or the first record at or after a time. */
export interface OffsetQuestion {
  readonly partition: number;
  readonly at: 'start' | 'end' | { readonly timestampMs: number };
}

export interface OffsetAnswer {
  readonly partition: number;
  /** Null: there is no record at or after that time. */
  readonly offset: number | null;
  /** Of the record found; null without one. */
  readonly timestampMs: number | null;
  readonly leaderEpoch: number;
}

interface Asked {
  readonly index: number;
  readonly question: OffsetQuestion;
}

/**
 * Asks the leaders. Answers come in the order of the questions. Retries while leaders move.
 *
 * @throws QError `UNKNOWN_TOPIC`, `UNKNOWN_PARTITION`, or why a leader could not be asked within the request timeout.
 */
export async function lookUpOffsets(
  cluster: Cluster,
  topic: string,
  o: { questions: readonly OffsetQuestion[]; signal?: AbortSignal | undefined },
): Promise<OffsetAnswer[]> {
  const deadlineMs = cluster.clock.monotonic() + cluster.requestTimeoutMs;
  const answers: OffsetAnswer[] = [];
  let left: Asked[] = o.questions.map((question, index) => ({ index, question }));
  let metadata = await cluster.metadata.topic(topic);
  // One that was added a moment ago is not in what was known before.
  if (o.questions.some(({ partition }) => metadata.partitions[partition] === undefined))
    metadata = await cluster.metadata.refreshAnew(topic);
  for (let attempt = 1; ; attempt += 1) {
    const failures = await askLeaders(cluster, metadata, { left, answers, signal: o.signal });
    const [first] = failures;
    if (first === undefined) return answers;
    const hopeless = failures.find(({ error }) => !error.retriable);
    if (hopeless !== undefined) throw hopeless.error;
    if (cluster.clock.monotonic() >= deadlineMs) throw first.error;
    await cluster.pause(attempt, o.signal);
    metadata = await cluster.metadata.refresh(topic);
    left = failures.map(({ asked }) => asked);
  }
}

/** Every leader is asked at once. Puts answers in their places and returns what has to be asked again. */
async function askLeaders(
  cluster: Cluster,
  metadata: TopicMetadata,
  o: { left: readonly Asked[]; answers: OffsetAnswer[]; signal: AbortSignal | undefined },
): Promise<{ asked: Asked; error: QError }[]> {
  const byLeader = new Map<number, Asked[]>();
  for (const asked of o.left) {
    const { partition } = asked.question;
    const known = metadata.partitions[partition];
    if (known === undefined) {
      throw new QError(
        'UNKNOWN_PARTITION',
        `Topic "${metadata.name}" has no partition ${partition}; it has 0 to ${metadata.partitions.length - 1}`,
        {
          details: { topic: metadata.name, partition },
        },
      );
    }
    byLeader.set(known.leaderId, [...(byLeader.get(known.leaderId) ?? []), asked]);
  }
  const failures = await Promise.all(
    [...byLeader].map(([brokerId, asked]) =>
      askLeader(cluster, metadata, { brokerId, asked, answers: o.answers, signal: o.signal }),
    ),
  );
  return failures.flat();
}

async function askLeader(
  cluster: Cluster,
  metadata: TopicMetadata,
  o: { brokerId: number; asked: readonly Asked[]; answers: OffsetAnswer[]; signal: AbortSignal | undefined },
): Promise<{ asked: Asked; error: QError }[]> {
  try {
    if (o.brokerId === -1)
      throw new QError('NOT_LEADER', `A partition of topic "${metadata.name}" has no leader at the moment`);
    const partitions = o.asked.map(({ question }) => wireQuestion(question, metadata));
    const response = await cluster.request(
      ListOffsets,
      { topics: [{ topicId: metadata.topicId, partitions }] },
      { brokerId: o.brokerId, resend: true, signal: o.signal },
    );
    const answered = response.topics[0]?.partitions ?? [];
    return o.asked.flatMap((asked, at) => {
      const error = takeAnswer(answered[at], { asked, topic: metadata.name, answers: o.answers });
      return error === null ? [] : [{ asked, error }];
    });
  } catch (thrown) {
    const error = toQError(thrown, 'LIST_OFFSETS');
    return o.asked.map((asked) => ({ asked, error }));
  }
}

function wireQuestion(question: OffsetQuestion, metadata: TopicMetadata): ListOffsetsRequestPartition {
  const { partition, at } = question;
  const timestampMs = at === 'start' ? offsetQuery.start : at === 'end' ? offsetQuery.end : at.timestampMs;
  return { partition, timestampMs, leaderEpoch: metadata.partitions[partition]?.leaderEpoch ?? -1 };
}

function takeAnswer(
  answer: ListOffsetsResponsePartition | undefined,
  o: { asked: Asked; topic: string; answers: OffsetAnswer[] },
): QError | null {
  const { partition } = o.asked.question;
  if (answer === undefined || answer.partition !== partition)
    return new QError(
      'MALFORMED_FRAME',
      'The broker answered LIST_OFFSETS for other partitions than it was asked about',
    );
  if (answer.errorCode !== 0) {
    const { name, description } = errorEntry(answer.errorCode);
    return new QError(name, `Topic "${o.topic}", partition ${partition}: ${answer.errorMessage ?? description}`, {
      details: { topic: o.topic, partition },
    });
  }
  o.answers[o.asked.index] = {
    partition,
    offset: answer.offset === -1 ? null : answer.offset,
    timestampMs: answer.timestampMs === -1 ? null : answer.timestampMs,
    leaderEpoch: answer.leaderEpoch,
  };
  return null;
}
