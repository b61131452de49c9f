import type { DoorNeeds, Need } from './api-needs.ts';
import { nativeNeeds } from './native-needs.ts';

const seesCluster: Need = { resource: 'cluster', operation: 'describe', lack: 'refused' };
const changesCluster: Need = { resource: 'cluster', operation: 'alter', lack: 'refused' };
const seesSettings: Need = { resource: 'cluster', operation: 'describeConfigs', lack: 'refused' };
const changesSettings: Need = { resource: 'cluster', operation: 'alterConfigs', lack: 'refused' };
const isBroker: Need = { resource: 'cluster', operation: 'clusterAction', lack: 'refused' };
const seesTopic: Need = { resource: 'topic', operation: 'describe', lack: 'refused' };

const seesTransaction: Need = {
  resource: 'transactionalId',
  operation: 'describe',
  or: [{ resource: 'cluster', operation: 'describe' }],
  lack: 'refused',
};

/** The admin HTTP interface, by the ids of its operations. The probes are everybody's, and not among these. */
export const adminNeeds: DoorNeeds = {
  whoAmI: [],
  getOpenApi: [],
  listErrors: [],
  explainError: [],
  // The broker
  describeCluster: [seesCluster],
  getStats: [seesCluster],
  watchStats: [seesCluster],
  getMetrics: [{ ...seesCluster, when: 'unless the setting `adminMetrics` is `open`' }],
  listAlerts: [seesCluster],
  getHealth: [seesCluster],
  listConnections: [seesCluster],
  readLogs: [seesCluster],
  getLogLevel: [seesCluster],
  setLogLevel: [changesSettings],
  getConfig: [seesSettings],
  getSetting: [seesSettings],
  changeConfig: [changesSettings],
  unsetSetting: [changesSettings],
  reloadConfig: [changesSettings],
  getBackup: [isBroker],
  createBackupSince: [isBroker],
  // Topics
  listTopics: nativeNeeds['LIST_TOPICS']!,
  createTopic: nativeNeeds['CREATE_TOPIC']!,
  describeTopic: nativeNeeds['DESCRIBE_TOPIC']!,
  listTopicUsers: [
    seesTopic,
    { resource: 'group', operation: 'describe', lack: 'hidden', when: 'for the groups' },
    { resource: 'topic', operation: 'read', lack: 'hidden', when: 'for the producers' },
    { ...seesTransaction, lack: 'hidden', when: 'for the transactional ids' },
  ],
  alterTopic: nativeNeeds['ALTER_TOPIC']!,
  deleteTopic: nativeNeeds['DELETE_TOPIC']!,
  addPartitions: nativeNeeds['ADD_PARTITIONS']!,
  trimTopic: nativeNeeds['DELETE_RECORDS']!,
  reopenTopic: nativeNeeds['REOPEN_PARTITIONS']!,
  produceRecords: [{ resource: 'topic', operation: 'write', lack: 'refused' }],
  readRecords: [
    { resource: 'topic', operation: 'read', lack: 'refused' },
    { ...isBroker, when: 'for the topic `__metadata`, too' },
  ],
  // Groups
  listGroups: nativeNeeds['LIST_GROUPS']!,
  watchGroups: nativeNeeds['LIST_GROUPS']!,
  describeGroup: nativeNeeds['DESCRIBE_GROUP']!,
  listMembers: nativeNeeds['DESCRIBE_GROUP']!,
  watchGroup: nativeNeeds['DESCRIBE_GROUP']!,
  seekGroup: nativeNeeds['RESET_OFFSETS']!,
  deleteGroup: nativeNeeds['DELETE_GROUP']!,
  forgetOffsets: nativeNeeds['DELETE_OFFSETS']!,
  // Transactions
  listTransactions: [{ ...seesTransaction, lack: 'hidden' }],
  describeTransaction: [
    seesTransaction,
    { resource: 'topic', operation: 'describe', lack: 'hidden', when: 'for the partitions in the answer' },
    { resource: 'group', operation: 'describe', lack: 'hidden', when: 'for the groups in the answer' },
  ],
  abortTransaction: [
    {
      resource: 'transactionalId',
      operation: 'write',
      or: [{ resource: 'cluster', operation: 'alter' }],
      lack: 'refused',
    },
  ],
  // Who may come in, and what they may do
  listUsers: [seesCluster],
  describeUser: [seesCluster],
  createUser: [changesCluster],
  setUserPassword: [changesCluster],
  deleteUser: [changesCluster],
  removeCredential: [changesCluster],
  listRules: [seesCluster],
  addRules: [changesCluster],
  removeRules: [changesCluster],
  testAccess: [seesCluster],
  listQuotas: [seesSettings],
  setQuotas: [changesSettings],
  removeQuotas: [changesSettings],
  listCertificates: [seesCluster],
  reloadCertificates: [changesSettings],
  readAudit: [{ resource: 'topic', operation: 'read', lack: 'refused', when: 'of `__audit`' }],
};
