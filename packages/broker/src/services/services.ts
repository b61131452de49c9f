import type { BrokerIdentity } from '../identity.ts';
import type { GuardedAudit } from './access/guarded-audit.ts';
import type { ServicesAccess } from './access/guarded-rules.ts';
import type {
  GuardedBackups,
  GuardedDataFolder,
  GuardedHealth,
  GuardedIdentities,
  GuardedSettings,
  GuardedStats,
} from './access/guarded-cluster.ts';
import type { GuardedQuotas } from './access/guarded-quotas.ts';
import type { GuardedGroups } from './access/guarded-groups.ts';
import type { GuardedTransactions } from './access/guarded-transactions.ts';
import type {
  GuardedProducerIds,
  GuardedProducers,
  GuardedRecordDeletion,
  GuardedReopening,
  GuardedTopicChanges,
} from './access/guarded-topics.ts';
import type { AppendService } from './append/append-service.ts';
import type { FetchService } from './fetch/fetch-service.ts';
import type { EpochLookup } from './offsets/epoch-lookup.ts';
import type { OffsetLookup } from './offsets/offset-lookup.ts';
import type { Throttle } from './quotas/throttle.ts';
import type { BrokerFacts } from './settings/broker-facts.ts';
import type { TopicCatalog } from './topics/topic-catalog.ts';

/**
 * What a broker does, for whichever protocol asks: plain values in, plain values out, typed errors thrown. Every
 * session works on these alone. Whatever does or shows something takes who asks, and refuses whoever may not with
 * NOT_AUTHORIZED.
 */
export interface Services {
  readonly identity: BrokerIdentity;
  /** Null: whoever reaches the broker is let in. */
  readonly identities: GuardedIdentities | null;
  /** Where everything that is done, denied or refused is noted. */
  readonly audit: GuardedAudit;
  /** Who may do what, and the rules that say so; everybody everything where nobody is asked who it is. */
  readonly access: ServicesAccess;
  readonly append: Pick<AppendService, 'append'>;
  readonly fetch: Pick<FetchService, 'fetch'>;
  readonly offsets: Pick<OffsetLookup, 'find'>;
  readonly topics: Pick<
    TopicCatalog,
    'list' | 'describe' | 'names' | 'settings' | 'routes' | 'find' | 'findById' | 'idOf' | 'nameOf' | 'missing'
  >;
  readonly epochs: Pick<EpochLookup, 'find'>;
  readonly topicChanges: GuardedTopicChanges;
  readonly recordDeletion: GuardedRecordDeletion;
  readonly partitionReopening: GuardedReopening;
  readonly producerIds: GuardedProducerIds;
  readonly producers: GuardedProducers;
  readonly groups: GuardedGroups;
  readonly transactions: GuardedTransactions;
  readonly quotas: GuardedQuotas;
  /** Slows down whoever is beyond a quota. */
  readonly throttle: Pick<Throttle, 'isOn' | 'use' | 'owed' | 'hold'>;
  readonly settings: GuardedSettings;
  readonly facts: BrokerFacts;
  readonly stats: GuardedStats;
  readonly backups: GuardedBackups;
  readonly dataFolder: GuardedDataFolder;
  readonly health: GuardedHealth;
}
