import {
  isAny,
  isBytes,
  isCount,
  isFlag,
  isFunction,
  isOptions,
  isSignal,
  isText,
  isWait,
  listOf,
  maybe,
  oneOf,
  record,
} from './accepted.ts';
import type { Accepts } from './accepted.ts';
import { administrating } from './admin-calls.ts';
import { call, onlySignal, optionsOf, place, signal } from './call.ts';
import type { Call, Objects, Slots } from './call.ts';

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
const goodRecord = ({ newName }: Objects): object => ({
  key: 'k',
  value: 'v',
  headers: { a: 'b' },
  partition: 1,
  timestampMs: 1_700_000_000_000,
  messageId: newName(),
});

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
      compression: oneOf('none', 'gzip', 'snappy', 'lz4', 'zstd'),
      maxBufferedBytes: isCount(512),
      batchBytesMax: isCount(512),
      lingerMs: isWait,
      maxInFlight: isCount(1),
      deliveryTimeoutMs: isWait,
      idempotent: isFlag,
      partitioner: isFunction,
      onError: isFunction,
      signal: isSignal,
    }),
    closed: ['0'],
    isOpening: true,
  }),
  call('q', 'consumer', {
    names: ['topic', 'consumer'],
    args: ({ topic }) => [topic, { from: 'earliest' }],
    slots: { 0: isText, ...optionsOf(1, consumerOptions) },
    closed: ['1'],
    isOpening: true,
  }),
  call('q', 'consumer', {
    names: ['topic', 'consumer'],
    args: ({ topic, newName }) => [topic, { group: newName(), from: 'earliest' }],
    slots: {
      0: isText,
      ...Object.fromEntries(Object.entries(optionsOf(1, groupOptions)).filter(([path]) => path !== '1')),
      '1.concurrency': (value) => value === undefined,
    },
    closed: ['1'],
    isOpening: true,
  }),
];

const producing: readonly Call[] = [
  call('producer', 'send', {
    names: ['topic', 'record'],
    args: (objects) => [objects.topic, goodRecord(objects)],
    slots: { 0: isText, ...recordSlots },
    closed: ['1'],
  }),
  call('producer', 'send', {
    names: ['topic', 'record'],
    args: ({ topic }) => [topic, { value: 'v', headers: [{ key: 'a', value: 'b' }] }],
    slots: {
      '1.headers.0': (value) => isHeader(value),
      '1.headers.0.key': isText,
      '1.headers.0.value': (value) => value !== undefined && isBytes(value),
    },
  }),
  call('producer', 'enqueue', {
    names: ['topic', 'record'],
    args: (objects) => [objects.topic, goodRecord(objects)],
    slots: { 0: isText, ...recordSlots },
  }),
  call('producer', 'enqueue', {
    names: ['topic', 'record'],
    args: ({ topic }) => [topic, { key: 'k' }],
    slots: {},
    closed: ['1'],
  }),
  call('producer', 'sendBatch', {
    names: ['topic', 'records'],
    args: (objects) => [objects.topic, [goodRecord(objects), { value: 'w' }]],
    slots: {
      0: isText,
      1: listOf(record),
      '1.0': record,
      '1.0.headers.a': (value) => value !== undefined && isBytes(value),
      '1.0.value': isBytes,
    },
    closed: ['1.0', '1.1'],
  }),
  call('producer', 'flush', { names: ['flush'], args: () => [{ signal }], slots: onlySignal(0), closed: ['0'] }),
  call('producer', 'ready', { names: [], args: () => [], slots: {} }),
];

const consuming: readonly Call[] = [
  call('consumer', 'position', { names: ['partition'], args: () => [0], slots: { 0: isCount(0) } }),
  call('consumer', 'seek', {
    names: ['to'],
    args: () => [{ partition: 0, offset: 0 }],
    slots: { ...place, 0: (value) => value instanceof Object && 'partition' in value },
    closed: ['0'],
  }),
  call('consumer', 'pause', {
    names: ['partitions'],
    args: () => [[0]],
    slots: { 0: maybe(listOf(isCount(0))), '0.0': isCount(0) },
  }),
  call('consumer', 'resume', {
    names: ['partitions'],
    args: () => [[0]],
    slots: { 0: maybe(listOf(isCount(0))), '0.0': isCount(0) },
  }),
  call('consumer', 'endOffsets', { names: [], args: () => [], slots: {} }),
  call('consumer', 'ready', { names: [], args: () => [], slots: {} }),
  call('member', 'commit', {
    names: ['offsets'],
    args: () => [[{ partition: 0, offset: 0, metadata: 'm' }]],
    slots: {
      0: (value) => value === undefined || (Array.isArray(value) && value.length === 0),
      '0.0': () => false,
      '0.0.partition': isCount(0),
      '0.0.offset': isCount(0),
      '0.0.metadata': (value) =>
        value === undefined || value === null || (isText(value) && (value as string).length <= 4_096),
    },
    closed: ['0.0'],
  }),
  call('member', 'seek', {
    names: ['to'],
    args: () => [{ partition: 0, offset: 0 }],
    slots: { ...place, 0: () => false },
    closed: ['0'],
  }),
  call('member', 'position', { names: ['partition'], args: () => [0], slots: { 0: isCount(0) } }),
  call('member', 'pause', {
    names: ['partitions'],
    args: () => [[0]],
    slots: { 0: maybe(listOf(isCount(0))), '0.0': isCount(0) },
  }),
  call('member', 'resume', {
    names: ['partitions'],
    args: () => [[0]],
    slots: { 0: maybe(listOf(isCount(0))), '0.0': isCount(0) },
  }),
  call('member', 'on', {
    names: ['event', 'listener'],
    args: () => ['assigned', () => undefined],
    slots: { 0: oneOf('assigned', 'revoked', 'lost', 'stalled', 'resumed', 'error'), 1: isFunction },
  }),
  call('member', 'committed', { names: [], args: () => [], slots: {} }),
];

const isSchema: Accepts = (value) => value === undefined;
const closeOptions: Slots = optionsOf(0, { timeoutMs: isWait });
const closing: readonly Call[] = (['own q', 'own producer', 'own member'] as const).map((on) =>
  call(on, 'close', { names: ['close'], args: () => [{ timeoutMs: 0 }], slots: closeOptions, closed: ['0'] }),
);

const beginning: readonly Call[] = [
  call('module', 'topic', {
    names: ['topic'],
    args: () => ['t', { keyCodec: 'string', valueCodec: 'json', onInvalid: 'skip', tombstones: true }],
    slots: {
      0: isText,
      ...optionsOf(1, {
        key: isSchema,
        value: isSchema,
        keyCodec: oneOf('json', 'string'),
        valueCodec: oneOf('json', 'string'),
        onInvalid: oneOf('fail', 'skip', 'raw'),
        tombstones: isFlag,
      }),
    },
    closed: ['1'],
  }),
  call('module', 'topic', {
    names: ['topic'],
    args: () => ['t', { onInvalid: { deadLetter: 'bad' } }],
    slots: { '1.onInvalid.deadLetter': isText },
    closed: ['1.onInvalid'],
  }),
  call('module', 'connect', {
    names: ['address', 'connect'],
    args: ({ url }) => [
      url,
      {
        clientId: 'c',
        connectTimeoutMs: 500,
        requestTimeoutMs: 1_000,
        retry: { initialMs: 1, maxMs: 20 },
        metadataMaxAgeMs: 1_000,
        signal,
      },
    ],
    slots: {
      0: (value) => isText(value) || (Array.isArray(value) && value.length > 0 && value.every(isText)),
      ...optionsOf(1, {
        clientId: isText,
        connectTimeoutMs: isWait,
        requestTimeoutMs: isWait,
        retry: isOptions,
        metadataMaxAgeMs: isWait,
        signal: isSignal,
      }),
      '1.retry.initialMs': maybe(isWait),
      '1.retry.maxMs': maybe(isWait),
    },
    closed: ['1', '1.retry'],
    isOpening: true,
  }),
  call('own runner', 'run', { names: ['handler', 'run'], args: () => [() => undefined], slots: { 0: isFunction } }),
];

function isHeader(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'key') === 'string';
}

export const calls: readonly Call[] = [
  ...opening,
  ...producing,
  ...consuming,
  ...administrating,
  ...closing,
  ...beginning,
];
