import { deepEqual, match, ok } from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBroker } from '@q/broker';
import type { Broker } from '@q/broker';
import { kafkaDoor } from '@q/kafka-gateway';
import { section } from '../feature.ts';
import type { Feature } from '../feature.ts';
import type { Stage } from '../stage.ts';

/** A tool of Kafka's, as it is, run by one user: what it wrote, and its exit code. */
type Tool = (name: string, args: readonly string[], user?: string) => Promise<{ code: number; output: string }>;

/** A broker where `alice` may everything and `bob` nothing, and Kafka's tools, which log in by SCRAM. */
async function atSecuredBroker({ client }: Stage, work: (tool: Tool, broker: Broker) => Promise<void>): Promise<void> {
  const broker = await startBroker({
    storage: 'memory',
    port: 0,
    admin: false,
    security: { mechanisms: ['SCRAM-SHA-256', 'SCRAM-SHA-512'], superUsers: ['User:alice'] },
    doors: [kafkaDoor({ port: 0 })],
  });
  const folder = await mkdtemp(join(tmpdir(), 'q-access-tools-'));
  try {
    for (const name of ['alice', 'bob']) {
      await broker.users!.setPassword(name, `${name}-pw`);
      await writeFile(join(folder, name), loginOf(name));
    }
    const bootstrap = ['--bootstrap-server', `127.0.0.1:${broker.doors[0]!.port}`];
    const tool: Tool = async (name, args, user = 'alice') => {
      const login = ['--command-config', join(folder, user)];
      const { code, output } = await client.ask('tool', { tool: name, args: [...bootstrap, ...login, ...args] });
      return { code, output };
    };
    await work(tool, broker);
  } finally {
    await broker.close();
    await rm(folder, { recursive: true });
  }
}

function loginOf(name: string): string {
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule';
  return [
    'security.protocol=SASL_PLAINTEXT',
    'sasl.mechanism=SCRAM-SHA-256',
    `sasl.jaas.config=${scram} required username="${name}" password="${name}-pw";`,
    '',
  ].join('\n');
}

const bobMayRead = ['--allow-principal', 'User:bob', '--operation', 'Read', '--topic', 'orders'];

async function acls(stage: Stage): Promise<void> {
  await atSecuredBroker(stage, async (tool, broker) => {
    const alter = async (args: readonly string[]): Promise<string> => {
      const { code, output } = await tool('AclCommand', args);
      deepEqual(code, 0, output);
      return output;
    };
    match(await alter(['--add', ...bobMayRead]), /Adding ACLs/);
    await alter(['--add', ...bobMayRead]);
    const denied = ['--deny-principal', 'User:bob', '--deny-host', '10.0.0.7', '--operation', 'Write'];
    await alter(['--add', ...denied, '--topic', 'ord', '--resource-pattern-type', 'prefixed']);
    await alter(['--add', '--allow-principal', 'User:carol', '--consumer', '--topic', 'orders', '--group', 'readers']);
    const rule = { principal: 'User:bob', host: '*', permission: 'allow', operation: 'read', resourceType: 'topic' };
    const bobs = broker.rules!.list({ principal: 'User:bob' });
    deepEqual(bobs, [
      { ...rule, patternType: 'literal', resourceName: 'orders' },
      {
        ...rule,
        host: '10.0.0.7',
        permission: 'deny',
        operation: 'write',
        patternType: 'prefixed',
        resourceName: 'ord',
      },
    ]);
    deepEqual(broker.rules!.list({ principal: 'User:carol' }).length, 3);
    const listed = await alter(['--list', '--topic', 'orders', '--resource-pattern-type', 'match']);
    match(listed, /name=orders, patternType=LITERAL/);
    match(listed, /name=ord, patternType=PREFIXED/);
    match(listed, /principal=User:bob, host=10\.0\.0\.7, operation=WRITE, permissionType=DENY/);
    const refused = await tool('AclCommand', ['--list'], 'bob');
    match(refused.output, /ClusterAuthorizationException/);
    await tool('AclCommand', ['--add', '--allow-principal', 'User:bob', '--operation', 'All', '--cluster'], 'bob');
    deepEqual(broker.rules!.list({ principal: 'User:bob' }), bobs);
    await alter(['--remove', '--force', ...bobMayRead]);
    deepEqual(broker.rules!.list({ principal: 'User:bob' }).length, 1);
  });
}

async function usersAndQuotas(stage: Stage): Promise<void> {
  await atSecuredBroker(stage, async (tool, broker) => {
    const run = async (args: readonly string[], isFine = true): Promise<string> => {
      const { code, output } = await tool('ConfigCommand', args);
      deepEqual(code === 0, isFine, output);
      return output;
    };
    const user = ['--entity-type', 'users', '--entity-name', 'carol'];
    const alter = (of: readonly string[], change: string): Promise<string> =>
      run(['--alter', ...of, '--add-config', change]);
    await alter(user, 'SCRAM-SHA-256=[iterations=8192,password=secret]');
    await alter(user, 'SCRAM-SHA-512=[password=secret]');
    match(await run(['--describe', ...user]), /SCRAM-SHA-256=iterations=8192/);
    const both = 'SCRAM-SHA-256=[password=a],SCRAM-SHA-512=[password=b]';
    await run(['--alter', '--entity-type', 'users', '--entity-name', 'dave', '--add-config', both], false);
    ok(!broker.users!.list().includes('dave'));
    await alter(user, 'producer_byte_rate=1000,request_percentage=12.5');
    await alter(['--entity-type', 'clients', '--entity-default'], 'consumer_byte_rate=2000');
    await alter(['--entity-type', 'ips', '--entity-name', '10.0.0.7'], 'connection_creation_rate=5');
    deepEqual(
      broker.quotas.list().map(({ quotas }) => Object.fromEntries(quotas)),
      [{ producerByteRate: 1000, requestPercentage: 12.5 }, { consumerByteRate: 2000 }, { connectionCreationRate: 5 }],
    );
    const told = await run(['--describe', '--entity-type', 'users', '--entity-name', 'carol']);
    match(told, /producer_byte_rate=1000(?:\.0)?/);
    match(told, /request_percentage=12\.5/);
    match(await run(['--describe', '--entity-type', 'ips']), /10\.0\.0\.7.*connection_creation_rate=5/s);
    match(await run(['--describe', '--entity-type', 'clients', '--entity-default']), /consumer_byte_rate=2000/);
    await run(['--alter', ...user, '--delete-config', 'producer_byte_rate,request_percentage']);
    deepEqual(broker.quotas.list().length, 2);
    await run(['--alter', ...user, '--delete-config', 'SCRAM-SHA-256']);
    await run(['--alter', ...user, '--delete-config', 'SCRAM-SHA-512']);
    ok(!broker.users!.list().includes('carol'));
    const bob = await tool('ConfigCommand', ['--describe', ...user], 'bob');
    match(bob.output, /ClusterAuthorizationException|not authorized/i);
  });
}

export const accessTools: readonly Feature[] = section('Console tools', {
  'kafka-acls': acls,
  'kafka-configs of users and quotas': usersAndQuotas,
});
