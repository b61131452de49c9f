import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startBroker } from '@q/broker';
import type { Broker } from '@q/broker';
import { connect } from '@q/client';
import { kafkaDoor } from '@q/kafka-gateway';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../kafka/clients/command.ts';
import { pythonEnvironment } from '../python-environment.ts';
import { InMemorySdk } from './in-memory-sdk.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const sdk = InMemorySdk.register();

/** A span of another client, in a process of its own. */
interface TheirSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string | null;
  readonly linked: readonly string[];
}

interface Client {
  readonly name: string;
  /** The command, or why it is not there. */
  readonly program: () => Promise<readonly string[] | { readonly missing: string }>;
  /** Whether it takes the sender of a message for the parent of what handles it. */
  readonly isChild: boolean;
}

const clients: readonly Client[] = [
  { name: 'kafkajs', isChild: true, program: async () => [process.execPath, join(here, 'instrumented-kafkajs.ts')] },
  {
    name: '@platformatic/kafka',
    isChild: true,
    program: async () => [process.execPath, join(here, 'instrumented-platformatic.ts')],
  },
  {
    name: 'confluent-kafka of Python',
    isChild: false,
    program: async () => {
      const environment = await pythonEnvironment('tracing', join(here, 'requirements.txt'));
      if ('missing' in environment) return environment;
      return [join(environment.programs, 'python'), join(here, 'instrumented.py')];
    },
  },
];

let broker: Broker;
beforeAll(async () => {
  broker = await startBroker({
    storage: 'memory',
    port: 0,
    admin: false,
    limits: { groupInitialDelayMs: 0 },
    doors: [kafkaDoor({ port: 0 })],
  });
});
afterAll(() => broker.close());

async function run(program: readonly string[], action: 'send' | 'read', topic: string): Promise<TheirSpan> {
  const [command = '', ...args] = program;
  const [door] = broker.doors;
  const out = await runCommand(command, [...args, `127.0.0.1:${door!.port}`, action, topic]);
  return JSON.parse(out.trim().split('\n').at(-1) ?? '') as TheirSpan;
}

describe.each(clients)('$name with its instrumentation', { timeout: 240_000 }, ({ name, isChild, program }) => {
  const topic = name.replaceAll(/\W/g, '-');

  it('O5 W3 sends in a trace in which we handle', async (context) => {
    const command = await program();
    if ('missing' in command) return context.skip(command.missing);
    await using q = await connect(broker.url);
    await q.admin.createTopic(topic, { partitions: 1 });
    const theirs = await run(command, 'send', topic);
    let header: Buffer | null = null;
    const consumer = q.consumer(topic, { group: 'ours' });
    sdk.take();
    await consumer.run(({ headers }) => {
      header = headers.find(({ key }) => key === 'traceparent')?.value ?? null;
      void consumer.close();
    });
    // Sampled. That of Python also says that its ids are random (2), as level 2 of Trace Context has it.
    expect(String(header)).toMatch(new RegExp(`^00-${theirs.traceId}-${theirs.spanId}-0[13]$`));
    const process = sdk.takeByName().get(`process ${topic}`);
    expect(process?.parentSpanContext).toMatchObject({ traceId: theirs.traceId, spanId: theirs.spanId });
  });

  it('O5 W3 handles in the trace in which we send', async (context) => {
    const command = await program();
    if ('missing' in command) return context.skip(command.missing);
    await using q = await connect(broker.url);
    await q.admin.createTopic(`${topic}-back`, { partitions: 1 });
    await q.producer().send(`${topic}-back`, { value: 'of q' });
    const send = sdk.takeByName().get(`send ${topic}-back`)!.spanContext();
    const theirs = await run(command, 'read', `${topic}-back`);
    expect(theirs).toMatchObject(
      isChild ? { traceId: send.traceId, parentSpanId: send.spanId } : { linked: [send.spanId] },
    );
  });
});
