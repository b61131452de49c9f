import { describe, expect, it } from 'vitest';
import { NoTransactions } from '../../src/apis/no-transactions.ts';
import { kafkaLimits } from '../../src/limits.ts';
import { initProducerId } from '../../src/messages/init-producer-id.ts';
import { produce } from '../../src/messages/produce.ts';
import { kafkaBroker, RawClient } from '../harness.ts';
import { batchOf, sending } from '../producing.ts';

const event = 'kafka.transactions_refused';
const what = 'a client asks for transactions, which are not supported yet; it is refused';

function recorded() {
  const warned: unknown[] = [];
  const warn = (fields: object, message: string): void => void warned.push([fields, message]);
  return { warned, logger: { debug() {}, info() {}, warn, error() {} } };
}

describe('who asks for transactions', () => {
  it('B1 is told of in the log, once, whatever it asks', async () => {
    const { warned, logger } = recorded();
    const { kafkaPort } = await kafkaBroker({ logger });
    const client = await RawClient.connect(kafkaPort);
    const asked = { transactionalId: 'payments', transactionTimeoutMs: 60_000 };
    for (let time = 0; time < 2; time += 1) {
      expect(await client.ask(initProducerId, 5, asked)).toMatchObject({ errorCode: 53 });
      await client.ask(produce, 11, sending({ name: 'orders' }, [batchOf('a')], { transactionalId: 'payments' }));
    }
    expect(warned).toEqual([[{ event, clientId: expect.any(String) as string, address: '127.0.0.1' }, what]]);
  });

  it('B1 is told of by Produce alone, too', async () => {
    const { warned, logger } = recorded();
    const { kafkaPort } = await kafkaBroker({ logger });
    const client = await RawClient.connect(kafkaPort);
    await client.ask(produce, 11, sending({ name: 'orders' }, [batchOf('a')], { transactionalId: 'payments' }));
    expect(warned).toHaveLength(1);
  });

  it('B1 is told of for so many client ids only, however long they are', () => {
    const { warned, logger } = recorded();
    const noTransactions = new NoTransactions(logger);
    const long = 'x'.repeat(30_000);
    for (const clientId of [long, `${long}y`]) noTransactions.refusal({ clientId, address: '::1' });
    expect(warned).toEqual([[{ event, clientId: 'x'.repeat(200), address: '::1' }, what]]);
    for (let id = 0; id < 100; id += 1) noTransactions.refusal({ clientId: `client-${id}`, address: '::1' });
    expect(warned).toHaveLength(kafkaLimits.transactionWarningsMax);
  });
});
