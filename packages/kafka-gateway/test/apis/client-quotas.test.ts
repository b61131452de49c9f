/** Quotas at the Kafka door, as Kafka 4.4 answers about them. */
import { everyOther } from '@q/broker';
import { describe, expect, it } from 'vitest';
import { alterClientQuotas } from '../../src/messages/alter-client-quotas.ts';
import { describeClientQuotas } from '../../src/messages/describe-client-quotas.ts';
import { logIn } from '../logging-in.ts';
import { kafkaBroker, RawClient } from '../harness.ts';

interface Part {
  readonly entityType: string;
  readonly entityName: string | null;
}
interface Component {
  readonly entityType: string;
  readonly matchType: number;
  readonly match: string | null;
}
const user = (entityName: string | null): Part => ({ entityType: 'user', entityName });
const clientId = (entityName: string | null): Part => ({ entityType: 'client-id', entityName });
const ip = (entityName: string | null): Part => ({ entityType: 'ip', entityName });
const set = (key: string, value: number) => ({ key, value, remove: false });
const unset = (key: string) => ({ key, value: 0, remove: true });
type Op = ReturnType<typeof set>;

async function scene() {
  const { broker, kafkaPort } = await kafkaBroker();
  const client = await RawClient.connect(kafkaPort);
  const alter = async (entity: readonly Part[], ops: readonly Op[], validateOnly = false) => {
    const request = { entries: [{ entity: [...entity], ops: [...ops] }], validateOnly };
    return (await client.ask(alterClientQuotas, 1, request)).entries[0]!;
  };
  const about = async (components: readonly Component[], strict = false) => {
    const { errorCode, entries } = await client.ask(describeClientQuotas, 1, { components: [...components], strict });
    return errorCode === 0 ? entries!.map(({ entity }) => entity) : errorCode;
  };
  return { broker, client, alter, about };
}

describe('A3 quotas at the Kafka door', () => {
  it("A3, SEC-13: the quotas that Kafka's words set are in force for every door, told, and taken away", async () => {
    const { broker, client, alter } = await scene();
    const ops = [set('producer_byte_rate', 1000), set('consumer_byte_rate', 2000), set('request_percentage', 12.5)];
    const entity = [user('alice'), clientId('app')];
    expect(await alter(entity, ops)).toEqual({ errorCode: 0, errorMessage: null, entity });
    expect((await alter([ip('10.0.0.7')], [set('connection_creation_rate', 5)])).errorCode).toBe(0);
    expect(broker.quotas.list()).toEqual([
      {
        entity: { user: 'alice', clientId: 'app' },
        quotas: new Map([
          ['producerByteRate', 1000],
          ['consumerByteRate', 2000],
          ['requestPercentage', 12.5],
        ]),
      },
      { entity: { address: '10.0.0.7' }, quotas: new Map([['connectionCreationRate', 5]]) },
    ]);
    const { errorCode, entries } = await client.ask(describeClientQuotas, 1, { components: [], strict: false });
    expect([errorCode, entries]).toEqual([
      0,
      [
        { entity, values: ops.map(({ key, value }) => ({ key, value })) },
        { entity: [ip('10.0.0.7')], values: [{ key: 'connection_creation_rate', value: 5 }] },
      ],
    ]);
    for (const { key } of ops) expect((await alter(entity, [unset(key)])).errorCode).toBe(0);
    expect((await alter(entity, [unset('request_percentage')])).errorCode).toBe(0);
    expect(broker.quotas.list()).toHaveLength(1);
  });

  it('A3: a name that is null is everybody else, an address has one way to be written, and a trial changes nothing', async () => {
    const { broker, alter } = await scene();
    const rate = [set('producer_byte_rate', 1000)];
    expect((await alter([user('bob')], rate, true)).errorCode).toBe(0);
    expect(broker.quotas.list()).toEqual([]);
    await alter([user(null)], rate);
    await alter([user('bob'), clientId(null)], rate);
    await alter([ip('0:0:0:0:0:0:0:1')], [set('connection_creation_rate', 1)]);
    await alter([ip(null)], [set('connection_creation_rate', 1)]);
    expect(broker.quotas.list().map(({ entity }) => entity)).toEqual([
      { user: everyOther },
      { user: 'bob', clientId: everyOther },
      { address: '::1' },
      { address: everyOther },
    ]);
  });

  it.each<[string, readonly Part[], readonly Op[]]>([
    ['nobody', [], [set('producer_byte_rate', 1)]],
    ['a kind that there is not', [{ entityType: 'group', entityName: 'x' }], [set('producer_byte_rate', 1)]],
    ['an empty name', [user('')], [set('producer_byte_rate', 1)]],
    ['two users', [user('a'), user('b')], [set('producer_byte_rate', 1)]],
    ['an address with a user', [ip('10.0.0.7'), user('a')], [set('connection_creation_rate', 1)]],
    ['a host', [ip('example.org')], [set('connection_creation_rate', 1)]],
    ['a key that there is not', [user('a')], [set('bytes', 1)]],
    ['changes of topics, which are not counted here', [user('a')], [set('controller_mutation_rate', 1)]],
    ['connections of a user', [user('a')], [set('connection_creation_rate', 1)]],
    ['a part of a byte', [user('a')], [set('producer_byte_rate', 1.5)]],
    ['nothing', [user('a')], [set('producer_byte_rate', 0)]],
    ['less than nothing', [user('a')], [set('consumer_byte_rate', -1)]],
    ['no number', [user('a')], [set('request_percentage', Number.NaN)]],
    ['without end', [user('a')], [set('request_percentage', Number.POSITIVE_INFINITY)]],
    ['one key twice', [user('a')], [set('producer_byte_rate', 1), set('producer_byte_rate', 2)]],
  ])('A3: %s is refused with 42 and a reason, and nothing is stored', async (_what, entity, ops) => {
    const { broker, alter } = await scene();
    for (const isTrial of [true, false]) {
      const answer = await alter(entity, ops, isTrial);
      expect(answer).toMatchObject({ errorCode: 42, entity });
      expect(answer.errorMessage).not.toBe('');
    }
    expect(broker.quotas.list()).toEqual([]);
  });

  it('A3: filters fit as in Kafka', async () => {
    const { alter, about } = await scene();
    const rate = [set('producer_byte_rate', 1000)];
    const [a, aWithApp, others, app] = [[user('a')], [user('a'), clientId('app')], [user(null)], [clientId('app')]];
    for (const entity of [a, aWithApp, others, app]) await alter(entity, rate);
    const exact = (entityType: string, match: string | null): Component => ({ entityType, matchType: 0, match });
    const ofDefault = (entityType: string): Component => ({ entityType, matchType: 1, match: null });
    const any = (entityType: string): Component => ({ entityType, matchType: 2, match: null });
    expect(await about([])).toEqual([a, aWithApp, others, app]);
    expect(await about([exact('user', 'a')])).toEqual([a, aWithApp]);
    expect(await about([exact('user', 'a')], true)).toEqual([a]);
    expect(await about([ofDefault('user')])).toEqual([others]);
    expect(await about([any('user')], true)).toEqual([a, others]);
    expect(await about([any('user'), any('client-id')])).toEqual([aWithApp]);
    expect(await about([any('ip')])).toEqual([]);
    const odd = [
      [[exact('user', null)], 42],
      [[{ ...any('user'), match: 'a' }], 42],
      [[{ ...ofDefault('user'), match: 'a' }], 42],
      [[{ ...any('user'), matchType: 3 }], 42],
      [[any('user'), any('user')], 42],
      [[any('user'), any('ip')], 42],
      [[any('')], 42],
      [[any('group')], 35],
    ] as const;
    for (const [components, code] of odd) expect([components, await about(components)]).toEqual([components, code]);
  });

  it('A3, SEC-7 facts, cluster Describe, Alter: who may not gets 31, and each error path answers', async () => {
    const { broker, kafkaPort } = await kafkaBroker({ security: { mechanisms: ['SCRAM-SHA-256'] } });
    await broker.users!.setPassword('bob', 'pw');
    const bob = await RawClient.connect(kafkaPort);
    await logIn(bob, 'bob', 'pw');
    const group = [{ entityType: 'group', matchType: 2, match: null }];
    for (const components of [[], group])
      expect(await bob.ask(describeClientQuotas, 1, { components, strict: false })).toMatchObject({
        errorCode: 31,
        entries: null,
      });
    const entry = { entity: [user('bob')], ops: [set('producer_byte_rate', 1e9)] };
    for (const validateOnly of [true, false])
      expect((await bob.ask(alterClientQuotas, 1, { entries: [entry], validateOnly })).entries).toMatchObject([
        { errorCode: 31, entity: [user('bob')] },
      ]);
    expect((await bob.ask(alterClientQuotas, 1, { entries: [], validateOnly: false })).entries).toEqual([]);
    expect(broker.quotas.list()).toEqual([]);
  });
});
