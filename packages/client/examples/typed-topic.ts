import { connect, QError, topic } from '@q/client';
import { z } from 'zod';

const Order = z.object({ item: z.string(), quantity: z.number().int().positive(), note: z.string().default('') });
const Orders = topic('typed-orders', { key: z.string(), value: Order }); // zod here; any Standard Schema will do

await using q = await connect(process.argv[2] ?? process.env['Q_URL'] ?? 'q://localhost:7420');
await q.admin.ensureTopic(Orders.name);

await using producer = q.producer();
await producer.send(Orders, { key: 'customer-7', value: { item: 'lamp', quantity: 2 } }); // typed: the input of the schema
try {
  await producer.send(Orders, { key: 'customer-7', value: { item: 'lamp', quantity: -2 } });
} catch (error) {
  if (QError.is(error)) console.log(error.code); // SCHEMA_MISMATCH; the message and its cause say what is wrong
}

for await (const { key, value } of q.consumer(Orders, { stopAtEnd: true })) {
  console.log(key, value); // typed: the output of the schema, defaults filled in
}
