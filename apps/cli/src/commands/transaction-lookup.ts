import type { AdminApi } from '../admin/admin-api.ts';
import { CommandError } from '../command-error.ts';
import { ExitCode } from '../exit-code.ts';
import { nearest } from '../input/nearest.ts';
import type { TransactionState } from './transaction-states.ts';

const path = '/api/v1/transactions';
/** What the admin API gives at most in one answer. */
const pageMax = 1_000;

/** A transactional id as the admin API tells it. */
export interface TransactionRow {
  readonly transactionalId: string;
  readonly state: TransactionState;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly timeoutMs: number;
  /** Since 1970; null: none is open. */
  readonly startedMs: number | null;
  readonly ageMs: number | null;
  readonly partitions: number;
  readonly offsets: number;
}

/** The same, and what its transaction touches. */
export interface TransactionDetails extends TransactionRow {
  readonly changedMs: number;
  readonly cause: 'producer' | 'timeout' | 'fence' | 'operator' | null;
  readonly topics: readonly { readonly topic: string; readonly partition: number }[];
  readonly groups: readonly { readonly groupId: string; readonly offsets: number }[];
}

interface Page {
  readonly next: string | null;
}

type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** All that fit, page by page. */
export async function findTransactions(admin: AdminApi, query: Query = {}): Promise<TransactionRow[]> {
  const found: TransactionRow[] = [];
  for (let after: string | null = ''; after !== null;) {
    const page: Page & { readonly transactions: readonly TransactionRow[] } = await admin.json({
      path,
      query: { ...query, limit: pageMax, ...(after !== '' && { after }) },
    });
    found.push(...page.transactions);
    after = page.next;
  }
  return found;
}

/** @throws CommandError for an id that nobody uses, with the nearest one that somebody does */
export async function findTransaction(admin: AdminApi, transactionalId: string): Promise<TransactionDetails> {
  const topics: TransactionDetails['topics'][number][] = [];
  for (let after = ''; ;) {
    const page: Page & TransactionDetails = await admin
      .json<Page & TransactionDetails>({
        path: pathOf(transactionalId),
        query: { limit: pageMax, ...(after !== '' && { after }) },
      })
      .catch(async (error: unknown) => {
        throw await explained(admin, transactionalId, error);
      });
    topics.push(...page.topics);
    const { next, ...details } = page;
    if (next === null) return { ...details, topics };
    after = next;
  }
}

export function pathOf(transactionalId: string, rest = ''): string {
  return `${path}/${encodeURIComponent(transactionalId)}${rest}`;
}

async function explained(admin: AdminApi, transactionalId: string, error: unknown): Promise<unknown> {
  if (!(error instanceof CommandError) || error.code !== 'UNKNOWN_TRANSACTIONAL_ID') return error;
  const known = await findTransactions(admin);
  const guess = nearest(
    transactionalId,
    known.map((each) => each.transactionalId),
  );
  return new CommandError(ExitCode.notFound, `nobody uses the transactional id ${transactionalId}`, {
    code: error.code,
    cause: error,
    hint: guess === undefined ? '"q transaction list" has those that there are' : `did you mean ${guess}?`,
  });
}
