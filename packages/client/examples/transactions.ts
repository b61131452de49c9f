import { connect } from '@q/client';

await using q = await connect(process.argv[2] ?? process.env['Q_URL'] ?? 'q://localhost:7420');
await q.admin.ensureTopic('payments', { partitions: 2 });
await q.admin.ensureTopic('ledger', { partitions: 2 });

// One running instance at a time has this id: one that begins to use it fences the one before.
await using producer = q.producer({ transactionalId: 'payments-1' });
await producer.transaction(async (tx) => {
  await tx.send('payments', { key: 'order-1', value: '250' });
  tx.enqueue('ledger', { key: 'alice', value: '-250' });
  tx.enqueue('ledger', { key: 'shop', value: '250' });
}); // all of it is visible now, to everybody

try {
  await producer.transaction(async (tx) => {
    await tx.send('payments', { key: 'order-2', value: '90' });
    throw new Error('the card was refused');
  });
} catch (error) {
  console.log(`nothing was paid: ${error instanceof Error ? error.message : String(error)}`);
}

const seen: string[] = [];
for await (const { value } of q.consumer('payments', { stopAtEnd: true })) seen.push(String(value));
console.log(`payments: ${seen.join(', ')}`);
