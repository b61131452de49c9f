/** Clients of the Kafka door that show a certificate, as a real Kafka 4.4 takes them (facts, "mTLS"; row A1). */
import { readFileSync } from 'node:fs';
import type { BrokerOptions } from '@q/broker';
import { describe, expect, it } from 'vitest';
import { kafkaErrorCode } from '../../src/errors/kafka-errors.ts';
import { metadata } from '../../src/messages/metadata.ts';
import { saslHandshake } from '../../src/messages/sasl-handshake.ts';
import { kafkaBroker, RawClient } from '../harness.ts';

const pem = (name: string): Buffer =>
  readFileSync(new URL(`../../../broker/test/certificates/${name}`, import.meta.url));
const ca = pem('ca.pem');
const ofClient = { cert: pem('client.pem'), key: pem('client.key') };
const everything = { topics: null, allowAutoTopicCreation: false };

/** A door that wants certificates; whoever is that principal may do everything, and nobody else anything. */
async function scene(principal: string, certificates?: readonly string[]) {
  const said: string[] = [];
  const note = (fields: object): void => void said.push(JSON.stringify(fields));
  const logger: NonNullable<BrokerOptions['logger']> = { debug: note, info: note, warn: note, error: note };
  const { broker, kafkaPort } = await kafkaBroker({
    logger,
    security: {
      mechanisms: ['SCRAM-SHA-256'],
      superUsers: [principal],
      ...(certificates !== undefined && { certificates }),
    },
    doorTls: { cert: pem('broker.pem'), key: pem('broker.key'), ca, clientCertificates: 'needed' },
  });
  return { broker, said, kafkaPort };
}

describe('A1 facts, mTLS', () => {
  it.each([
    ['its whole name as RFC 2253 has it, commas escaped', 'User:CN=svc-orders,OU=Ops\\, Team 1,O=Acme Ltd', undefined],
    ['what a rule of Kafka makes of it', 'User:svc-orders', ['RULE:^.*[Cc][Nn]=([a-zA-Z0-9.-]*).*$/$1/L', 'DEFAULT']],
  ])('A1, SEC-8: who shows a certificate is %s, and served without a login', async (_what, principal, rules) => {
    const { said, kafkaPort } = await scene(principal, rules);
    const client = await RawClient.connect(kafkaPort, { ca, ...ofClient });
    // An operation of the cluster: nobody but that principal may do it.
    const { clusterAuthorizedOperations } = await client.ask(metadata, 10, {
      ...everything,
      includeClusterAuthorizedOperations: true,
      includeTopicAuthorizedOperations: false,
    });
    expect(clusterAuthorizedOperations).toBeGreaterThan(0);
    expect(said.find((line) => line.includes('audit.login_done'))).toContain(JSON.stringify(principal));
    // It has said who it is: asked for a login it is out of place, as in Kafka.
    expect(await client.ask(saslHandshake, 1, { mechanism: 'SCRAM-SHA-256' })).toMatchObject({
      errorCode: kafkaErrorCode.ILLEGAL_SASL_STATE,
    });
  });

  it('A1, SEC-7: without one the handshake of TLS 1.3 succeeds, the first read fails, and nothing was answered', async () => {
    const { kafkaPort } = await scene('User:nobody');
    const client = await RawClient.connect(kafkaPort, { ca });
    const failed = new Promise<{ code?: string }>((resolve) => client.socket.once('error', resolve));
    client.send(metadata, 9, everything);
    expect(await client.nextFrame()).toBeNull();
    expect((await failed).code).toBe('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED');
  });

  it('A1, SEC-10: without one the handshake of TLS 1.2 itself fails', async () => {
    const { kafkaPort } = await scene('User:nobody');
    await expect(RawClient.connect(kafkaPort, { ca, maxVersion: 'TLSv1.2' })).rejects.toMatchObject({
      code: expect.stringMatching(/ALERT_HANDSHAKE_FAILURE|ECONNRESET/) as string,
    });
  });

  it('A1, SEC-8: one that the rules make ANONYMOUS of lets nobody in, a super user or not', async () => {
    const { kafkaPort } = await scene('User:ANONYMOUS', ['RULE:^CN=.*$/ANONYMOUS/']);
    const client = await RawClient.connect(kafkaPort, { ca, ...ofClient });
    client.send(metadata, 9, everything);
    expect(await client.nextFrame()).toBeNull();
  });

  it('A1, SEC-7: one that no rule makes a user of lets nobody in, and the log says whose it was', async () => {
    const { said, kafkaPort } = await scene('User:svc-orders', ['RULE:^CN=other$/x/']);
    const client = await RawClient.connect(kafkaPort, { ca, ...ofClient });
    client.send(metadata, 9, everything);
    expect(await client.nextFrame()).toBeNull();
    await expect.poll(() => said.join('\n')).toContain('AUTHENTICATION_REQUIRED');
  });
});
