import { connect as connectSocket } from 'node:net';
import { once } from 'node:events';
import { connect } from '@q/client';
import { encodeBatch, iterateBatches, iterateRecords } from '@q/protocol';
import { FaultyFileSystem } from '@q/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { anonymous } from '../src/index.ts';
import type { Answer, Caller, Door, Link, RequestBudget, Services, Session } from '../src/index.ts';
import type { ListenOptions } from '../src/transport/network.ts';
import { nodeNetwork } from '../src/transport/node-network.ts';
import { silentLogger } from '../src/logger.ts';
import { errorOf, testBroker } from './harness.ts';

/**
 * A protocol of lines, made of nothing but what the package exports: `put TOPIC TEXT` and `get TOPIC OFFSET`, answered
 * in order by `at OFFSET`, the record's text, or the name of an error.
 */
class LineSession implements Session {
  readonly isOpen = true;
  readonly answersInOrder = true;
  readonly #services: Services;
  readonly #link: Link;
  #rest = '';

  constructor(services: Services, link: Link) {
    this.#services = services;
    this.#link = link;
  }

  get bufferedBytes(): number {
    return this.#rest.length;
  }

  take(chunk: Buffer): void {
    this.#rest += chunk.toString();
  }

  keepChunks(): void {}

  nextFrame(): Buffer | null {
    const end = this.#rest.indexOf('\n');
    if (end === -1) return null;
    const line = this.#rest.slice(0, end);
    this.#rest = this.#rest.slice(end + 1);
    return Buffer.from(line);
  }

  async serve(frame: Buffer, budget: RequestBudget): Promise<Answer> {
    const { address, signal } = this.#link;
    const caller: Caller = { principal: anonymous, address, clientId: 'line', connectionId: 1, signal, budget };
    const text = await this.#answer(frame.toString().split(' '), caller).catch((error: { code: string }) => error.code);
    return { buffers: [Buffer.from(`${text}\n`)], thenClose: false };
  }

  async #answer([verb, name, argument]: string[], caller: Caller): Promise<string> {
    const [found] = await this.#services.topics.find([name!], caller);
    if (found!.route === null) throw found!.error;
    const { topicId } = found!.route;
    return verb === 'put' ? this.#put(topicId, argument!, caller) : this.#get(topicId, Number(argument), caller);
  }

  async #put(topicId: string, text: string, caller: Caller): Promise<string> {
    const records = encodeBatch([{ value: Buffer.from(text), timestampMs: Date.now() }]);
    const partitions = [{ partition: 0, leaderEpoch: -1, records }];
    const appending = await this.#services.append.append(
      { timeoutMs: 1000, topics: [{ topicId, partitions }] },
      caller,
    );
    await new Promise<void>((resolve) => appending.whenSettled(() => resolve()));
    const { error, baseOffset } = appending.results[0]!;
    if (error !== null) throw error;
    return `at ${baseOffset}`;
  }

  async #get(topicId: string, fetchOffset: number, caller: Caller): Promise<string> {
    const partitions = [{ partition: 0, leaderEpoch: -1, fetchOffset, maxBytes: 1000 }];
    const query = { maxWaitMs: 5000, minBytes: 1, maxBytes: 1000, turn: 0, topics: [{ topicId, partitions }] };
    const { reads, release } = await this.#services.fetch.fetch(query, caller);
    const { error, buffers } = reads[0]!;
    if (error !== null) throw error;
    const records = [...iterateBatches(Buffer.concat(buffers))].flatMap((batch) => [...iterateRecords(batch)]);
    release?.();
    return records.find((record) => record.offset === fetchOffset)?.valueText() ?? '-';
  }

  refusal(): Buffer[] {
    return [Buffer.from('no\n')];
  }
}

const lines: Door = { name: 'lines', port: 0, open: (services) => (link) => new LineSession(services, link) };

async function lineClient(port: number) {
  const socket = connectSocket({ host: '127.0.0.1', port });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  let received = '';
  socket.on('data', (data: Buffer) => (received += data.toString()));
  const answers = async (count: number): Promise<string[]> => {
    while (received.split('\n').length <= count) await once(socket, 'data');
    return received.trim().split('\n');
  };
  return { send: (text: string) => socket.write(text), answers };
}

describe('doors', () => {
  it('B3 let another protocol in on the same topics', async () => {
    await using broker = await testBroker({ doors: [lines] });
    await using q = await connect(broker.url);
    await q.admin.createTopic('t');
    expect(broker.doors).toMatchObject([{ name: 'lines', host: '127.0.0.1' }]);
    const { send, answers } = await lineClient(broker.doors[0]!.port);
    // The get waits for the native client's record, and the put behind it for the answer of the get.
    send('put t one\nget t 0\nget t 1\n');
    expect(await answers(2)).toEqual(['at 0', 'one']);
    send('put elsewhere x\n');
    await q.producer().send('t', { value: 'two' });
    expect(await answers(4)).toEqual(['at 0', 'one', 'two', 'UNKNOWN_TOPIC']);
    await using consumer = q.consumer('t', { from: 'earliest' });
    for await (const { value } of consumer) {
      expect(String(value)).toBe('one');
      break;
    }
  });

  it('Q3 name the one whose port cannot be had, and leave nothing open', async () => {
    await using other = await testBroker();
    const error = await errorOf(testBroker({ doors: [{ ...lines, port: other.port }] }));
    expect(error.code).toBe('INVALID_CONFIG');
    expect(error.message).toContain('doors.lines.port');
  });

  it('B1 that are optional stay shut with one warning when another program has the port', async () => {
    await using other = await testBroker();
    const warned: unknown[] = [];
    const logger = { ...silentLogger, warn: (fields: object, message: string) => void warned.push([fields, message]) };
    await using broker = await testBroker({
      logger,
      doors: [
        { ...lines, port: other.port, isOptional: true },
        { ...lines, name: 'others' },
      ],
    });
    expect(broker.doors).toMatchObject([{ name: 'others' }]);
    const at = { event: 'door.port_taken', door: 'lines', host: '127.0.0.1', port: other.port };
    expect(warned).toEqual([[at, expect.stringMatching(/stays shut; .* give the door another port$/)]]);
    await using q = await connect(broker.url);
    await q.admin.createTopic('t');
  });

  it('B1 that are optional leave their port to the native protocol', async () => {
    const { port } = await testBroker().then((other) => other.close().then(() => other));
    await using broker = await testBroker({ port, doors: [{ ...lines, port, isOptional: true }] });
    expect([broker.port, broker.doors]).toEqual([port, []]);
  });

  it('B1 that are optional do not hide that their host is none of this machine', async () => {
    // An address for documents, which no machine has.
    const away: Door = { ...lines, host: '192.0.2.1', isOptional: true };
    const error = await errorOf(testBroker({ doors: [away], insecure: true }));
    expect([error.code, error.details]).toMatchObject(['INVALID_CONFIG', { setting: 'doors.lines.port' }]);
  });

  it('S2 are shut again when storage fails while they are opened: such a broker does not start', async () => {
    const fileSystem = new FaultyFileSystem();
    const failing: Door = {
      ...lines,
      open: ({ topicChanges }) => {
        fileSystem.fail({ operation: 'datasync', code: 'EIO' });
        // It is refused like everything else from then on.
        const topic = { name: 't', partitions: 1, replicas: 1, configs: [], validateOnly: false };
        void topicChanges.create(topic, { principal: anonymous, address: '', clientId: '' }).catch(() => undefined);
        return (link) => new LineSession(null as unknown as Services, link);
      },
    };
    const disk = { storage: 'file', dataDir: '/data', fileSystem } as const;
    const failed = Promise.withResolvers<void>();
    const network = { listen: (o: ListenOptions) => failed.promise.then(() => nodeNetwork.listen(o)) };
    const starting = testBroker({ ...disk, network, doors: [failing], onFatal: () => failed.resolve() });
    expect((await errorOf(starting)).code).toBe('STORAGE_FAILED');
  });

  it('Q3 are checked like every setting', async () => {
    const error = await errorOf(testBroker({ doors: [{ ...lines, port: -1 }] }));
    expect(error.message).toContain('doors.lines.port = -1');
  });
});
