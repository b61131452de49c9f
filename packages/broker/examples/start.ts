import { startBroker } from '@q/broker';

const broker = await startBroker({
  port: 0, // a free one; 7420 unless told otherwise
  admin: { port: 0 }, // GET /healthz, /readyz and /stats; 7421 unless told otherwise
  storage: 'memory', // 'file' keeps records in `dataDir`
  topicDefaults: { 'retention.ms': '3600000' },
});
console.log(`listening on ${broker.url}`);

const ready = await fetch(`${broker.adminUrl}/readyz`);
console.log(ready.status, await ready.text()); // 200 {"status":"ready","reasons":[]}

// Answers what is in flight, flushes, and lets the data folder go.
await broker.close();
