import { connect } from '@q/client';

await using q = await connect(process.argv[2] ?? process.env['Q_URL'] ?? 'q://localhost:7420');
await q.admin.ensureTopic('measurements', { partitions: 4 });

await using producer = q.producer({
  compression: 'lz4',
  maxBufferedBytes: 32 << 20,
  onError: (error, { topic, records }) => console.error(`${records} records for ${topic} were lost: ${error.message}`),
});
for (let sensor = 0; sensor < 100_000; sensor += 1) {
  // No promise for each record. False: taken, but a pause is due: for the loop to turn, or for room.
  const mayGoOn = producer.enqueue('measurements', { key: `sensor-${sensor % 100}`, value: `${sensor}` });
  if (!mayGoOn) await producer.ready();
}
await producer.flush(); // throws if any record could not be delivered

const results = await producer.sendBatch('measurements', [{ value: 'first' }, { value: 'second' }]); // one promise for all
console.log(results.length, await q.admin.listOffsets('measurements', 'end'));
