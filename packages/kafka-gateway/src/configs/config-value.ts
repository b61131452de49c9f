/** Values of settings, between the words of Kafka and those of the broker. */
import { KafkaError } from '../errors/kafka-errors.ts';
import type { ConfigTypeName } from './config-codes.ts';

/** Kafka's largest long: "never", or "no limit". */
export const longMax = '9223372036854775807';

/** Kafka's word for a batch that is not compressed. */
const uncompressed = 'uncompressed';

/** The words of a list, each once. */
export function listWords(value: string): string[] {
  const words = value.split(',').map((word) => word.trim());
  return [...new Set(words.filter((word) => word !== ''))];
}

export function ownWord(name: string, value: string): string {
  const text = value.trim();
  switch (name) {
    case 'cleanup.policy':
      return listWords(text).join(',');
    case 'compression.type':
      return text === uncompressed ? 'none' : text;
    case 'retention.ms':
    case 'retention.bytes':
      // As good as no limit, and more than a number holds here.
      return text === longMax ? '-1' : text;
    default:
      return text;
  }
}

export function kafkaWord(name: string, value: string): string {
  return name === 'compression.type' && value === 'none' ? uncompressed : value;
}

/**
 * A setting that has one value here may be set to it: programs set what they count on at each start.
 * @throws KafkaError INVALID_CONFIG
 */
export function checkFixed(
  { name, type, value }: { readonly name: string; readonly type: ConfigTypeName; readonly value: string | null },
  given: string,
): void {
  const text = type === 'boolean' ? given.trim().toLowerCase() : given.trim();
  if (text === (value ?? '')) return;
  const only = value === null || value === '' ? 'empty' : value;
  throw new KafkaError('INVALID_CONFIG', `${name} cannot be changed on this broker: it is ${only}, not ${given}`);
}
