import { startBroker } from '@q/broker';
import type { Broker } from '@q/broker';
import { connect } from '@q/client';
import type { Q } from '@q/client';
import { Controller, Module } from '@nestjs/common';
import type { DynamicModule, INestMicroservice, Type } from '@nestjs/common';
import { ClientsModule, EventPattern, Payload } from '@nestjs/microservices';
import type { ClientProxy } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import type { TestingModule } from '@nestjs/testing';
import { firstValueFrom, timeout } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppModule } from '../src/app-module.ts';
import { QClientProxy } from '../src/q-client-proxy.ts';
import { qClient } from '../src/q-module.ts';
import { QServer } from '../src/q-server.ts';
import { Keyed } from '../src/q-topic.ts';

let broker: Broker;
let q: Q;
let callers: TestingModule;
let client: ClientProxy;
const services: INestMicroservice[] = [];

beforeEach(async () => {
  broker = await startBroker({ storage: 'memory', port: 0, admin: false });
  q = await connect(broker.url);
  // As a service that calls others has it.
  const options = { url: broker.url, replyTopic: 'shop-replies' };
  callers = await Test.createTestingModule({
    imports: [ClientsModule.register([{ name: 'orders', customClass: QClientProxy, options }])],
  }).compile();
  client = callers.get<ClientProxy>('orders');
});

afterEach(async () => {
  await callers.close();
  for (const service of services.splice(0)) await service.close();
  await q.close();
  await broker.close();
});

interface Served {
  readonly service: INestMicroservice;
  readonly server: QServer;
}

async function serve(root: Type | DynamicModule = AppModule.forRoot(broker.url)): Promise<Served> {
  const module = await Test.createTestingModule({ imports: [root] }).compile();
  const server = new QServer({ url: broker.url, group: 'packing', concurrency: 4 });
  const service = module.createNestMicroservice({ strategy: server, logger: false });
  services.push(service);
  await service.listen();
  return { service, server };
}

function emit(pattern: string, data: unknown): Promise<unknown> {
  return firstValueFrom(client.emit<unknown>(pattern, data));
}

function ask(pattern: string, data: unknown): Promise<unknown> {
  return firstValueFrom(client.send<unknown>(pattern, data).pipe(timeout(10_000)));
}

describe('the transport', () => {
  it('hands an event to its handler, with its key, and acknowledges it', async () => {
    const { service } = await serve();
    const stored = await emit('order-placed', new Keyed('ann', { item: 'lamp', quantity: 2 }));
    expect(stored).toMatchObject({ offset: 0, durability: 'memory' });
    for await (const { key, value } of q.consumer('parcels')) {
      expect([String(key), String(value)]).toEqual(['ann', '2 lamp']);
      break;
    }
    await service.close();
    expect(await q.admin.groupOffsets('packing')).toMatchObject([{ topic: 'order-placed', offset: 1 }]);
  });

  it('answers requests, each caller its own', async () => {
    await serve();
    const answers = await Promise.all([1, 2, 3, 4, 5].map((quantity) => ask('price-of', { item: 'lamp', quantity })));
    expect(answers).toEqual([4900, 9800, 14700, 19600, 24500].map((cents) => ({ cents })));
  });

  it('answers with the error of a handler, and goes on', async () => {
    await serve();
    await expect(ask('price-of', { item: 'moon', quantity: 1 })).rejects.toMatchObject({ message: 'There is no moon' });
    expect(await ask('price-of', { item: 'chair', quantity: 1 })).toEqual({ cents: 9900 });
  });

  it('sets aside what is no JSON, and goes on', async () => {
    await serve();
    await q.producer().send('price-of', { value: '{' });
    expect(await ask('price-of', { item: 'chair', quantity: 1 })).toEqual({ cents: 9900 });
  });

  it('refuses a request of a topic that nobody serves', async () => {
    await expect(ask('weather', { at: 'sea' })).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC' });
  });

  it('tells whoever waits for an answer that the client was closed', async () => {
    await q.admin.createTopic('slow');
    const closeOnceAsked = async (): Promise<void> => {
      for await (const request of q.consumer('slow')) if (request.value !== null) break;
      await client.close();
    };
    const asked = ask('slow', {});
    await Promise.all([expect(asked).rejects.toThrow('closed before the answer came'), closeOnceAsked()]);
  });

  it('stops at an event whose handler fails, and has it again after a restart', async () => {
    seen.length = 0;
    failures = 1;
    const { service, server } = await serve(FailingModule);
    const stopped = new Promise((resolve) => server.on('stopped', resolve));
    await emit('fragile', { number: 1 });
    await stopped;
    await service.close();

    await serve(FailingModule);
    await emit('fragile', { number: 2 });
    await handledTwo.promise;
    expect(seen).toEqual([1, 1, 2]);
  });
});

it('the module gives one client to everybody, and closes it with the application', async () => {
  const { service } = await serve();
  const shared = service.get<Q>(qClient);
  await shared.admin.ping();
  await service.close();
  await expect(shared.admin.ping()).rejects.toMatchObject({ code: 'CLOSED' });
});

const seen: number[] = [];
const handledTwo = Promise.withResolvers<void>();
let failures = 0;

@Controller()
class FailingController {
  @EventPattern('fragile')
  handle(@Payload() { number }: { number: number }): void {
    seen.push(number);
    if (number === 2) handledTwo.resolve();
    if (failures > 0) {
      failures -= 1;
      throw new Error('the database is away');
    }
  }
}

@Module({ controllers: [FailingController] })
class FailingModule {}
