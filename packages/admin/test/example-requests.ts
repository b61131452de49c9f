/**
 * A request for each operation that it answers with success. A test compares the answer with its schema, and another
 * makes wrong requests of it. An operation that wants no more than the topic `orders` or the group `billing` needs no
 * entry; one that takes a body does.
 */
export interface ExampleRequest {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const orders = { topic: 'orders' };
const billing = { group: 'billing' };
const alice = { user: 'alice' };
const rule = {
  principal: 'User:alice',
  host: '*',
  permission: 'allow',
  operation: 'read',
  resourceType: 'topic',
  patternType: 'literal',
  resourceName: 'orders',
};

/** On an empty broker, in this order. */
const first: Readonly<Record<string, ExampleRequest>> = {
  createTopic: { body: { name: 'orders', partitions: 2, configs: { 'retention.ms': '1h' } } },
  produceRecords: { params: orders, query: { partition: '0' }, body: { records: [{ key: 'k', value: 'v' }] } },
  listTopics: { query: { limit: '10', prefix: 'o' } },
  describeTopic: { params: orders },
  alterTopic: { params: orders, body: { set: { 'segment.ms': '1d' }, unset: ['retention.ms'] } },
  addPartitions: { params: orders, body: { partitions: 3 } },
  readRecords: { params: orders, query: { from: 'start', limit: '5', key: 'k' } },
  seekGroup: { params: billing, body: { targets: [{ topic: 'orders', to: 'start' }], execute: true } },
  listGroups: { query: { prefix: 'b' } },
  watchGroups: { query: { intervalMs: '1000' } },
  listTransactions: { query: { state: 'ongoing,prepareAbort', producerId: '7', minAgeMs: '1000', prefix: 'b' } },
  createUser: { body: { name: 'alice', password: 'alice-pw' } },
  describeUser: { params: alice },
  setUserPassword: { params: alice, body: { password: 'other-pw' } },
  removeCredential: { params: { ...alice, mechanism: 'SCRAM-SHA-512' } },
  addRules: { body: { rules: [rule] } },
  listRules: { query: { principal: 'User:alice', resourceName: 'orders', patternType: 'matching' } },
  testAccess: {
    body: { principal: 'User:alice', operation: 'read', resourceType: 'topic', resourceName: 'orders' },
  },
  setQuotas: { body: { entity: { user: 'alice', clientId: null }, quotas: { producerByteRate: 1_000_000 } } },
  listQuotas: { query: { user: 'alice' } },
};

/** After all others: these take away what the others want. */
const last: Readonly<Record<string, ExampleRequest>> = {
  removeRules: { body: { rules: [rule] } },
  removeQuotas: { body: { entity: { user: 'alice', clientId: null } } },
  deleteUser: { params: alice },
  forgetOffsets: { params: billing, body: { topics: [{ topic: 'orders', partitions: [1] }] } },
  deleteGroup: { params: billing },
  trimTopic: { params: orders, body: { partitions: [{ partition: 0, before: 1 }] } },
  reopenTopic: { params: orders, body: { partitions: [0] } },
  deleteTopic: { params: orders },
  setLogLevel: { body: { level: 'debug' } },
  explainError: { params: { name: 'UNKNOWN_TOPIC' } },
  getSetting: { params: { name: 'limits.topicsMax' } },
  changeConfig: { query: { dryRun: 'true' }, body: { 'limits.topicsMax': 77 } },
  unsetSetting: { params: { name: 'limits.topicsMax' }, query: { dryRun: 'true' } },
};

/** Operations whose answers cannot be compared with a schema here, and the test that looks at them. */
const testedElsewhere: Readonly<Record<string, string>> = {
  getBackup: 'test/backup/backup.test.ts',
  createBackupSince: 'test/backup/backup.test.ts',
  /** Have nothing to say before the first line. */
  readLogs: 'test/logs/logs.test.ts',
  readAudit: 'test/audit/audit.test.ts',
  /** Want a transaction that is open. */
  describeTransaction: 'test/transactions/transactions.test.ts',
  abortTransaction: 'test/transactions/transactions.test.ts',
};

/** Those of a list of operations, in an order in which each succeeds. */
export function exampleRequests<O extends { readonly id: string }>(operations: readonly O[]): [O, ExampleRequest][] {
  const byId = new Map(operations.map((operation) => [operation.id, operation]));
  const named = (examples: Readonly<Record<string, ExampleRequest>>): [O, ExampleRequest][] =>
    Object.entries(examples).map(([id, example]) => [byId.get(id)!, example]);
  const others = operations.filter(({ id }) => !(id in first || id in last || id in testedElsewhere));
  return [
    ...named(first),
    ...others.map((operation): [O, ExampleRequest] => [operation, { params: { ...orders, ...billing } }]),
    ...named(last),
  ];
}

/** How it is asked for over HTTP. */
export function requestOf(
  { method, path, body: takesBody }: { readonly method: string; readonly path: string; readonly body?: unknown },
  { params = {}, query = {}, body }: ExampleRequest,
): { readonly path: string; readonly init: RequestInit } {
  const named = path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const search = new URLSearchParams(query).toString();
  return {
    path: search === '' ? named : `${named}?${search}`,
    init: {
      method: method.toUpperCase(),
      ...(takesBody !== undefined && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    },
  };
}
