// Runs in a project of its own, with the client of an earlier day: uses a bit of everything, and prints what came of it.
import { connect } from '@q/client';

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
await using q = await connect(process.argv[2]);
await q.admin.createTopic('orders', { partitions: 1 });
const sent = [];
for (const compression of codecs) {
  await using producer = q.producer({ compression });
  const { offset } = await producer.send('orders', { key: 'k', value: compression, headers: { n: '1' } });
  sent[offset] = compression;
}
const read = [];
await using consumer = q.consumer('orders', { group: 'billing', from: 'earliest' });
for await (const message of consumer) {
  read.push(String(message.value));
  message.ack();
  if (read.length === codecs.length) break;
}
const { partitions } = await q.admin.describeGroup('billing');
const grown = await q.admin.addPartitions('orders', 2);
const topics = await q.admin.listTopics();
const refused = await q.producer().send('nowhere', { value: 'x' }).catch((error) => error.code);
const result = {
  sent,
  read,
  committed: partitions[0].committedOffset,
  topics: topics.map(({ name }) => name),
  partitions: grown.partitions,
  refused,
};
process.stdout.write(JSON.stringify(result));
