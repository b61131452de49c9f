import * as client from '@q/client';
import type { Consumer, GroupConsumer, Producer, Q } from '@q/client';
import { isAny, isBytes, isCount, isFlag, isFunction, isOptions, isSignal, isText, isWait, listOf, maybe, oneOf, record } from './accepted.ts';
import type { Accepts } from './accepted.ts';

/** What a call is made on: all of it open, the topic with two partitions, the group consumer a member. */
export interface Objects {
  readonly q: Q;
  readonly url: string;
  readonly topic: string;
  /** A topic without records. */
  readonly empty: string;
  readonly group: string;
  readonly producer: Producer;
  readonly consumer: Consumer;
  readonly member: GroupConsumer;
  readonly newName: () => string;
}

/** One argument, or a field of one: where it is, which values are right, and by which of these names an error may call it. */
export interface Slot {
  readonly path: readonly (string | number)[];
  readonly accepts: Accepts;
  readonly names: readonly string[];
}

export interface Call {
  readonly name: string;
  /** Arguments that are right. */
  readonly args: (objects: Objects) => unknown[];
  readonly on: (objects: Objects) => object | Promise<object>;
  /** What it is made on is its own, and is closed afterwards. */
  readonly isOwn: boolean;
  readonly method: string;
  readonly slots: readonly Slot[];
  /** Objects that have no other fields than these. */
  readonly closed: readonly (readonly (string | number)[])[];
  /** What it gives has to be closed. */
  readonly isOpening: boolean;
}

type Path = readonly (string | number)[];
type Slots = Readonly<Record<string, Accepts>>;

/** `1.retry.maxMs`: of the second argument, its field retry, of that maxMs. */
function pathOf(text: string): Path {
  return text.split('.').map((step) => (/^\d+$/u.test(step) ? Number(step) : step));
}

function slotsOf(slots: Slots, names: readonly string[], method: string): Slot[] {
  return Object.entries(slots).map(([text, accepts]) => {
    const path = pathOf(text);
    const named = path.filter((step) => typeof step === 'string');
    return { path, accepts, names: named.length > 0 ? [named.at(-1) as string] : [names[path[0] as number] as string, method] };
  });
}

const lasting = {
  q: ({ q }: Objects): object => q,
  producer: ({ producer }: Objects): object => producer,
  consumer: ({ consumer }: Objects): object => consumer,
  member: ({ member }: Objects): object => member,
  admin: ({ q }: Objects): object => q.admin,
  module: (): object => client,
};

/** Each time another one, for what ends it. */
const own = {
  'own q': ({ url }: Objects): Promise<object> => client.connect(url),
  'own producer': ({ q }: Objects): object => q.producer(),
  'own member': ({ q, topic, newName }: Objects): object => q.consumer(topic, { group: newName() }),
  /** Closed a moment later, because a handler that is right is run until then. */
  'own runner': ({ q, empty, newName }: Objects): object => {
    const member = q.consumer(empty, { group: newName() });
    setTimeout(() => void member.close({ timeoutMs: 0 }), 20);
    return member;
  },
};

function call(
  on: keyof typeof lasting | keyof typeof own,
  method: string,
  o: { names: readonly string[]; args: (objects: Objects) => unknown[]; slots: Slots; closed?: readonly string[]; isOpening?: boolean },
): Call {
  return {
    name: `${on}.${method}`,
    method,
    on: { ...lasting, ...own }[on],
    isOwn: on in own,
    args: o.args,
    slots: slotsOf(o.slots, o.names, method),
    closed: (o.closed ?? []).map(pathOf),
    isOpening: o.isOpening === true,
  };
}

const signal = new AbortController().signal;
const optionsOf = (at: number, options: Slots): Slots => ({ [at]: isOptions, ...Object.fromEntries(Object.entries(options).map(([name, accepts]) => [`${at}.${name}`, maybe(accepts)])) });
const onlySignal = (at: number): Slots => optionsOf(at, { signal: isSignal });
const place: Slots = { 0: isOptions, '0.partition': isCount(0), '0.offset': isCount(0) };

const recordSlots: Slots = {
  1: record,
  '1.key': isBytes,
  '1.value': isBytes,
  '1.headers': maybe(isAny),
  '1.headers.a': (value) => value !== undefined && isBytes(value),
  '1.partition': maybe(isCount(0)),
  '1.timestampMs': maybe(isCount(0)),
  '1.messageId': maybe((value) => isText(value) && (value as string).length > 0 && (value as string).length <= 1_024),
};
const goodRecord = ({ newName }: Objects): object => ({ key: 'k', value: 'v', headers: { a: 'b' }, partition: 1, timestampMs: 1_700_000_000_000, messageId: newName() });

const consumerOptions: Slots = {
  partitions: (value) => value === 'all' || listOf(isCount(0))(value),
  from: isAny,
  stopAtEnd: isFlag,
  prefetchBytes: isCount(1),
  maxWaitMs: isWait,
  minBytes: isCount(0),
  onOffsetOutOfRange: oneOf('fail', 'earliest', 'latest'),
  partitionRefreshMs: isWait,
  signal: isSignal,
};

const groupOptions: Slots = {
  from: isAny,
  instanceId: isText,
  sessionTimeoutMs: isWait,
  rebalanceTimeoutMs: isWait,
  assignor: oneOf('uniform', 'range'),
  autoCommit: isAny,
  autoAck: isFlag,
  prefetchBytes: isCount(1),
  maxWaitMs: isWait,
  minBytes: isCount(0),
  onOffsetOutOfRange: oneOf('fail', 'earliest', 'latest'),
  maxUnacked: isCount(1),
  stallTimeoutMs: isWait,
  drainTimeoutMs: isWait,
  signal: isSignal,
};

const opening: readonly Call[] = [
  call('q', 'producer', {
    names: ['producer'],
    args: () => [{ compression: 'none', lingerMs: 0, signal }],
    slots: optionsOf(0, {
      compression: oneOf('none', 'gzip', 'snappy', 'lz4', 'zstd'), maxBufferedBytes: isCount(512), batchBytesMax: isCount(512), lingerMs: isWait,
      maxInFlight: isCount(1), deliveryTimeoutMs: isWait, idempotent: isFlag, partitioner: isFunction, onError: isFunction, signal: isSignal,
    }),
    closed: ['0'],
    isOpening: true,
  }),
  call('q', 'consumer', { names: ['topic', 'consumer'], args: ({ topic }) => [topic, { from: 'earliest' }], slots: { 0: isText, ...optionsOf(1, consumerOptions) }, closed: ['1'], isOpening: true }),
  call('q', 'consumer', {
    names: ['topic', 'consumer'],
    args: ({ topic, newName }) => [topic, { group: newName(), from: 'earliest' }],
    slots: { 0: isText, ...Object.fromEntries(Object.entries(optionsOf(1, groupOptions)).filter(([path]) => path !== '1')), '1.concurrency': (value) => value === undefined },
    closed: ['1'],
    isOpening: true,
  }),
];

const producing: readonly Call[] = [
  call('producer', 'send', { names: ['topic', 'record'], args: (objects) => [objects.topic, goodRecord(objects)], slots: { 0: isText, ...recordSlots }, closed: ['1'] }),
  call('producer', 'send', { names: ['topic', 'record'], args: ({ topic }) => [topic, { value: 'v', headers: [{ key: 'a', value: 'b' }] }], slots: { '1.headers.0': (value) => isHeader(value), '1.headers.0.key': isText, '1.headers.0.value': (value) => value !== undefined && isBytes(value) } }),
  call('producer', 'enqueue', { names: ['topic', 'record'], args: (objects) => [objects.topic, goodRecord(objects)], slots: { 0: isText, ...recordSlots } }),
  call('producer', 'enqueue', { names: ['topic', 'record'], args: ({ topic }) => [topic, { key: 'k' }], slots: {}, closed: ['1'] }),
  call('producer', 'sendBatch', { names: ['topic', 'records'], args: (objects) => [objects.topic, [goodRecord(objects), { value: 'w' }]], slots: { 0: isText, 1: listOf(record), '1.0': record, '1.0.headers.a': (value) => value !== undefined && isBytes(value), '1.0.value': isBytes }, closed: ['1.0', '1.1'] }),
  call('producer', 'flush', { names: ['flush'], args: () => [{ signal }], slots: onlySignal(0), closed: ['0'] }),
  call('producer', 'ready', { names: [], args: () => [], slots: {} }),
];

const consuming: readonly Call[] = [
  call('consumer', 'position', { names: ['partition'], args: () => [0], slots: { 0: isCount(0) } }),
  call('consumer', 'seek', { names: ['to'], args: () => [{ partition: 0, offset: 0 }], slots: { ...place, 0: (value) => value instanceof Object && 'partition' in value }, closed: ['0'] }),
  call('consumer', 'pause', { names: ['partitions'], args: () => [[0]], slots: { 0: maybe(listOf(isCount(0))), '0.0': isCount(0) } }),
  call('consumer', 'resume', { names: ['partitions'], args: () => [[0]], slots: { 0: maybe(listOf(isCount(0))), '0.0': isCount(0) } }),
  call('consumer', 'endOffsets', { names: [], args: () => [], slots: {} }),
  call('consumer', 'ready', { names: [], args: () => [], slots: {} }),
  call('member', 'commit', {
    names: ['offsets'],
    args: () => [[{ partition: 0, offset: 0, metadata: 'm' }]],
    slots: { 0: (value) => value === undefined || (Array.isArray(value) && value.length === 0), '0.0': () => false, '0.0.partition': isCount(0), '0.0.offset': isCount(0), '0.0.metadata': (value) => value === undefined || value === null || (isText(value) && (value as string).length <= 4_096) },
    closed: ['0.0'],
  }),
  call('member', 'seek', { names: ['to'], args: () => [{ partition: 0, offset: 0 }], slots: { ...place, 0: () => false }, closed: ['0'] }),
  call('member', 'position', { names: ['partition'], args: () => [0], slots: { 0: isCount(0) } }),
  call('member', 'pause', { names: ['partitions'], args: () => [[0]], slots: { 0: maybe(listOf(isCount(0))), '0.0': isCount(0) } }),
  call('member', 'resume', { names: ['partitions'], args: () => [[0]], slots: { 0: maybe(listOf(isCount(0))), '0.0': isCount(0) } }),
  call('member', 'on', { names: ['event', 'listener'], args: () => ['assigned', () => undefined], slots: { 0: oneOf('assigned', 'revoked', 'lost', 'stalled', 'resumed', 'error'), 1: isFunction } }),
  call('member', 'committed', { names: [], args: () => [], slots: {} }),
];

const administrating: readonly Call[] = [
  call('admin', 'createTopic', {
    names: ['topic', 'createTopic'],
    args: ({ newName }) => [newName(), { partitions: 1, replicas: 1, config: { 'retention.ms': 1_000 }, validateOnly: true, signal }],
    slots: { 0: isText, ...optionsOf(1, { partitions: isCount(1), replicas: isCount(1), config: isOptions, validateOnly: isFlag, signal: isSignal }) },
    closed: ['1'],
  }),
  call('admin', 'ensureTopic', { names: ['topic', 'ensureTopic'], args: ({ topic }) => [topic, { partitions: 2, signal }], slots: { 0: isText, ...optionsOf(1, { partitions: isCount(1), replicas: isCount(1), config: isOptions, signal: isSignal }) }, closed: ['1'] }),
  call('admin', 'deleteTopic', { names: ['topic', 'deleteTopic'], args: ({ newName }) => [newName(), { signal }], slots: { 0: isText, ...onlySignal(1) }, closed: ['1'] }),
  call('admin', 'listTopics', { names: ['listTopics'], args: () => [{ includeInternal: true, signal }], slots: optionsOf(0, { includeInternal: isFlag, signal: isSignal }), closed: ['0'] }),
  call('admin', 'describeTopic', { names: ['topic', 'describeTopic'], args: ({ topic }) => [topic, { signal }], slots: { 0: isText, ...onlySignal(1) }, closed: ['1'] }),
  call('admin', 'alterTopic', { names: ['topic', 'alterTopic'], args: ({ topic }) => [topic, { set: { 'retention.ms': 5_000 }, unset: [], validateOnly: true, signal }], slots: { 0: isText, ...optionsOf(1, { set: isOptions, unset: listOf(isText), validateOnly: isFlag, signal: isSignal }) }, closed: ['1'] }),
  call('admin', 'addPartitions', { names: ['topic', 'partitions', 'addPartitions'], args: ({ topic }) => [topic, 3, { validateOnly: true, signal }], slots: { 0: isText, 1: isCount(1), ...optionsOf(2, { validateOnly: isFlag, signal: isSignal }) }, closed: ['2'] }),
  call('admin', 'deleteRecords', { names: ['topic', 'before', 'deleteRecords'], args: ({ topic }) => [topic, { 0: 0 }, { signal }], slots: { 0: isText, 1: isOptions, '1.0': (value) => value === 'end' || isCount(0)(value), ...onlySignal(2) }, closed: ['2'] }),
  call('admin', 'listOffsets', { names: ['topic', 'at', 'listOffsets'], args: ({ topic }) => [topic, 'end', { signal }], slots: { 0: isText, 1: oneOf('start', 'end'), ...onlySignal(2) }, closed: ['2'] }),
  call('admin', 'offsetsForTimestamp', { names: ['topic', 'timestamp', 'offsetsForTimestamp'], args: ({ topic }) => [topic, 5, { signal }], slots: { 0: isText, 1: isCount(0), ...onlySignal(2) }, closed: ['2'] }),
  call('admin', 'metadata', { names: ['topics', 'metadata'], args: ({ topic }) => [[topic], { signal }], slots: { 0: (value) => value === undefined || value === null || listOf(isText)(value), '0.0': isText, ...onlySignal(1) }, closed: ['1'] }),
  call('admin', 'stats', { names: ['stats'], args: () => [{ signal }], slots: onlySignal(0), closed: ['0'] }),
  call('admin', 'ping', { names: ['ping'], args: () => [{ signal }], slots: onlySignal(0), closed: ['0'] }),
  call('admin', 'listGroups', { names: ['listGroups'], args: () => [{ prefix: 'x', signal }], slots: optionsOf(0, { prefix: isText, signal: isSignal }), closed: ['0'] }),
  call('admin', 'describeGroup', { names: ['group', 'describeGroup'], args: ({ group }) => [group, { signal }], slots: { 0: isText, ...onlySignal(1) }, closed: ['1'] }),
  call('admin', 'deleteGroup', { names: ['group', 'deleteGroup'], args: ({ newName }) => [newName(), { signal }], slots: { 0: isText, ...onlySignal(1) }, closed: ['1'] }),
  call('admin', 'groupOffsets', { names: ['group', 'groupOffsets'], args: ({ group }) => [group, { signal }], slots: { 0: isText, ...onlySignal(1) }, closed: ['1'] }),
  call('admin', 'resetGroupOffsets', {
    names: ['group', 'offsets', 'resetGroupOffsets'],
    args: ({ newName, topic }) => [newName(), { [topic]: { 0: 0 } }, { validateOnly: true, signal }],
    slots: { 0: isText, 1: isOptions, ...optionsOf(2, { validateOnly: isFlag, signal: isSignal }) },
    closed: ['2'],
  }),
  call('admin', 'deleteGroupOffsets', { names: ['group', 'topic', 'deleteGroupOffsets'], args: ({ newName, topic }) => [newName(), topic, { partitions: [0], signal }], slots: { 0: isText, 1: isText, ...optionsOf(2, { partitions: listOf(isCount(0)), signal: isSignal }), '2.partitions.0': isCount(0) }, closed: ['2'] }),
];

const isSchema: Accepts = (value) => value === undefined;
const closeOptions: Slots = optionsOf(0, { timeoutMs: isWait });
const closing: readonly Call[] = (['own q', 'own producer', 'own member'] as const).map((on) => call(on, 'close', { names: ['close'], args: () => [{ timeoutMs: 0 }], slots: closeOptions, closed: ['0'] }));

const beginning: readonly Call[] = [
  call('module', 'topic', {
    names: ['topic'],
    args: () => ['t', { keyCodec: 'string', valueCodec: 'json', onInvalid: 'skip', tombstones: true }],
    slots: { 0: isText, ...optionsOf(1, { key: isSchema, value: isSchema, keyCodec: oneOf('json', 'string'), valueCodec: oneOf('json', 'string'), onInvalid: oneOf('fail', 'skip', 'raw'), tombstones: isFlag }) },
    closed: ['1'],
  }),
  call('module', 'topic', { names: ['topic'], args: () => ['t', { onInvalid: { deadLetter: 'bad' } }], slots: { '1.onInvalid.deadLetter': isText }, closed: ['1.onInvalid'] }),
  call('module', 'connect', {
    names: ['address', 'connect'],
    args: ({ url }) => [url, { clientId: 'c', connectTimeoutMs: 500, requestTimeoutMs: 1_000, retry: { initialMs: 1, maxMs: 20 }, metadataMaxAgeMs: 1_000, signal }],
    slots: {
      0: (value) => isText(value) || (Array.isArray(value) && value.length > 0 && value.every(isText)),
      ...optionsOf(1, { clientId: isText, connectTimeoutMs: isWait, requestTimeoutMs: isWait, retry: isOptions, metadataMaxAgeMs: isWait, signal: isSignal }),
      '1.retry.initialMs': maybe(isWait), '1.retry.maxMs': maybe(isWait),
    },
    closed: ['1', '1.retry'],
    isOpening: true,
  }),
  call('own runner', 'run', { names: ['handler', 'run'], args: () => [() => undefined], slots: { 0: isFunction } }),
];

function isHeader(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'key') === 'string';
}

export const calls: readonly Call[] = [...opening, ...producing, ...consuming, ...administrating, ...closing, ...beginning];
