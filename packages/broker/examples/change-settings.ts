import { startBroker } from '@q/broker';

await using broker = await startBroker({ storage: 'memory', port: 0, admin: false });

await broker.settings.change({
  set: [
    { name: 'limits.groupsMax', value: '500' },
    { name: 'topicDefaults.retention.ms', value: '7d' },
  ],
  unset: [],
  by: 'the setup of our tests',
});
const { value, source } = broker.settings.describe('limits.groupsMax');
console.log(`${value}, because of the ${source}`); // 500, because of the api
