import type { AdminApi } from '@q/admin';
import { adminExtension } from '@q/admin';
import { startBroker } from '@q/broker';
import { hc } from 'hono/client';

await using broker = await startBroker({ storage: 'memory', port: 0, admin: { port: 0, extension: adminExtension() } });

const { api } = hc<AdminApi>(broker.adminUrl!);
await api.v1.topics.$post({ json: { name: 'orders', partitions: 3 } });
const response = await api.v1.topics[':topic'].$get({ param: { topic: 'orders' } });
const { name, partitionCount } = await response.json(); // typed, as the path and the body above are
console.log(`${name} has ${partitionCount} partitions`);
