/** Listeners where nobody has to say who they are, or nobody could (rows A1, A2). */
import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkOptions, startBroker } from '../src/index.ts';
import type { BrokerOptions, ListenerOptions } from '../src/index.ts';
import { nodeNetwork } from '../src/transport/node-network.ts';
import type { Network } from '../src/transport/network.ts';
import { SaidLines } from './fakes/said-lines.ts';

const pem = (name: string): string => readFileSync(new URL(`certificates/${name}`, import.meta.url), 'utf8');
const tls = { cert: pem('broker.pem'), key: pem('broker.key') };
const security = { mechanisms: ['SCRAM-SHA-256'] } as const;
/** Whatever address is wanted, the machine of the tests is not reached from outside. */
const network: Network = { ...nodeNetwork, listen: (options) => nodeNetwork.listen({ ...options, host: '127.0.0.1' }) };
const secured: ListenerOptions = { name: 'outside', protocol: 'native', host: '0.0.0.0', port: 0 };
const open: ListenerOptions = { ...secured, name: 'open', authentication: 'none' };

describe('a listener that asks nobody, beside those that ask', () => {
  it.each([
    ['0.0.0.0', 1],
    ['127.0.0.1', 0],
  ])('A1, SEC-7: at %s is told of in the log: %i', async (host, told) => {
    const said = new SaidLines();
    const listeners = [secured, { ...open, host }];
    const broker = await startBroker({
      storage: 'memory',
      admin: false,
      security,
      listeners,
      network,
      logger: said.logger,
    });
    onTestFinished(() => broker.close());
    const warnings = said.of('broker.no_login');
    expect(warnings).toHaveLength(told);
    if (told > 0) expect(JSON.stringify(warnings)).toMatch(/open=0\.0\.0\.0:\d+/);
    expect(JSON.stringify(warnings)).not.toContain('outside=');
  });

  it('A1, SEC-7: is refused where whoever has no name may do everything, as a broker without security is', () => {
    const given = { listeners: [secured, open], security: { ...security, superUsers: ['User:ANONYMOUS'] } };
    expect(() => checkOptions(given)).toThrow(/listeners\.open\.host = .*--insecure/);
    expect(() => checkOptions({ ...given, insecure: true })).not.toThrow();
    expect(() => checkOptions({ ...given, listeners: [secured, { ...open, host: '127.0.0.1' }] })).not.toThrow();
  });
});

describe('PLAIN without TLS', () => {
  const plain = { mechanisms: ['PLAIN'] } as const;

  it.each<[string, BrokerOptions]>([
    ['security.mechanisms', { security: plain, port: 0 }],
    ['listeners.outside.authentication.mechanisms', { security, listeners: [{ ...secured, authentication: plain }] }],
  ])('A1, SEC-8: as the only way in is refused, since nobody could log in: %s', (setting, options) => {
    expect(() => checkOptions({ admin: false, ...options })).toThrow(
      expect.objectContaining({
        code: 'INVALID_CONFIG',
        message: expect.stringMatching(`^${setting} = "PLAIN": .*over TLS alone.*another mechanism`) as string,
      }),
    );
  });

  it.each<[string, BrokerOptions]>([
    ['over TLS', { security: plain, port: 0, tls, admin: false }],
    ['beside another mechanism', { security: { mechanisms: ['PLAIN', 'SCRAM-SHA-256'] }, port: 0 }],
    ['at the admin interface, which takes it from the machine itself', { security: plain, port: 0, tls, admin: {} }],
  ])('A1: %s is taken', (_how, options) => {
    expect(() => checkOptions(options)).not.toThrow();
  });
});
