import { connect } from '@q/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { problemSchema } from '../../src/http/problem-schema.ts';
import { topicUsers } from '../../src/topics/topic-schemas.ts';
import { abortedTransaction, transactionDetails, transactionList } from '../../src/transactions/transaction-schemas.ts';
import { withHanging } from '../hanging-transaction.ts';

const path = '/api/v1/transactions';
const one = `${path}/billing-1`;

describe('transactions', () => {
  it('X3 are listed by state, producer, age and the beginning of their id, page by page', async () => {
    const { admin } = await withHanging();
    const q = await connect(admin.broker.url);
    onTestFinished(async () => void (await q.close()));
    await q.producer({ transactionalId: 'audit-1' }).transaction((tx) => tx.send('orders', { value: 'c' }));
    const list = async (query: string): Promise<string[]> => {
      const { transactions } = transactionList.strict().parse(await admin.get(`${path}?${query}`));
      return transactions.map(({ transactionalId }) => transactionalId);
    };
    expect(await list('')).toEqual(['audit-1', 'billing-1']);
    expect(await list('state=ongoing')).toEqual(['billing-1']);
    expect(await list('state=empty,completeCommit')).toEqual(['audit-1']);
    expect(await list('state=completeCommit&state=ongoing')).toEqual(['audit-1', 'billing-1']);
    expect(await list('minAgeMs=3600000')).toEqual([]);
    expect(await list('prefix=aud')).toEqual(['audit-1']);
    const { transactions } = transactionList.parse(await admin.get(`${path}?state=ongoing`));
    expect(transactions).toMatchObject([{ partitions: 2, offsets: 0, timeoutMs: 10_000, producerEpoch: 0 }]);
    expect(await list(`producerId=${transactions[0]!.producerId}`)).toEqual(['billing-1']);
    expect(await list('producerId=999')).toEqual([]);
    expect(await admin.get(`${path}?limit=1`)).toMatchObject({ next: 'audit-1' });
    expect(await list('limit=1&after=audit-1')).toEqual(['billing-1']);
  });

  it('X3 say what they touch, and who holds a partition back since when', async () => {
    const { admin } = await withHanging();
    const details = transactionDetails.strict().parse(await admin.get(one));
    expect(details).toMatchObject({ state: 'ongoing', cause: null, groups: [], next: null });
    expect(details.topics).toEqual([
      { topic: 'orders', partition: 0 },
      { topic: 'orders', partition: 2 },
    ]);
    expect(transactionDetails.parse(await admin.get(`${one}?limit=1`)).next).not.toBeNull();
    const { heldBack } = topicUsers.strict().parse(await admin.get('/api/v1/topics/orders/users'));
    const { startedMs: sinceMs, producerId, producerEpoch } = details;
    const held = { lastStableOffset: 0, transactionalId: 'billing-1', state: 'ongoing', sinceMs };
    expect(heldBack).toMatchObject([
      { ...held, partition: 0, highWatermark: 1, producerId, producerEpoch },
      { ...held, partition: 2, highWatermark: 2, producerId, producerEpoch },
    ]);
  });

  it('X3 are aborted by an operator: consumers go on, and the producer is told', async () => {
    const { admin, goOn, outcome } = await withHanging();
    const { producerId, producerEpoch } = transactionDetails.parse(await admin.get(one));
    const seen = { producerId, producerEpoch };
    const abort = async (body: object): Promise<[number, unknown]> => {
      const response = await admin.send('POST', `${one}/abort`, body);
      return [response.status, await response.json()];
    };
    const [status, answer] = await abort(seen);
    expect(status).toBe(200);
    expect(abortedTransaction.strict().parse(answer)).toMatchObject({
      before: { state: 'ongoing', partitions: 2, ...seen },
      after: { state: 'completeAbort', producerId, producerEpoch: producerEpoch + 1 },
    });
    expect(topicUsers.parse(await admin.get('/api/v1/topics/orders/users')).heldBack).toEqual([]);
    goOn();
    await expect(outcome).rejects.toMatchObject({ code: 'TRANSACTION_ABORTED' });
    // The answer was lost, and is asked for again.
    expect(await abort(seen)).toMatchObject([200, { after: { state: 'completeAbort' } }]);
  });

  it('X3 nothing is aborted that is not open, or is another one by now', async () => {
    const { admin } = await withHanging();
    const refused = async (at: string, body: object): Promise<[number, string, string]> => {
      const response = await admin.send('POST', at, body);
      const { code, detail } = problemSchema.parse(await response.json());
      return [response.status, code, detail];
    };
    const { producerId } = transactionDetails.parse(await admin.get(one));
    const other = { producerId, producerEpoch: 7 };
    expect(await refused(`${one}/abort`, other)).toEqual([
      409,
      'INVALID_TRANSACTION_STATE',
      `"billing-1": producer ${producerId} in epoch 7 has no open transaction any more; now it is producer ${producerId} in epoch 0; nothing was aborted`,
    ]);
    const earlier = { producerId, producerEpoch: 0, startedMs: 1 };
    expect((await refused(`${one}/abort`, earlier))[2]).toContain('has ended, and another one is open now');
    const { 1: ofHalf } = await refused(`${one}/abort`, { producerId });
    expect(ofHalf).toBe('INVALID_REQUEST');
    expect((await refused(`${path}/nobody/abort`, {})).slice(0, 2)).toEqual([404, 'UNKNOWN_TRANSACTIONAL_ID']);
    expect((await admin.send('POST', `${one}/abort`, {})).status).toBe(200);
    const [status, code, detail] = await refused(`${one}/abort`, {});
    expect([status, code]).toEqual([409, 'INVALID_TRANSACTION_STATE']);
    expect(detail).toContain('the last one was aborted, by an operator; nothing was aborted');
  });
});
