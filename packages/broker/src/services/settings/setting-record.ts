/**
 * What the metadata store keeps of the settings of one broker that were changed through an API, as JSON under
 * `settings/brokers/<id>` (RFC 6). Frozen: fields may be added, never changed.
 *
 *     {"format":1,"set":{"<name>":"<text>", …}}
 *
 * All of one broker in one entry, so that a change of several is made as a whole or not at all.
 */
import { QError } from '@q/protocol';
import { parseJson } from '../../metadata/json.ts';

export function settingsKey(brokerId: number): string {
  return `settings/brokers/${brokerId}`;
}

/** In the order of the names, so that the same settings are the same text. */
export function encodeSettings(set: ReadonlyMap<string, string>): string {
  const sorted = [...set].sort(([left], [right]) => (left < right ? -1 : 1));
  return JSON.stringify({ format: 1, set: Object.fromEntries(sorted) });
}

/** @throws QError CORRUPT_LOG when the text is not one that this broker understands */
export function decodeSettings(key: string, text: string): Map<string, string> {
  const record = parseJson(text) as { format?: unknown; set?: unknown } | null;
  const set = record?.format === 1 ? record.set : null;
  const isOne =
    typeof set === 'object' && set !== null && Object.values(set).every((value) => typeof value === 'string');
  if (!isOne)
    throw new QError('CORRUPT_LOG', `the metadata entry ${key} does not hold settings that this broker understands`);
  return new Map(Object.entries(set as Record<string, string>));
}
