import { setTimeout } from 'node:timers/promises';
import { connect } from '@q/client';

await using q = await connect(process.argv[2] ?? process.env['Q_URL'] ?? 'q://localhost:7420');
await q.admin.ensureTopic('visits', { partitions: 2 });
await using producer = q.producer();
await producer.sendBatch(
  'visits',
  Array.from({ length: 60 }, (_, index) => ({ key: `user-${index % 6}`, value: `${index}` })),
);

// Six users at a time; the visits of one user one after another, in order. What is committed is right all the same.
const consumer = q.consumer('visits', { group: 'profiles', concurrency: { by: 'key', max: 6 } });
const lastOf = new Map<string, number>();
let isInOrder = true;
let handled = 0;
const report = await consumer.run(async ({ key, value }) => {
  await setTimeout(5); // a call to somewhere else
  const [user, visit] = [String(key), Number(String(value))];
  isInOrder &&= (lastOf.get(user) ?? -1) < visit;
  lastOf.set(user, visit);
  handled += 1;
  if (handled === 60) void consumer.close(); // one that throws closes it too; `run` throws its error
});
console.log(`in order: ${isInOrder}, abandoned: ${report.abandoned}`);
