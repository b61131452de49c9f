import type { AuditTrail } from '../audit/audit.ts';
import type { BackupService } from '../backup/backup-service.ts';
import type { Groups } from '../groups/groups.ts';
import type { HealthWatch } from '../health/health-watch.ts';
import type { Identities } from '../identity/open-identities.ts';
import type { ProducerDescription } from '../producers/producer-description.ts';
import type { ProducerIdBlocks } from '../producers/producer-id-blocks.ts';
import type { Quotas } from '../quotas/quotas.ts';
import type { Services } from '../services.ts';
import type { BrokerSettings } from '../settings/broker-settings.ts';
import type { BrokerStats } from '../stats/broker-stats.ts';
import type { DataFolder } from '../stats/data-folder.ts';
import type { PartitionReopening } from '../topics/partition-reopening.ts';
import type { RecordDeletion } from '../topics/record-deletion.ts';
import type { TopicChanges } from '../topics/topic-changes.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import type { Transactions } from '../transactions/transactions.ts';
import { GuardedAudit } from './guarded-audit.ts';
import type { ServicesAccess } from './guarded-rules.ts';
import {
  GuardedBackups,
  GuardedDataFolder,
  GuardedHealth,
  GuardedSettings,
  GuardedStats,
  GuardedUsers,
} from './guarded-cluster.ts';
import { GuardedQuotas } from './guarded-quotas.ts';
import { GuardedGroups } from './guarded-groups.ts';
import { GuardedTransactions } from './guarded-transactions.ts';
import {
  GuardedProducerIds,
  GuardedProducers,
  GuardedRecordDeletion,
  GuardedReopening,
  GuardedTopicChanges,
} from './guarded-topics.ts';

/** Services that ask `Access` by themselves. */
type Asks = 'identity' | 'facts' | 'append' | 'fetch' | 'offsets' | 'epochs' | 'topics' | 'throttle';

/** Services as the broker has them for itself, beside those. */
export interface OwnServices extends Pick<Services, Asks> {
  readonly identities: Identities | null;
  readonly audit: AuditTrail;
  readonly topicChanges: TopicChanges;
  readonly recordDeletion: RecordDeletion;
  readonly partitionReopening: PartitionReopening;
  readonly producerIds: ProducerIdBlocks;
  readonly producers: ProducerDescription;
  readonly groups: Groups;
  readonly transactions: Transactions;
  readonly quotas: Quotas;
  readonly settings: BrokerSettings;
  readonly stats: BrokerStats;
  readonly dataFolder: DataFolder;
  readonly backups: BackupService;
  readonly health: HealthWatch;
}

/** The services as doors have them: they refuse whoever may not. */
export function guarded(
  own: OwnServices,
  {
    access,
    nameOf,
    topics,
  }: {
    readonly access: ServicesAccess;
    readonly nameOf: (topicId: string) => string | undefined;
    readonly topics: Pick<TopicRegistry, 'byName'>;
  },
): Services {
  const { identities } = own;
  const groups = new GuardedGroups(own.groups, { access, nameOf });
  return {
    ...own,
    access,
    identities: identities === null ? null : { ...identities, users: new GuardedUsers(identities.users, access) },
    audit: new GuardedAudit(own.audit, access),
    topicChanges: new GuardedTopicChanges(own.topicChanges, access),
    recordDeletion: new GuardedRecordDeletion(own.recordDeletion, access),
    partitionReopening: new GuardedReopening(own.partitionReopening, access),
    producerIds: new GuardedProducerIds(own.producerIds, access),
    producers: new GuardedProducers(own.producers, access),
    groups,
    transactions: new GuardedTransactions(own.transactions, { access, offsets: groups.offsets, topics }),
    quotas: new GuardedQuotas(own.quotas, access),
    settings: new GuardedSettings(own.settings, access),
    stats: new GuardedStats(own.stats, access),
    dataFolder: new GuardedDataFolder(own.dataFolder, access),
    backups: new GuardedBackups(own.backups, access),
    health: new GuardedHealth(own.health, access),
  };
}
