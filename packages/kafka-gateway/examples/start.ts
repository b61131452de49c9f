import { startBroker } from '@q/broker';
import { kafkaDoor } from '@q/kafka-gateway';

await using broker = await startBroker({ storage: 'memory', port: 0, admin: false, doors: [kafkaDoor({ port: 0 })] });
const [kafka] = broker.doors;
console.log(`Kafka clients: bootstrap.servers=${kafka!.host}:${kafka!.port}`);
