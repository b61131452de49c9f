import { z } from 'zod';
import { nextSchema, pageQuery, whole } from '../operation/query.ts';
import { count, groupId, topicName } from '../operation/scalars.ts';

/** Where a transactional id is, as everything here calls it. */
export const transactionStates = [
  'empty',
  'ongoing',
  'prepareCommit',
  'prepareAbort',
  'completeCommit',
  'completeAbort',
] as const;

const transactionalId = z.string().min(1).max(249).describe('A transactional id.');
const state = z
  .enum(transactionStates)
  .describe(
    'empty: nothing was written yet. ongoing: it is open. prepareCommit, prepareAbort: the outcome is decided, and is being told to all that it touches. completeCommit, completeAbort: the last transaction has ended so.',
  );
const producer = {
  producerId: z.int(),
  producerEpoch: z.int().describe('It rises with every transaction, and with whoever takes the id over.'),
};

const known = {
  transactionalId,
  state,
  ...producer,
  timeoutMs: count.describe('How long a transaction may take before the broker aborts it.'),
  startedMs: z.number().nullable().describe('When it began, ms since 1970; null: none is open.'),
  ageMs: z.number().nullable().describe('For how long it has been so; null: none is open.'),
  partitions: count.describe('How many it has written to.'),
  offsets: count.describe('How many offsets of groups it commits if it commits.'),
};

const listedTransaction = z.object(known).meta({ id: 'ListedTransaction' });

/** Texts of numbers have 15 digits at most. */
const numberMax = 999_999_999_999_999;
/** A list of states: `ongoing,prepareCommit`, or the parameter given again. */
const states = z
  .union([z.string(), z.array(z.string())])
  .transform((given) => [given].flat().flatMap((text) => text.split(',')))
  .pipe(z.array(z.enum(transactionStates)))
  .describe(`Only those that are so: ${transactionStates.join(', ')}; several with commas.`);

export const listTransactionsQuery = z.strictObject({
  state: states.optional(),
  producerId: whole(0, numberMax).optional().describe('Only the one that this producer id belongs to.'),
  minAgeMs: whole(0, numberMax).optional().describe('Only transactions that have been open for so long.'),
  prefix: z.string().max(249).optional().describe('Only ids that begin so.'),
  ...pageQuery,
});
export const transactionList = z
  .object({ transactions: z.array(listedTransaction), next: nextSchema })
  .meta({ id: 'TransactionList' });

export const transactionParams = z.strictObject({ transactionalId });
export const describeTransactionQuery = z.strictObject({ ...pageQuery });
export const transactionDetails = z
  .object({
    ...known,
    changedMs: z.number().describe('When anything of it changed last, ms since 1970.'),
    cause: z
      .enum(['producer', 'timeout', 'fence', 'operator'])
      .nullable()
      .describe('Who wanted the last end, or this one: fence is another instance that took over. Null: nobody.'),
    topics: z
      .array(z.object({ topic: topicName, partition: z.int() }))
      .describe('What it has written to, page by page, without topics that are gone or not for whoever asks.'),
    groups: z
      .array(z.object({ groupId, offsets: count }))
      .describe('Whose offsets it commits, without those that are not for whoever asks.'),
    next: nextSchema,
  })
  .meta({ id: 'TransactionDetails' });

export const abortBody = z
  .strictObject({
    producerId: z.int().min(0).optional(),
    producerEpoch: z
      .int()
      .min(0)
      .optional()
      .describe('Both as they were seen: nothing is aborted where that transaction is over.'),
    startedMs: z.int().min(0).optional().describe('The same, for older Kafka clients, which keep their epoch.'),
  })
  .meta({ id: 'AbortTransaction' });
export const abortedTransaction = z
  .object({
    transactionalId,
    before: z.object({ state, ...producer, partitions: count, ageMs: z.number().nullable() }),
    after: z.object({ state, ...producer }).describe('prepareAbort: not all that it touched has been told yet.'),
  })
  .meta({ id: 'AbortedTransaction' });
