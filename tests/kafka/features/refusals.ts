import { ok } from 'node:assert';
import { CannotError } from '../client-program.ts';
import { section } from '../feature.ts';
import type { Feature } from '../feature.ts';
import { base64, someRecords, timeOf } from '../records.ts';
import type { Stage } from '../stage.ts';

/** Clients ask again for a while, as most of these may pass. None may hang. */
const patienceMs = 60_000;

/** The client says no, in words that `pattern` knows. */
async function refuses(work: Promise<unknown>, pattern: RegExp): Promise<string> {
  let said: string;
  try {
    await work;
    said = 'nothing: it succeeded';
  } catch (error) {
    if (error instanceof CannotError) throw error;
    said = String(error);
  }
  ok(pattern.test(said), `expected ${String(pattern)}, and the client said ${said}`);
  return `it says: ${said}`;
}

async function unknownTopic(stage: Stage): Promise<string> {
  const topic = stage.name('unknown');
  const records = someRecords(1);
  const said = await refuses(
    stage.client.ask('produce', { topic, codec: 'none', acks: -1, isIdempotent: false, records }, patienceMs),
    /unknown.?topic|does not host/i,
  );
  ok(!(await (await stage.q).admin.listTopics()).some(({ name }) => name === topic), 'the topic was made');
  return said;
}

async function tooLarge(stage: Stage): Promise<string> {
  const topic = await stage.topic({ config: { 'max.message.bytes': '10000' } });
  const large = { partition: 0, key: null, value: base64('x'.repeat(20_000)), headers: [], timestampMs: timeOf(0) };
  const said = await refuses(
    stage.client.ask('produce', { topic, codec: 'none', acks: -1, isIdempotent: false, records: [large] }, patienceMs),
    /MESSAGE_TOO_LARGE|MSG_SIZE_TOO_LARGE/,
  );
  // The client goes on with what fits.
  await stage.client.ask('produce', { topic, codec: 'none', acks: -1, isIdempotent: false, records: someRecords(3) });
  ok((await stage.stored(topic)).length === 3);
  return said;
}

async function invalidGroup(stage: Stage): Promise<string> {
  return await refuses(
    stage.client.ask('committed', { group: '', topic: await stage.topic() }, patienceMs),
    /INVALID_GROUP|group/,
  );
}

async function topicTwice(stage: Stage): Promise<string> {
  const topic = await stage.topic();
  return await refuses(
    stage.client.ask('createTopic', { topic, partitions: 1, configs: {} }, patienceMs),
    /ALREADY_EXISTS|the topic exists/,
  );
}

async function wrongConfig(stage: Stage): Promise<string> {
  const topic = await stage.topic();
  return await refuses(
    stage.client.ask('alterConfig', { topic, name: 'retention.ms', value: 'for ever' }, patienceMs),
    /INVALID_CONFIG/,
  );
}

export const refusals: readonly Feature[] = section('Refusals', {
  'an unknown topic, and it is not made': unknownTopic,
  'a record that is too large': tooLarge,
  'a group without a name': invalidGroup,
  'a topic that exists': topicTwice,
  'a wrong setting': wrongConfig,
});
