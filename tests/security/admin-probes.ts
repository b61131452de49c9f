/** What is asked at the admin door to see what a row of its needs comes to: one probe or more for each operation. */

/** About what. The topic and the group are there, unless the probe wants another. */
export interface AdminScene {
  readonly user: string;
  readonly topic: string;
  readonly topicId: string;
  readonly group: string;
  readonly transactionalId: string;
}

export type AdminOutcome = 'done' | 'refused' | 'part' | 'hidden';

export interface AdminProbe {
  /** Of the row's needs, those that are needed for this. */
  readonly needs: readonly number[];
  /** Those that another of them brings with it. */
  readonly implied?: readonly number[];
  readonly title?: string;
  readonly isNew?: 'topic';
  /** A transaction is open, with a record in the topic and an offset of the group. */
  readonly hasTransaction?: true;
  /** The one topic that it is about. */
  readonly topic?: string;
  readonly method?: string;
  readonly path: (scene: AdminScene) => string;
  readonly accept?: string;
  readonly body?: (scene: AdminScene) => unknown;
  /** What the answer comes to; `done` if missing. */
  readonly judge?: (answer: never, scene: AdminScene) => AdminOutcome;
  /** What it has to be answered with when it may; 200 and 201 if missing. */
  readonly status?: number;
}

const events = 'text/event-stream';

function get(path: string, accept?: string): readonly AdminProbe[] {
  return [{ needs: [0], path: () => path, ...(accept !== undefined && { accept }) }];
}

function send(method: string, path: string, body: unknown, status?: number): readonly AdminProbe[] {
  return [{ needs: [0], method, path: () => path, body: () => body, ...(status !== undefined && { status }) }];
}

const free = (path: string): readonly AdminProbe[] => [{ needs: [], path: () => path }];
const ofTopic = ({ topic }: AdminScene, rest = ''): string => `/api/v1/topics/${topic}${rest}`;
const ofGroup = ({ group }: AdminScene, rest = ''): string => `/api/v1/groups/${group}${rest}`;
const ofTransaction = ({ transactionalId }: AdminScene, rest = ''): string =>
  `/api/v1/transactions/${transactionalId}${rest}`;
const shownIf = (isThere: boolean): AdminOutcome => (isThere ? 'done' : 'hidden');

interface Parts {
  readonly topics: readonly { readonly error: { readonly code: string } | null }[];
}

const nobody = { principal: 'User:nobody', operation: 'read', resourceType: 'topic', resourceName: 'nothing' };
const quota = { entity: { user: 'nobody' } };

export const adminProbes: Readonly<Record<string, readonly AdminProbe[]>> = {
  whoAmI: free('/api/v1/whoami'),
  getOpenApi: free('/api/v1/openapi.json'),
  listErrors: free('/api/v1/errors'),
  explainError: free('/api/v1/errors/UNKNOWN_TOPIC'),
  describeCluster: get('/api/v1/cluster'),
  getStats: get('/api/v1/stats'),
  watchStats: get('/api/v1/events/stats', events),
  getMetrics: [...get('/metrics'), { needs: [0], title: 'by the app', path: () => '/metrics?' }],
  listAlerts: get('/api/v1/alerts'),
  getHealth: get('/api/v1/health'),
  listConnections: get('/api/v1/connections'),
  readLogs: [...get('/api/v1/logs'), { needs: [0], title: 'as events', path: () => '/api/v1/logs', accept: events }],
  getLogLevel: get('/api/v1/log-level'),
  setLogLevel: send('PUT', '/api/v1/log-level', { level: 'info' }),
  getConfig: get('/api/v1/config'),
  getSetting: get('/api/v1/config/limits.topicsMax'),
  changeConfig: send('PATCH', '/api/v1/config?dryRun=true', { 'limits.topicsMax': 7_777 }),
  unsetSetting: [{ needs: [0], method: 'DELETE', path: () => '/api/v1/config/limits.topicsMax?dryRun=true' }],
  reloadConfig: [{ needs: [0], method: 'POST', path: () => '/api/v1/config/reload' }],
  getBackup: get('/api/v1/backup'),
  createBackupSince: [
    // An empty body is no manifest: whoever may is told so.
    { needs: [0], method: 'POST', path: () => '/api/v1/backup', status: 415 },
  ],
  listTopics: [
    {
      needs: [0],
      path: ({ topic }) => `/api/v1/topics?prefix=${topic}`,
      judge: ({ topics }: { topics: readonly { name: string }[] }, { topic }) =>
        shownIf(topics.some(({ name }) => name === topic)),
    },
  ],
  createTopic: [
    {
      needs: [0, 1],
      isNew: 'topic',
      method: 'POST',
      path: () => '/api/v1/topics',
      body: ({ topic: name }) => ({ name }),
      judge: ({ configs }: { configs: readonly unknown[] }) => shownIf(configs.length > 0),
    },
  ],
  describeTopic: [
    {
      needs: [0, 1],
      path: ofTopic,
      judge: ({ configs }: { configs: readonly unknown[] }) => shownIf(configs.length > 0),
    },
  ],
  listTopicUsers: [
    {
      needs: [0, 1],
      title: 'with the groups',
      path: (scene) => ofTopic(scene, '/users'),
      judge: ({ groups }: { groups: readonly unknown[] }) => shownIf(groups.length > 0),
    },
    {
      needs: [0, 3],
      title: 'with the transactions',
      hasTransaction: true,
      path: (scene) => ofTopic(scene, '/users'),
      judge: ({ heldBack }: { heldBack: readonly { transactionalId: string | null }[] }, { transactionalId }) =>
        shownIf(heldBack.some((held) => held.transactionalId === transactionalId)),
    },
    {
      needs: [0, 2],
      implied: [0],
      title: 'with the producers',
      path: (scene) => ofTopic(scene, '/users'),
      judge: ({ producers }: { producers: readonly unknown[] }) => shownIf(producers.length > 0),
    },
  ],
  alterTopic: [{ needs: [0], method: 'PATCH', path: ofTopic, body: () => ({ set: { 'retention.ms': '1h' } }) }],
  deleteTopic: [{ needs: [0], method: 'DELETE', path: ofTopic }],
  addPartitions: [
    { needs: [0], method: 'POST', path: (scene) => ofTopic(scene, '/partitions'), body: () => ({ partitions: 3 }) },
  ],
  trimTopic: [
    {
      needs: [0],
      method: 'POST',
      path: (scene) => ofTopic(scene, '/trim'),
      body: () => ({ partitions: [{ partition: 0, before: 0 }] }),
    },
  ],
  reopenTopic: [
    { needs: [0], method: 'POST', path: (scene) => ofTopic(scene, '/reopen'), body: () => ({ partitions: [0] }) },
  ],
  produceRecords: [
    {
      needs: [0],
      method: 'POST',
      path: (scene) => ofTopic(scene, '/records'),
      body: () => ({ records: [{ value: 'x' }] }),
    },
  ],
  readRecords: [
    { needs: [0], path: (scene) => ofTopic(scene, '/records?from=start') },
    { needs: [0], title: 'as events', accept: events, path: (scene) => ofTopic(scene, '/records?from=start') },
    { needs: [0, 1], title: 'of the metadata', topic: '__metadata', path: (scene) => ofTopic(scene, '/records') },
  ],
  listGroups: [
    {
      needs: [0],
      path: ({ group }) => `/api/v1/groups?prefix=${group}`,
      judge: ({ groups }: { groups: readonly { groupId: string }[] }, { group }) =>
        shownIf(groups.some(({ groupId }) => groupId === group)),
    },
  ],
  watchGroups: [
    {
      needs: [0],
      accept: events,
      path: ({ group }) => `/api/v1/events/groups?prefix=${group}`,
      judge: (text: string, { group }) => shownIf(text.includes(`"groupId":"${group}"`)),
    },
  ],
  describeGroup: [
    {
      needs: [0, 1],
      path: ofGroup,
      judge: ({ partitions }: { partitions: readonly { name: string }[] }, { topic }) =>
        shownIf(partitions.some(({ name }) => name === topic)),
    },
  ],
  listMembers: [{ needs: [0], path: (scene) => ofGroup(scene, '/members') }],
  watchGroup: [
    {
      needs: [0, 1],
      accept: events,
      path: ({ group }) => `/api/v1/events/groups/${group}`,
      judge: (text: string, { topic }) => shownIf(text.includes(`"name":"${topic}"`)),
    },
  ],
  seekGroup: [
    {
      needs: [0, 1],
      method: 'POST',
      path: (scene) => ofGroup(scene, '/seek'),
      body: ({ topic }) => ({ targets: [{ topic, to: 'start' }], execute: true }),
    },
  ],
  deleteGroup: [{ needs: [0], method: 'DELETE', path: ofGroup }],
  forgetOffsets: [
    {
      needs: [0, 1],
      method: 'POST',
      path: (scene) => ofGroup(scene, '/forget'),
      body: ({ topicId }) => ({ topics: [{ topicId }] }),
      judge: ({ topics }: Parts) => (topics.some(({ error }) => error?.code === 'NOT_AUTHORIZED') ? 'part' : 'done'),
    },
  ],
  listTransactions: [
    {
      needs: [0],
      hasTransaction: true,
      path: ({ transactionalId }) => `/api/v1/transactions?prefix=${transactionalId}`,
      judge: ({ transactions }: { transactions: readonly { transactionalId: string }[] }, scene) =>
        shownIf(transactions.some(({ transactionalId }) => transactionalId === scene.transactionalId)),
    },
  ],
  describeTransaction: [
    {
      needs: [0, 1],
      title: 'with the partitions',
      hasTransaction: true,
      path: ofTransaction,
      judge: ({ topics }: { topics: readonly unknown[] }) => shownIf(topics.length > 0),
    },
    {
      needs: [0, 2],
      title: 'with the groups',
      hasTransaction: true,
      path: ofTransaction,
      judge: ({ groups }: { groups: readonly unknown[] }) => shownIf(groups.length > 0),
    },
  ],
  abortTransaction: [
    {
      needs: [0],
      hasTransaction: true,
      method: 'POST',
      path: (scene) => ofTransaction(scene, '/abort'),
      body: () => ({}),
    },
  ],
  listUsers: get('/api/v1/users'),
  describeUser: get('/api/v1/users/known'),
  createUser: send('POST', '/api/v1/users', { name: 'known', password: 'pw' }, 409),
  setUserPassword: send('PUT', '/api/v1/users/known/password', { password: 'pw' }),
  deleteUser: [{ needs: [0], method: 'DELETE', path: () => '/api/v1/users/nobody', status: 404 }],
  removeCredential: [
    { needs: [0], method: 'DELETE', path: () => '/api/v1/users/nobody/credentials/SCRAM-SHA-256', status: 404 },
  ],
  listRules: get('/api/v1/acls?principal=User:nobody'),
  addRules: send('POST', '/api/v1/acls', { rules: [nobody] }),
  removeRules: send('POST', '/api/v1/acls/remove', { rules: [nobody] }),
  testAccess: send('POST', '/api/v1/acls/test', nobody),
  listCertificates: get('/api/v1/certificates'),
  reloadCertificates: [{ needs: [0], method: 'POST', path: () => '/api/v1/certificates/reload' }],
  listQuotas: get('/api/v1/quotas'),
  setQuotas: send('PUT', '/api/v1/quotas', { ...quota, quotas: { producerByteRate: 1 }, dryRun: true }),
  removeQuotas: send('POST', '/api/v1/quotas/remove', quota),
  readAudit: [
    { needs: [0], topic: '__audit', path: () => '/api/v1/audit' },
    { needs: [0], title: 'as events', topic: '__audit', accept: events, path: () => '/api/v1/audit' },
  ],
};
