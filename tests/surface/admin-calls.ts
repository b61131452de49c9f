import { isCount, isFlag, isOptions, isSignal, isText, listOf, oneOf } from './accepted.ts';
import { call, onlySignal, optionsOf, signal } from './call.ts';
import type { Call } from './call.ts';

/** What an administrator calls. */
export const administrating: readonly Call[] = [
  call('admin', 'createTopic', {
    names: ['topic', 'createTopic'],
    args: ({ newName }) => [
      newName(),
      { partitions: 1, replicas: 1, config: { 'retention.ms': 1_000 }, validateOnly: true, signal },
    ],
    slots: {
      0: isText,
      ...optionsOf(1, {
        partitions: isCount(1),
        replicas: isCount(1),
        config: isOptions,
        validateOnly: isFlag,
        signal: isSignal,
      }),
    },
    closed: ['1'],
  }),
  call('admin', 'ensureTopic', {
    names: ['topic', 'ensureTopic'],
    args: ({ topic }) => [topic, { partitions: 2, signal }],
    slots: {
      0: isText,
      ...optionsOf(1, { partitions: isCount(1), replicas: isCount(1), config: isOptions, signal: isSignal }),
    },
    closed: ['1'],
  }),
  call('admin', 'deleteTopic', {
    names: ['topic', 'deleteTopic'],
    args: ({ newName }) => [newName(), { signal }],
    slots: { 0: isText, ...onlySignal(1) },
    closed: ['1'],
  }),
  call('admin', 'listTopics', {
    names: ['listTopics'],
    args: () => [{ includeInternal: true, signal }],
    slots: optionsOf(0, { includeInternal: isFlag, signal: isSignal }),
    closed: ['0'],
  }),
  call('admin', 'describeTopic', {
    names: ['topic', 'describeTopic'],
    args: ({ topic }) => [topic, { signal }],
    slots: { 0: isText, ...onlySignal(1) },
    closed: ['1'],
  }),
  call('admin', 'alterTopic', {
    names: ['topic', 'alterTopic'],
    args: ({ topic }) => [topic, { set: { 'retention.ms': 5_000 }, unset: [], validateOnly: true, signal }],
    slots: {
      0: isText,
      ...optionsOf(1, { set: isOptions, unset: listOf(isText), validateOnly: isFlag, signal: isSignal }),
    },
    closed: ['1'],
  }),
  call('admin', 'addPartitions', {
    names: ['topic', 'partitions', 'addPartitions'],
    args: ({ topic }) => [topic, 3, { validateOnly: true, signal }],
    slots: { 0: isText, 1: isCount(1), ...optionsOf(2, { validateOnly: isFlag, signal: isSignal }) },
    closed: ['2'],
  }),
  call('admin', 'deleteRecords', {
    names: ['topic', 'before', 'deleteRecords'],
    args: ({ topic }) => [topic, { 0: 0 }, { signal }],
    slots: { 0: isText, 1: isOptions, '1.0': (value) => value === 'end' || isCount(0)(value), ...onlySignal(2) },
    closed: ['2'],
  }),
  call('admin', 'listOffsets', {
    names: ['topic', 'at', 'listOffsets'],
    args: ({ topic }) => [topic, 'end', { signal }],
    slots: { 0: isText, 1: oneOf('start', 'end'), ...onlySignal(2) },
    closed: ['2'],
  }),
  call('admin', 'offsetsForTimestamp', {
    names: ['topic', 'timestamp', 'offsetsForTimestamp'],
    args: ({ topic }) => [topic, 5, { signal }],
    slots: { 0: isText, 1: isCount(0), ...onlySignal(2) },
    closed: ['2'],
  }),
  call('admin', 'metadata', {
    names: ['topics', 'metadata'],
    args: ({ topic }) => [[topic], { signal }],
    slots: {
      0: (value) => value === undefined || value === null || listOf(isText)(value),
      '0.0': isText,
      ...onlySignal(1),
    },
    closed: ['1'],
  }),
  call('admin', 'stats', { names: ['stats'], args: () => [{ signal }], slots: onlySignal(0), closed: ['0'] }),
  call('admin', 'ping', { names: ['ping'], args: () => [{ signal }], slots: onlySignal(0), closed: ['0'] }),
  call('admin', 'listGroups', {
    names: ['listGroups'],
    args: () => [{ prefix: 'x', signal }],
    slots: optionsOf(0, { prefix: isText, signal: isSignal }),
    closed: ['0'],
  }),
  call('admin', 'describeGroup', {
    names: ['group', 'describeGroup'],
    args: ({ group }) => [group, { signal }],
    slots: { 0: isText, ...onlySignal(1) },
    closed: ['1'],
  }),
  call('admin', 'deleteGroup', {
    names: ['group', 'deleteGroup'],
    args: ({ newName }) => [newName(), { signal }],
    slots: { 0: isText, ...onlySignal(1) },
    closed: ['1'],
  }),
  call('admin', 'groupOffsets', {
    names: ['group', 'groupOffsets'],
    args: ({ group }) => [group, { signal }],
    slots: { 0: isText, ...onlySignal(1) },
    closed: ['1'],
  }),
  call('admin', 'resetGroupOffsets', {
    names: ['group', 'offsets', 'resetGroupOffsets'],
    args: ({ newName, topic }) => [newName(), { [topic]: { 0: 0 } }, { validateOnly: true, signal }],
    slots: { 0: isText, 1: isOptions, ...optionsOf(2, { validateOnly: isFlag, signal: isSignal }) },
    closed: ['2'],
  }),
  call('admin', 'deleteGroupOffsets', {
    names: ['group', 'topic', 'deleteGroupOffsets'],
    args: ({ newName, topic }) => [newName(), topic, { partitions: [0], signal }],
    slots: {
      0: isText,
      1: isText,
      ...optionsOf(2, { partitions: listOf(isCount(0)), signal: isSignal }),
      '2.partitions.0': isCount(0),
    },
    closed: ['2'],
  }),
];
