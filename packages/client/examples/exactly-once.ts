import { connect } from '@q/client';

await using q = await connect(process.argv[2] ?? process.env['Q_URL'] ?? 'q://localhost:7420');
await q.admin.ensureTopic('clicks', { partitions: 4 });
await q.admin.ensureTopic('billed-clicks', { partitions: 4 });
await using source = q.producer();
await source.sendBatch(
  'clicks',
  Array.from({ length: 100 }, (_, index) => ({ key: `ad-${index % 7}`, value: `click ${index}` })),
);

// Start this program several times: each with a transactional id of its own, whichever it is.
await using producer = q.producer({ transactionalId: `billing-${process.pid}` });
const consumer = q.consumer('clicks', { group: 'billing', autoCommit: false });
let billed = 0;
await consumer.process(producer, { maxRecords: 30, maxMs: 50 }, async (clicks, tx) => {
  await Promise.all(clicks.map(({ key, value }) => tx.send('billed-clicks', { key, value })));
  // The offsets are committed with what was sent, or neither is: then the clicks come again.
  billed += clicks.length;
  if (billed >= 100) void consumer.close();
});

let stored = 0;
for await (const _ of q.consumer('billed-clicks', { stopAtEnd: true })) stored += 1;
console.log(`${stored} clicks are billed, each once`);
