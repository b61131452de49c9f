import { adminExtension } from '@q/admin';
import { startBroker } from '@q/broker';

await using broker = await startBroker({
  storage: 'memory',
  port: 0,
  admin: { port: 0, extension: adminExtension() },
});
const response = await fetch(`${broker.adminUrl}/api/v1/stats`);
console.log(await response.json());
