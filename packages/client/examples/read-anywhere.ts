import { connect } from '@q/client';

await using q = await connect(process.argv[2] ?? process.env['Q_URL'] ?? 'q://localhost:7420');
await q.admin.ensureTopic('log', { partitions: 1 });
await using producer = q.producer();
for (let minute = 0; minute < 60; minute += 1) {
  await producer.send('log', { value: `minute ${minute}`, timestampMs: 1_700_000_000_000 + minute * 60_000 });
}

// From a time; the last few offsets (fewer records where there were transactions); a range. `stopAtEnd` ends the loop
// at what was the end when it began.
for await (const { value } of q.consumer('log', {
  from: { timestampMs: 1_700_000_000_000 + 58 * 60_000 },
  stopAtEnd: true,
}))
  console.log(String(value));
for await (const { offset } of q.consumer('log', { from: { last: 2 }, stopAtEnd: true })) console.log(offset);

// Whole batches are the fastest way: decoded only while you iterate, with the lag at hand. Lent: the memory of each is
// used again once the next one is asked for, so copy what you keep.
await using consumer = q.consumer('log', { from: { offset: 10 }, stopAtEnd: true });
let records = 0;
for await (const batch of consumer.batches({ lend: true })) {
  for (const record of batch.records) records += record.value === null ? 0 : 1;
}
console.log(records, consumer.position(0));

await consumer.seek({ partition: 0, offset: 59 }); // the same consumer, somewhere else
for await (const { value } of consumer) console.log(String(value));
