/**
 * Transactions, for those who may (row A3, SEC-12). Whoever writes under a transactional id needs `write` of it; what a
 * transaction writes to, and the groups that it commits offsets of, are checked as without one.
 */
import type { ProducerIdentity, Transaction } from '@q/coordinator';
import { cluster } from '@q/security';
import type { Asking } from '../../caller.ts';
import type { ClassicCommits, CommittedTopic, OffsetCommits, StagedCommits } from '../groups/group-offsets.ts';
import type { ClassicFault } from '../groups/waiting-members.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import { unknownTopic } from '../topics/topic-rules.ts';
import type { HeldPartition } from '../transactions/holding-transactions.ts';
import type { AbortedTransaction, AbortTransaction } from '../transactions/operator-abort.ts';
import type { HangingInPartition } from '../transactions/partition-abort.ts';
import type {
  BeginTransactions,
  EndTransaction,
  TransactionClaim,
  Transactions,
} from '../transactions/transactions.ts';
import { demand, demandOfCluster, topicNamed } from './access.ts';
import type { Access } from './access.ts';
import type { GuardedOffsets } from './guarded-groups.ts';

export class GuardedTransactions {
  readonly #transactions: Transactions;
  readonly #offsets: GuardedOffsets;
  readonly #access: Access;
  readonly #topics: Pick<TopicRegistry, 'byName'>;

  constructor(
    transactions: Transactions,
    {
      access,
      offsets,
      topics,
    }: {
      readonly access: Access;
      readonly offsets: GuardedOffsets;
      readonly topics: Pick<TopicRegistry, 'byName'>;
    },
  ) {
    this.#transactions = transactions;
    this.#access = access;
    this.#offsets = offsets;
    this.#topics = topics;
  }

  /** As `Transactions.begin`. @throws QError NOT_AUTHORIZED, too */
  async begin(request: BeginTransactions, caller: Asking): Promise<ProducerIdentity> {
    this.#demandWrite(request.transactionalId, caller);
    return this.#transactions.begin(request);
  }

  /** As `Transactions.end`. @throws QError NOT_AUTHORIZED, too */
  async end(request: EndTransaction, caller: Asking): Promise<ProducerIdentity> {
    this.#demandWrite(request.transactionalId, caller);
    return this.#transactions.end(request);
  }

  /**
   * As `Transactions.abort`. Whoever may alter the cluster gets any transaction out of the way.
   * @throws QError NOT_AUTHORIZED, too
   */
  async abort(request: AbortTransaction, caller: Asking): Promise<AbortedTransaction> {
    const mayAlter = this.#access.sees(caller, 'alter', cluster);
    if (!mayAlter) this.#demandWrite(request.transactionalId, caller);
    return this.#transactions.abort(request, caller, mayAlter ? 'alter' : 'write');
  }

  /** As `Transactions.abortIn`: a matter of the cluster, as in Kafka. @throws QError NOT_AUTHORIZED, too */
  async abortIn(hanging: HangingInPartition, caller: Asking): Promise<void> {
    if (!this.#access.sees(caller, 'clusterAction', cluster)) demandOfCluster(this.#access, caller, 'alter');
    await this.#transactions.abortIn(hanging, caller);
  }

  /** As `Transactions.add`; whether the topics may be written to is asked when they are. @throws QError */
  async add(
    claim: TransactionClaim,
    partitions: ReadonlyMap<string, readonly number[]>,
    caller: Asking,
  ): Promise<void> {
    this.#demandWrite(claim.transactionalId, caller);
    await this.#transactions.add(claim, partitions);
  }

  /** Offsets of a group that are committed with the transaction. Durable when it resolves. @throws QError */
  async stage(claim: TransactionClaim, commits: OffsetCommits, caller: Asking): Promise<readonly CommittedTopic[]> {
    this.#demandWrite(claim.transactionalId, caller);
    return this.#stage(claim, commits.groupId, await this.#offsets.stage(commits, caller));
  }

  /** The same for clients that may be members of classic groups. */
  async stageClassic(
    claim: TransactionClaim,
    commits: ClassicCommits,
    caller: Asking,
  ): Promise<readonly CommittedTopic[] | ClassicFault> {
    this.#demandWrite(claim.transactionalId, caller);
    const staged = await this.#offsets.stageClassic(commits, caller);
    return typeof staged === 'string' ? staged : this.#stage(claim, commits.groupId, staged);
  }

  async #stage(
    claim: TransactionClaim,
    groupId: string,
    { offsets, outcome }: StagedCommits,
  ): Promise<readonly CommittedTopic[]> {
    await this.#transactions.stage(claim, { groupId, offsets });
    return outcome;
  }

  /** As `Transactions.list`, without those that the caller may not see. */
  list(caller: Asking): Transaction[] {
    return [...this.#transactions.list()].filter(({ transactionalId: name }) =>
      this.#access.sees(caller, 'describe', { type: 'transactionalId', name }),
    );
  }

  /** As `Transactions.describe`. @throws QError NOT_AUTHORIZED, too */
  describe(transactionalId: string, caller: Asking): Transaction {
    const resource = { type: 'transactionalId', name: transactionalId } as const;
    demand(this.#access, caller, { operation: 'describe', resource });
    return this.#transactions.describe(transactionalId);
  }

  /** As `list`. Whoever may describe the cluster sees all: its alerts tell of them, too. */
  survey(caller: Asking): Iterable<Transaction> {
    return this.#access.sees(caller, 'describe', cluster) ? this.#transactions.list() : this.list(caller);
  }

  /** As `describe`, for whoever may describe the cluster as well. @throws QError NOT_AUTHORIZED, too */
  inspect(transactionalId: string, caller: Asking): Transaction {
    if (this.#access.sees(caller, 'describe', cluster)) return this.#transactions.describe(transactionalId);
    return this.describe(transactionalId, caller);
  }

  /**
   * As `Transactions.heldPartitions`, for whoever may describe the topic. Of transactions that the caller may not see
   * the producer is told, and no more.
   * @throws QError UNKNOWN_TOPIC, NOT_AUTHORIZED
   */
  heldPartitions(topic: string, caller: Asking): HeldPartition[] {
    demand(this.#access, caller, { operation: 'describe', resource: topicNamed(topic) });
    const found = this.#topics.byName(topic);
    if (found === undefined) throw unknownTopic(topic);
    const seesAll = this.#access.sees(caller, 'describe', cluster);
    return this.#transactions.heldPartitions(found).map((held) => {
      const { transaction } = held;
      if (seesAll || transaction === null) return held;
      const { transactionalId: name } = transaction;
      const isShown = this.#access.sees(caller, 'describe', { type: 'transactionalId', name });
      return isShown ? held : { ...held, transaction: null };
    });
  }

  /** As `Transactions.list`: for metrics, whose caller is asked once for all of them. */
  all(): Generator<Transaction> {
    return this.#transactions.list();
  }

  /** As `Transactions.unstableOffsets`. */
  unstableOffsets(groupIds: ReadonlySet<string>): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#transactions.unstableOffsets(groupIds);
  }

  /** As `Transactions.numbers`: for metrics, whose caller is asked once for all of them. */
  get numbers(): Transactions['numbers'] {
    return this.#transactions.numbers;
  }

  #demandWrite(name: string, caller: Asking): void {
    demand(this.#access, caller, { operation: 'write', resource: { type: 'transactionalId', name } });
  }
}
