import type { BrokerIdentity } from '../identity.ts';
import type { Identities } from './identity/open-identities.ts';
import type { AuditNotes } from './audit/audit.ts';
import type { AppendService } from './append/append-service.ts';
import type { FetchService } from './fetch/fetch-service.ts';
import type { BackupService } from './backup/backup-service.ts';
import type { Groups } from './groups/groups.ts';
import type { HealthWatch } from './health/health-watch.ts';
import type { EpochLookup } from './offsets/epoch-lookup.ts';
import type { OffsetLookup } from './offsets/offset-lookup.ts';
import type { ProducerDescription } from './producers/producer-description.ts';
import type { ProducerIdBlocks } from './producers/producer-id-blocks.ts';
import type { BrokerFacts } from './settings/broker-facts.ts';
import type { BrokerSettings } from './settings/broker-settings.ts';
import type { BrokerStats } from './stats/broker-stats.ts';
import type { DataFolder } from './stats/data-folder.ts';
import type { PartitionReopening } from './topics/partition-reopening.ts';
import type { RecordDeletion } from './topics/record-deletion.ts';
import type { TopicCatalog } from './topics/topic-catalog.ts';
import type { TopicChanges } from './topics/topic-changes.ts';

/**
 * What a broker does, for whichever protocol asks: plain values in, plain values out, typed errors thrown. Every
 * session works on these alone.
 */
export interface Services {
  readonly identity: BrokerIdentity;
  /** Null: whoever reaches the broker is let in. */
  readonly identities: Identities | null;
  /** Where everything that is done, denied or refused is noted. */
  readonly audit: AuditNotes;
  readonly append: Pick<AppendService, 'append'>;
  readonly fetch: Pick<FetchService, 'fetch'>;
  readonly offsets: Pick<OffsetLookup, 'find'>;
  readonly topics: Pick<
    TopicCatalog,
    'list' | 'describe' | 'names' | 'settings' | 'routes' | 'find' | 'findById' | 'idOf' | 'nameOf'
  >;
  readonly epochs: Pick<EpochLookup, 'find'>;
  readonly topicChanges: Pick<TopicChanges, 'create' | 'delete' | 'alter' | 'addPartitions' | 'tryAgain'>;
  readonly recordDeletion: Pick<RecordDeletion, 'delete'>;
  readonly partitionReopening: Pick<PartitionReopening, 'reopen'>;
  readonly producerIds: Pick<ProducerIdBlocks, 'create' | 'bump'>;
  readonly producers: Pick<ProducerDescription, 'describe'>;
  readonly groups: Pick<
    Groups,
    | 'heartbeats'
    | 'offsets'
    | 'changes'
    | 'classic'
    | 'languages'
    | 'list'
    | 'describe'
    | 'lags'
    | 'numbers'
    | 'rebalances'
  >;
  readonly settings: Pick<
    BrokerSettings,
    'revision' | 'file' | 'lastReload' | 'valueOf' | 'list' | 'describe' | 'change' | 'reload' | 'onChange'
  >;
  readonly facts: BrokerFacts;
  readonly stats: Pick<BrokerStats, 'snapshot' | 'vitals' | 'counters' | 'topics'>;
  readonly backups: Pick<BackupService, 'begin'>;
  readonly dataFolder: Pick<DataFolder, 'describe'>;
  readonly health: Pick<HealthWatch, 'report' | 'lags' | 'tell' | 'note' | 'onChange'>;
}
