import { QError } from '@q/protocol';

import {
  checkArgument,
  integer,
  isObject,
  offsetNumber,
  partitionNumber,
  reading,
  readingArgument,
  waitMsMax,
} from '../option-check.ts';
import type { OptionCheck } from '../option-check.ts';
import { shown } from '../shown.ts';

/*
 * What is wrong with arguments whatever the broker says: other kinds of value than the method takes, and numbers that
 * mean something else on the wire, as -1 does. Whether a name, a count or a setting is allowed is the broker's to say.
 */

export const anyText: OptionCheck = (value) => (typeof value === 'string' ? null : 'a text');

export function checkTopicName(name: unknown): void {
  checkArgument('topic', name, anyText, 'INVALID_TOPIC_NAME');
}

export function checkGroup(group: unknown): void {
  checkArgument('group', group, anyText, 'INVALID_GROUP_ID');
}

export function checkPartitions(partitions: unknown): void {
  checkArgument('partitions', partitions, integer({ min: 1, max: waitMsMax }), 'INVALID_PARTITIONS');
}

export function checkReplicas(replicas: unknown): void {
  checkArgument('replicas', replicas, integer({ min: 1, max: 32_767 }), 'INVALID_REPLICAS');
}

const settingValue: OptionCheck = (value) =>
  typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
    ? null
    : 'a text, a finite number, true or false';

/** Settings as the wire has them. */
export function settingsOf(argument: string, config: unknown): { key: string; value: string }[] {
  if (config === undefined) return [];
  return reading({ what: argument, code: 'INVALID_CONFIG', details: { option: argument } }, () => {
    if (!isObject(config))
      throw new QError(
        'INVALID_CONFIG',
        `${argument} is ${shown(config)}; use an object of settings, as { 'retention.ms': 3600000 }`,
        { details: { option: argument } },
      );
    return Object.entries(config).map(([key, value]: [string, unknown]) => {
      checkArgument(`${argument}["${key}"]`, value, settingValue, 'INVALID_CONFIG');
      return { key, value: String(value) };
    });
  });
}

/** What is given by partition, as `{ 0: 42 }`: checked, and as a list. */
export function byPartition<T>(
  argument: string,
  given: Readonly<Record<number, T>>,
  check: OptionCheck,
): { partition: number; value: T }[] {
  checkByName(argument, given, 'by partition, as { 0: 42 }');
  return entriesOf(argument, given).map(([key, value]: [string, T]) => {
    const partition = key === '' ? Number.NaN : Number(key);
    checkArgument(`a partition of ${argument}`, Number.isNaN(partition) ? key : partition, partitionNumber);
    checkArgument(`${argument}[${key}]`, value, check);
    return { partition, value };
  });
}

export function checkByName(argument: string, given: unknown, form: string): void {
  checkArgument(argument, given, (value) => (isObject(value) ? null : `an object ${form}`));
}

/** As `Object.entries`. @throws QError `INVALID_REQUEST` where a getter or a proxy throws. */
export function entriesOf<T>(argument: string, given: Readonly<Record<string, T>>): [string, T][] {
  return readingArgument(argument, () => Object.entries(given));
}

export const offsetOrEnd: OptionCheck = (value) =>
  value === 'end' ? null : offsetNumber(value) === null ? null : "a whole number from 0, or 'end'";
