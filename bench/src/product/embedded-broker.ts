/*
 * A broker in a process of its own that does nothing else, with what the case names of TLS, users and rules, and with
 * default settings otherwise. All that it is compared with runs in the same program.
 */
import { readFileSync } from 'node:fs';
import { startBroker } from '@q/broker';
import type { Broker, BrokerOptions, Mechanism } from '@q/broker';
import { report, workerOptions } from '../measure/worker-channel.ts';

export interface EmbeddedBrokerOptions {
  readonly directory: string;
  /** Files in PEM; absent: plain. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  /** Everybody is asked; `user` may do everything by rules of its own. Absent: nobody is. */
  readonly security?: {
    readonly mechanisms: readonly Mechanism[];
    readonly user: { readonly name: string; readonly password: string };
    /** So many rules for others, and other names. */
    readonly otherRules: number;
  };
  readonly limits?: NonNullable<BrokerOptions['limits']>;
}

export interface EmbeddedBrokerReady {
  readonly url: string;
}

const { directory, tls, security, limits } = workerOptions<EmbeddedBrokerOptions>();
const broker = await startBroker({
  dataDir: directory,
  port: 0,
  admin: false,
  ...(tls !== undefined && { tls: { cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile) } }),
  ...(security !== undefined && { security: { mechanisms: security.mechanisms } }),
  ...(limits !== undefined && { limits }),
});
if (security !== undefined) await secure(broker, security);
const url = `${tls === undefined ? 'q' : 'qs'}://127.0.0.1:${broker.port}`;
await report('ready', { url } satisfies EmbeddedBrokerReady);

async function secure(
  { users, rules }: Broker,
  { user, otherRules }: NonNullable<EmbeddedBrokerOptions['security']>,
): Promise<void> {
  await users!.setPassword(user.name, user.password);
  const common = { host: '*', permission: 'allow', operation: 'all' } as const;
  const principal = `User:${user.name}`;
  await rules!.add({ ...common, principal, resourceType: 'topic', patternType: 'literal', resourceName: '*' });
  // Many at once, so that they share rounds of the disk.
  const others = Array.from({ length: otherRules }, (_, at) =>
    rules!.add({
      ...common,
      // A tenth of them is about this user too, and every third about a beginning of names.
      principal: at % 10 === 0 ? principal : `User:other-${at % 500}`,
      permission: at % 20 === 10 ? 'deny' : 'allow',
      resourceType: 'topic',
      patternType: at % 3 === 0 ? 'prefixed' : 'literal',
      resourceName: `others-${at}`,
    }),
  );
  await Promise.all(others);
}
