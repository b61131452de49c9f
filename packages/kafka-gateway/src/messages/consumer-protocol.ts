/**
 * What consumers of one classic group say to each other, in bytes that are none of the broker's business: members tell
 * the leader what they want, and the leader tells them what they get. The broker reads both to tell people who
 * has what, and writes both where it assigned the partitions itself.
 *
 *   subscription   version int16 │ topics [ string ] │ userData bytes? │ more, by version
 *   assignment     version int16 │ topics [ topic string │ partitions [ int32 ] ] │ userData bytes?
 *
 * No version of them is flexible, and each begins as version 0 does.
 */
import type { ClassicLanguage, NamedPartitions } from '@q/broker';
import { array } from '../wire/array.ts';
import { WireFault } from '../wire/fault.ts';
import type { Kind, Layout } from '../wire/layout.ts';
import { bytes, int16, int32, string } from '../wire/scalars.ts';
import { nullable, struct } from '../wire/struct.ts';
import { WireReader } from '../wire/reader.ts';
import { WireWriter } from '../wire/writer.ts';

const layout: Layout = { version: 0, isFlexible: false };
const version0 = 0;
/** Some clients read the user's data without a look for null. */
const nothing = Buffer.alloc(0);

const subscription = struct({ version: int16, topics: array(string), userData: nullable(bytes) });
const assignment = struct({
  version: int16,
  topics: array(struct({ topic: string, partitions: array(int32) })),
  userData: nullable(bytes),
});

/** How members of protocol type `consumer` write. */
export const consumerLanguage: ClassicLanguage = {
  wantedTopics: (metadata) => decode(subscription, metadata)?.topics ?? null,
  assignedPartitions: (given) => decode(assignment, given)?.topics ?? null,
};

export function subscriptionOf(topics: readonly string[]): Buffer {
  return encode(subscription, { version: version0, topics, userData: nothing });
}

export function assignmentOf(topics: readonly NamedPartitions[]): Buffer {
  return encode(assignment, { version: version0, topics, userData: nothing });
}

/** Null: it is written in another language. */
function decode<Out, In>(kind: Kind<Out, In>, written: Buffer): Out | null {
  try {
    return kind.codec(layout).read(new WireReader(written));
  } catch (error) {
    if (error instanceof WireFault) return null;
    throw error;
  }
}

function encode<Out, In>(kind: Kind<Out, In>, value: In): Buffer {
  const writer = new WireWriter();
  kind.codec(layout).write(writer, value);
  return Buffer.concat(writer.finish());
}
