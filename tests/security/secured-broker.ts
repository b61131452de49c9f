import { readFileSync } from 'node:fs';
import { startBroker } from '@q/broker';
import type { Broker, BrokerOptions, Mechanism, TokenOptions } from '@q/broker';
import { kafkaDoor } from '@q/kafka-gateway';
import { onTestFinished } from 'vitest';
import { FramedSocket } from './framed-socket.ts';
import type { LoginDoor, Speaker } from './login-doors.ts';

export function pem(name: string): Buffer {
  return readFileSync(new URL(`certificates/${name}`, import.meta.url));
}

export const ca: Buffer = pem('ca.pem');
export const valid = { cert: pem('valid.pem'), key: pem('valid.key') };

export interface SecuredOptions {
  readonly mechanisms: readonly Mechanism[];
  /** Whose tokens are taken. */
  readonly tokens?: TokenOptions;
  /** Both doors encrypt. */
  readonly isEncrypted?: boolean;
  readonly options?: BrokerOptions;
}

/** A broker in memory that asks everybody who they are, with the users `alice` and `bob`; gone with the test. */
export class SecuredBroker {
  readonly broker: Broker;
  readonly #isEncrypted: boolean;

  private constructor(broker: Broker, isEncrypted: boolean) {
    this.broker = broker;
    this.#isEncrypted = isEncrypted;
  }

  static async start({
    mechanisms,
    tokens,
    isEncrypted = false,
    options = {},
  }: SecuredOptions): Promise<SecuredBroker> {
    const tls = isEncrypted ? { tls: valid } : {};
    const broker = await startBroker({
      storage: 'memory',
      port: 0,
      admin: false,
      ...tls,
      ...options,
      security: { mechanisms, superUsers: ['User:alice'], ...(tokens !== undefined && { tokens }) },
      doors: [{ ...kafkaDoor({ port: 0 }), ...tls }],
    });
    onTestFinished(() => broker.close());
    for (const name of ['alice', 'bob']) await broker.users!.setPassword(name, `${name}-pw`);
    return new SecuredBroker(broker, isEncrypted);
  }

  portOf({ name }: Pick<LoginDoor, 'name'>): number {
    return name === 'native' ? this.broker.port : this.broker.doors[0]!.port;
  }

  /** Connected, and silent. */
  async open(door: Pick<LoginDoor, 'name'>, from?: string): Promise<FramedSocket> {
    const socket = await FramedSocket.open(this.portOf(door), this.#isEncrypted ? { ca } : null, from);
    onTestFinished(() => socket[Symbol.asyncDispose]());
    return socket;
  }

  async greeted(door: LoginDoor, from?: string): Promise<Speaker> {
    return door.greet(await this.open(door, from));
  }
}
