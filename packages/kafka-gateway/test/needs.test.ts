import { kafkaNeeds } from '@q/security';
import { describe, expect, it } from 'vitest';
import { apiVersions } from '../src/messages/api-versions.ts';
import { apiNames } from './api-names.ts';
import { kafkaBroker, RawClient } from './harness.ts';

describe('A3 what the Kafka door needs', () => {
  it('A3, SEC-11: every API that is served has a row, and no row is of another', async () => {
    const { kafkaPort } = await kafkaBroker();
    const client = await RawClient.connect(kafkaPort);
    const { apiKeys } = await client.ask(apiVersions, 3, { clientSoftwareName: 'raw', clientSoftwareVersion: '1.0' });
    const names = await apiNames();
    const served = apiKeys.map(({ apiKey }) => names.get(apiKey) ?? `API ${apiKey}`);
    // Served, and not listed: clients go by the error.
    const unlisted = Object.keys(kafkaNeeds).filter((name) => name.startsWith('ConsumerGroup'));
    expect([...new Set([...served, ...unlisted])].toSorted()).toEqual(Object.keys(kafkaNeeds).toSorted());
  });
});
