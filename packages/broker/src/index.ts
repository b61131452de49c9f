// Starting a broker
export { startBroker } from './start-broker.ts';
export { checkOptions, defaultAdminPort, defaultPort } from './options.ts';
export type { AdminOptions, BrokerOptions } from './options.ts';
export type { Broker, CloseOptions } from './broker.ts';

// The audit trail
/** Every event of it, with what it may say. */
export { auditTable } from './audit-table.ts';
export type { AuditOptions } from './services/audit/audit-settings.ts';
export type { AuditNotes } from './services/audit/audit.ts';
export type { GuardedAudit } from './services/access/guarded-audit.ts';
export type {
  AuditEntry,
  AuditFacts,
  AuditResource,
  AuditResult,
  AuditValue,
  WrittenEntry,
} from './services/audit/audit-entry.ts';
/** Whether an entry is among those that are asked for, for whoever follows the trail. */
export { isWanted } from './services/audit/audit-reading.ts';
export type { AuditFilter, AuditPage, AuditQuery } from './services/audit/audit-reading.ts';

// Settings of topics
export { topicSettings } from './services/topics/topic-config.ts';
export type { GivenSetting, Setting, SettingInForce, SettingUnit } from './services/topics/topic-config.ts';

// Doors: protocols of other packages on the broker's services
export type { Door, DoorAddress, DoorProtocol, DoorTools } from './door.ts';
export type { HostAndPort, ListenerAuthentication } from './listener-authentication.ts';
export type { ListenerAddress, ListenerOptions, LoginWay } from './listener-options.ts';
export type { AdminExtension, AdminTools, OpenAdminExtension } from './admin-extension.ts';
export type { ConnectionDescription } from './transport/connection.ts';
export type { OwnedCaller } from './transport/outside-caller.ts';
export type { AdminListener } from './admin/node-admin-server.ts';
export { isAllowedHost } from './admin/allowed-host.ts';
export type { AdminIdentity, AdminLogin, AdminRequest, AdminWays } from './admin/admin-login.ts';
export type { BrokerPhase } from './admin/health.ts';
export type { ApiMeter, ErrorReceiver, RequestMeter } from './metrics/request-meter.ts';
export { anonymous, authorOf } from './caller.ts';
export type { Asking, Author, Caller, CallerSignal, Principal, RequestBudget } from './caller.ts';
/** Who may do what; the things that rules are about. */
export { demand, everybodyMay, groupNamed, topicNamed } from './services/access/access.ts';
export type { Access, Wish } from './services/access/access.ts';
export type { AccessRules, ServicesAccess } from './services/access/guarded-rules.ts';
export type { AccessAnswer, AccessQuestion, OwnRules } from './services/access/own-rules.ts';
export type { Answer, Link, OpenSession, Session } from './transport/session.ts';
export type { Services } from './services/services.ts';
export type { Login } from './services/identity/session-identity.ts';
export { SessionIdentity } from './services/identity/session-identity.ts';
export type { Users } from './services/identity/passwords.ts';
export type { Identities, SecurityOptions } from './services/identity/open-identities.ts';
/** For programs that check tokens of their own, as the broker does. */
export type { TokenAlgorithm, TokenOptions } from './services/identity/tokens/token-options.ts';
export { tokenAlgorithms } from './services/identity/tokens/token-options.ts';
export type { Mechanism, TokenVerdict, TokenVerifier } from './services/identity/authentication.ts';
export type { AppendRequest, Appending, PartitionBatch } from './services/append/append-service.ts';
export type { AppendDurability, AppendResult } from './services/append/append-result.ts';
export type { Fetched, FetchQuery } from './services/fetch/fetch-service.ts';
export type { FetchPartition, FetchTopic, PartitionRead } from './services/fetch/fetch-plan.ts';
export type { FoundEpoch, SoughtEpoch } from './services/offsets/epoch-lookup.ts';
export type { FoundOffset, SoughtOffset, SoughtTopic } from './services/offsets/offset-lookup.ts';
export type {
  FoundTopic,
  PartitionDetails,
  PartitionRoute,
  TopicDetails,
  TopicRoute,
  TopicSummary,
} from './services/topics/topic-catalog.ts';
export type { ListChange, SettingChanges } from './services/topics/setting-changes.ts';
export type { AlterTopicOptions, CreatedTopic, CreateTopicOptions } from './services/topics/topic-changes.ts';
export type { DeletionResult, DeletionWish } from './services/topics/record-deletion.ts';
export type { ClassicMemberName, ClassicState } from '@q/coordinator';
export type {
  ClassicDescription,
  ClassicGroups,
  ClassicJoin,
  ClassicListing,
  ClassicMemberDescription,
  ClassicSync,
  CommitClaim,
} from './services/groups/classic-groups.ts';
/** So that a door knows when others have their turn within a look at offsets. */
export { offsetGroupsPerTurn } from './services/groups/group-offsets.ts';
export type { ClassicFault } from './services/groups/waiting-members.ts';
export type {
  CommittedTopic,
  FoundGroupOffsets,
  OffsetFound,
  OffsetToCommit,
  TopicOffsets,
} from './services/groups/group-offsets.ts';
export type { ClassicLanguage, NamedPartitions } from './services/groups/classic-languages.ts';
export type { GroupLag } from './services/groups/group-lags.ts';
export type { GroupNumbers } from './services/groups/groups.ts';
export type { GroupDescription } from './services/groups/group-description.ts';
export type { MemberDescription } from './services/groups/member-description.ts';
export type { TopicForgotten } from './services/groups/offset-changes.ts';
export { everyOther, quotaKinds } from '@q/security';
export type { EntityName, QuotaEntity, QuotaKind } from '@q/security';
export type { NameFilter, QuotaFilter, QuotasOfEntity, QuotaWish } from './services/quotas/quotas.ts';
export type { ThrottledUser } from './services/quotas/throttled-users.ts';
export type { QuotaChanges } from './services/quotas/quota-store.ts';
export type { QuotaCaller, UseKind } from './services/quotas/quota-caller.ts';
export type { BrokerFacts, GroupBounds } from './services/settings/broker-facts.ts';

// Settings of the broker, and of the program around it
export type { ReloadOutcome, SettingsChanged } from './services/settings/broker-settings.ts';
export type { ChangedSetting, SettingsChange } from './services/settings/setting-change.ts';
export type {
  GivenValue,
  ProgramSettings,
  ReadValues,
  SettingDefinition,
  SettingSource,
} from './services/settings/setting-definition.ts';
export type { SettingValue, SettingView } from './services/settings/setting-view.ts';
export { ownDefinitions } from './services/settings/own-definitions.ts';

export type { PartitionProducers, SoughtProducers } from './services/producers/producer-description.ts';
export type {
  ApiWork,
  BrokerSnapshot,
  ConnectionNumbers,
  ErrorCount,
  Holdings,
  Lags,
  StorageWork,
  Vitals,
  Work,
} from './services/stats/broker-stats.ts';
export type { PartitionNumbers, TopicNumbers } from './services/stats/topic-numbers.ts';
export { Turn } from './services/turn.ts';
export type { TopicTraffic } from './services/stats/topic-traffic.ts';
export type { FailingClient } from './metrics/failing-clients.ts';
export type { ApiCounter, BrokerCounters } from './metrics/counters.ts';
export type { Histogram, Summary } from './metrics/histogram.ts';
export type { Garbage } from './metrics/runtime-watch.ts';
export type { ProcessUsage } from './metrics/process-usage.ts';
export type { TrafficWindow } from './metrics/traffic.ts';
export type { ClientKind } from './metrics/client-kinds.ts';
export type { DataFolderDescription } from './services/stats/data-folder.ts';
export type { BackupRun } from './services/backup/backup-service.ts';
// Health
export { conditionTable } from './services/health/condition.ts';
export type {
  ClearedCondition,
  Condition,
  ConditionName,
  Figures,
  Finding,
  Severity,
} from './services/health/condition.ts';
export type { BoardChanges } from './services/health/condition-board.ts';
export type { GroupBehind } from './services/health/facts.ts';
export type { HealthReport, HealthStatus } from './services/health/health-watch.ts';
export { defaultThresholds } from './services/health/thresholds.ts';
export type { HealthThresholds } from './services/health/thresholds.ts';
export type { BrokerIdentity } from './identity.ts';
export { isBrokerFault, toWireError } from './errors/wire-error.ts';
export { reportRequest } from './session/request-report.ts';
export type { FailedRequest } from './session/request-report.ts';
/** So that a door tells the sender of what was refused how long to wait, as its protocol has it. */
export { retryAfterMs } from './errors/retry-after.ts';

// Limits
export { defaultLimits } from './limits.ts';
export type { BrokerLimits } from './limits.ts';

// Ports
export type { BrokerLogger } from './logger.ts';
/** Every event of the log, with its level, meaning and fields. */
export { logEvents } from './log-events/log-events.ts';
export type { LogEventName, LogLine } from './log-events/log-events.ts';
export { logFields } from './log-events/log-fields.ts';
export type { EventLevel } from '@q/storage';
export type { Clock, Scheduled } from './clock.ts';
export type { Random } from './random.ts';
export type { ByteStream, ListenOptions, Listener, Network, StreamEvents } from './transport/network.ts';

// Adapters
export { nodeClock } from './node-clock.ts';
export { nodeRandom } from './node-random.ts';
export { nodeNetwork } from './transport/node-network.ts';
export type { CertificateFacts, ListenerCertificates } from './tls/certificate-facts.ts';
export type { CertificateOptions, PeerCertificate, Pem, TlsMaterial, TlsOptions } from './tls/tls-options.ts';
