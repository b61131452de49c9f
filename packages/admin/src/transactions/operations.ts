/** Transactions: list, describe, and get one out of the way (rows X1, X3). */
import { topicNamed, Turn } from '@q/broker';
import type { Asking, Services } from '@q/broker';
import type { z } from 'zod';
import { limits } from '../limits.ts';
import { Problem } from '../http/problem.ts';
import { json, operation } from '../operation/operation.ts';
import { pageOf } from '../operation/query.ts';
import { firstById } from './first-by-id.ts';
import {
  abortBody,
  abortedTransaction,
  describeTransactionQuery,
  listTransactionsQuery,
  transactionDetails,
  transactionList,
  transactionParams,
} from './transaction-schemas.ts';

type Transaction = ReturnType<Services['transactions']['inspect']>;
type SeenTransaction = NonNullable<Parameters<Services['transactions']['abort']>[0]['expected']>;
type Listed = z.input<typeof transactionList>['transactions'][number];
type Details = z.input<typeof transactionDetails>;

const listTransactions = operation({
  id: 'listTransactions',
  method: 'get',
  path: '/api/v1/transactions',
  tag: 'transactions',
  summary: 'Transactional ids with their producers and what is open under them, by id.',
  query: listTransactionsQuery,
  answer: json(transactionList),
  handle: async ({ query: { state, producerId, minAgeMs = 0, prefix = '', ...page } }, { services, tools, who }) => {
    const { limit = limits.pageDefault, after = '' } = page;
    const states = state === undefined ? null : new Set<string>(state);
    const startedMsMax = tools.clock.monotonic() - minAgeMs;
    const isWanted = (each: Transaction): boolean =>
      (states === null || states.has(each.state))
      && (producerId === undefined || each.producer.producerId === producerId)
      && (minAgeMs === 0 || (each.startedMs !== null && each.startedMs <= startedMsMax))
      && each.transactionalId > after
      && each.transactionalId.startsWith(prefix);
    const options = { count: limit + 1, turn: new Turn(tools), isWanted };
    const first = await firstById(services.transactions.survey(who), options);
    const { items, next } = pageOf(first, { limit }, ({ transactionalId }) => transactionalId);
    const nowMs = tools.clock.monotonic();
    return { transactions: items.map((each) => listed(each, nowMs)), next };
  },
});

const describeTransaction = operation({
  id: 'describeTransaction',
  method: 'get',
  path: '/api/v1/transactions/:transactionalId',
  tag: 'transactions',
  summary: 'A transactional id: its producer, and what its transaction touches.',
  params: transactionParams,
  query: describeTransactionQuery,
  answer: json(transactionDetails),
  errors: ['UNKNOWN_TRANSACTIONAL_ID'],
  handle: ({ params, query }, { services, tools, who }) => {
    const transaction = services.transactions.inspect(params.transactionalId, who);
    const { items, next } = pageOf(
      placesOf(transaction, services, who),
      query,
      ({ topic, partition }) => `${topic} ${String(partition).padStart(10, '0')}`,
    );
    return {
      ...listed(transaction, tools.clock.monotonic()),
      changedMs: transaction.changedWallMs,
      cause: transaction.cause,
      topics: items,
      groups: groupsOf(transaction, services, who),
      next,
    };
  },
});

const abortTransaction = operation({
  id: 'abortTransaction',
  method: 'post',
  path: '/api/v1/transactions/:transactionalId/abort',
  tag: 'transactions',
  summary: 'Abort the transaction that is open under an id. Its producer hears so, and goes on with the next one.',
  description:
    'For one that hangs, and holds back consumers: its program is gone, or does not get on. Everything that it wrote is left out by whoever reads committed records, and its offsets are dropped. Whoever may write under the id may do so, and whoever may alter the cluster.',
  params: transactionParams,
  body: abortBody,
  answer: json(abortedTransaction),
  errors: ['UNKNOWN_TRANSACTIONAL_ID', 'INVALID_TRANSACTION_STATE', 'STORAGE_FULL', 'STORAGE_FAILED'],
  handle: async ({ params: { transactionalId }, body }, { services, tools, who }) => {
    const request = { transactionalId, expected: expectedOf(body) };
    const startedAtMs = tools.clock.monotonic();
    const { before, after } = await services.transactions.abort(request, who);
    const { state, partitions, ageMs } = listed(before, startedAtMs);
    return {
      transactionalId,
      before: { state, ...before.producer, partitions, ageMs },
      after: { state: after.state, ...after.producer },
    };
  },
});

export const transactionOperations = [listTransactions, describeTransaction, abortTransaction] as const;

function listed(transaction: Transaction, nowMs: number): Listed {
  const { transactionalId, state, producer, timeoutMs, startedMs, startedWallMs, partitions, offsets } = transaction;
  return {
    transactionalId,
    state,
    ...producer,
    timeoutMs,
    startedMs: startedWallMs,
    ageMs: startedMs === null ? null : Math.max(0, Math.round(nowMs - startedMs)),
    partitions: sizeOf(partitions.values(), ({ length }) => length),
    offsets: sizeOf(offsets.values(), ({ size }) => size),
  };
}

function sizeOf<T>(parts: Iterable<T>, count: (part: T) => number): number {
  let size = 0;
  for (const part of parts) size += count(part);
  return size;
}

function placesOf({ partitions }: Transaction, { topics, access }: Services, who: Asking): Details['topics'] {
  return [...partitions]
    .flatMap(([topicId, indexes]) => {
      const topic = topics.nameOf(topicId);
      if (topic === undefined || !access.sees(who, 'describe', topicNamed(topic))) return [];
      return indexes.map((partition) => ({ topic, partition }));
    })
    .sort((left, right) =>
      left.topic === right.topic ? left.partition - right.partition : left.topic < right.topic ? -1 : 1,
    );
}

function groupsOf({ offsets }: Transaction, { access }: Services, who: Asking): Details['groups'] {
  return [...offsets]
    .filter(([name]) => access.sees(who, 'describe', { type: 'group', name }))
    .map(([groupId, ofGroup]) => ({ groupId, offsets: ofGroup.size }));
}

/** @throws Problem INVALID_REQUEST */
function expectedOf({ producerId, producerEpoch, startedMs }: z.output<typeof abortBody>): SeenTransaction | null {
  if (producerId === undefined && producerEpoch === undefined && startedMs === undefined) return null;
  if (producerId !== undefined && producerEpoch !== undefined)
    return { producerId, producerEpoch, ...(startedMs !== undefined && { startedMs }) };
  const field = producerId === undefined ? 'body.producerId' : 'body.producerEpoch';
  throw new Problem('INVALID_REQUEST', `${field} is missing: a producer is named by its id and its epoch`, {
    errors: [{ field, value: null, allowed: 'producerId and producerEpoch, or nothing' }],
  });
}
