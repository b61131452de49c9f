/** Streams end with the right, or the session, of whoever reads them (rows A1, A3). */
import { connect } from 'node:net';
import type { Users } from '@q/broker';
import type { AclRule } from '@q/security';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeProgramLog } from '../logs/fake-program-log.ts';
import { adminBroker } from '../harness.ts';

const ofCluster: AclRule = {
  principal: 'User:alice',
  host: '*',
  permission: 'allow',
  operation: 'describe',
  resourceType: 'cluster',
  patternType: 'literal',
  resourceName: 'kafka-cluster',
};
const ofTopic: AclRule = { ...ofCluster, operation: 'read', resourceType: 'topic', resourceName: 'orders' };
const authorization = `Basic ${Buffer.from('alice:alice-pw').toString('base64')}`;

async function scene() {
  const { broker, url } = await adminBroker({
    security: { mechanisms: ['SCRAM-SHA-256'], superUsers: ['User:root'] },
    admin: { log: new FakeProgramLog() },
  });
  await broker.users!.setPassword('root', 'root-pw');
  await broker.users!.setPassword('alice', 'alice-pw');
  const root = `Basic ${Buffer.from('root:root-pw').toString('base64')}`;
  await fetch(`${url}/api/v1/topics`, {
    method: 'POST',
    headers: { authorization: root, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'orders' }),
  });
  for (const rule of [ofCluster, ofTopic]) await broker.rules!.add(rule);
  return { broker, url };
}

/** Resolves to all that came, when the stream has ended. */
async function follow(url: string, path: string): Promise<{ begun: Promise<void>; ended: Promise<string> }> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  const begun = Promise.withResolvers<void>();
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (text.includes('\r\n\r\n')) begun.resolve();
  });
  const ended = new Promise<string>((resolve, reject) => {
    socket.on('close', () => resolve(text)).on('error', reject);
  });
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: ${authorization}\r\n`
      + 'Accept: text/event-stream\r\nConnection: close\r\n\r\n',
  );
  return Promise.resolve({ begun: begun.promise, ended });
}

describe('a stream', () => {
  it.each([
    ['/api/v1/logs', ofCluster],
    ['/api/v1/events/stats?intervalMs=60000', ofCluster],
    ['/api/v1/topics/orders/records', ofTopic],
  ])('A3, SEC-12: %s ends when its right is taken, although nothing happens in it', async (path, rule) => {
    const { broker, url } = await scene();
    const { begun, ended } = await follow(url, path);
    await begun;
    await broker.rules!.remove(rule);
    expect(await ended).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('A1, SEC-12: ends when its user is gone, or has another password', async () => {
    const changes: readonly ((users: Users) => Promise<unknown>)[] = [
      (users) => users.remove('alice'),
      (users) => users.setPassword('alice', 'other-pw'),
    ];
    for (const change of changes) {
      const { broker, url } = await scene();
      const { begun, ended } = await follow(url, '/api/v1/events/stats?intervalMs=250');
      await begun;
      await change(broker.users!);
      expect(await ended).toMatch(/^HTTP\/1\.1 200 /);
    }
  });
});
