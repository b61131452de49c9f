import { startBroker } from '@q/broker';
import { DescribeTopic, ListTopics } from '@q/protocol';
import { ManualClock } from '@q/testkit';
import { damaged } from './damage.ts';
import type { Damage } from './damage.ts';
import { brokerOptions, nowMs } from './fixture.ts';
import type { Image } from './fixture.ts';
import { diskOf } from './folder.ts';
import type { Folder } from './folder.ts';
import { InProcessNetwork } from './in-process-network.ts';
import type { Verdict } from './log-inspection.ts';
import { typedCode } from './stored-records.ts';

/** What the broker says of its topics: names, ids, settings, partitions, as one text. */
export async function expectedTopics(image: Image): Promise<string> {
  return topicsOf(image.folder, null);
}

/** Starts a broker on the damaged folder: it refuses with a typed error, or it knows every topic as it was. */
export async function inspectMetadata(image: Image, damage: Damage, expected: string): Promise<Verdict> {
  try {
    const topics = await topicsOf(image.folder, damage);
    return {
      outcome: 'unharmed',
      wrongs: topics === expected ? [] : [`the broker knows other topics: ${topics}`],
      limit: null,
    };
  } catch (error) {
    typedCode(error);
    return { outcome: 'refused', wrongs: [], limit: null };
  }
}

async function topicsOf(folder: Folder, damage: Damage | null): Promise<string> {
  const change = damage === null ? undefined : { path: damage.path, bytes: damaged(folder.get(damage.path)!, damage) };
  const network = new InProcessNetwork();
  const fileSystem = await diskOf(folder, change);
  const broker = await startBroker(brokerOptions({ fileSystem, network, clock: new ManualClock({ startMs: nowMs }) }));
  const client = await network.connect();
  const { topics } = await client.call(ListTopics, { includeInternal: false });
  const described = [];
  for (const { name } of topics.toSorted((a, b) => a.name.localeCompare(b.name)))
    described.push(await client.call(DescribeTopic, { name }));
  client.close();
  await broker.close();
  // A broker that cannot read how the last one ended counts that as a crash, and its epochs go on from there.
  return JSON.stringify(described, (key, value: unknown) => (key === 'leaderEpoch' ? undefined : value));
}
