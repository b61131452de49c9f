// Sends three orders, and reads them as a member of a group: with @platformatic/kafka.
import { Admin, Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka';

const client = { clientId: 'orders', bootstrapBrokers: [process.argv[2] ?? 'localhost:9092'] };
const topic = 'orders-node';
const orders = ['two lamps', 'a table', 'six chairs'];

const admin = new Admin(client);
if (!(await admin.listTopics()).includes(topic)) await admin.createTopics({ topics: [topic], partitions: 3 });
await admin.close();

// Idempotent: what is sent again after a failure is stored once.
const producer = new Producer({ ...client, idempotent: true, serializers: stringSerializers });
await producer.send({ messages: orders.map((value) => ({ topic, key: 'customer-7', value })) });
await producer.close();

const consumer = new Consumer({ ...client, groupId: 'invoices', deserializers: stringDeserializers });
const stream = await consumer.consume({
  topics: [topic],
  mode: 'committed',
  fallbackMode: 'earliest',
  autocommit: false,
});
let count = 0;
for await (const message of stream) {
  console.log(`${message.key} ordered ${message.value}`); // customer-7 ordered two lamps
  await message.commit(); // the next run goes on behind it
  count += 1;
  if (count === orders.length) break;
}
await consumer.close(true);
