/** What a start says of its ports, and whether anybody can come in (rows A1, O1). */
import { startBroker } from '@q/broker';
import type { BrokerOptions } from '@q/broker';
import { expect, it, onTestFinished } from 'vitest';
import { hasNoWayIn, listenerText, placeToCallAt } from '../src/ways-in.ts';

async function start(options: Partial<BrokerOptions>) {
  const broker = await startBroker({ storage: 'memory', admin: false, ...options });
  onTestFinished(() => broker.close());
  return broker;
}

it('A1, O1: names every listener, and calls at one that asks', async () => {
  const broker = await start({
    security: { mechanisms: ['SCRAM-SHA-512'] },
    listeners: [
      { name: 'inside', protocol: 'native', host: '127.0.0.1', port: 0, authentication: 'none' },
      { name: 'outside', protocol: 'native', host: '127.0.0.1', port: 0 },
    ],
  });
  const [inside, outside] = broker.listeners;
  expect(broker.listeners.map(listenerText)).toEqual([
    `inside q://127.0.0.1:${inside!.port} (asks nobody)`,
    `outside q://127.0.0.1:${outside!.port} (password)`,
  ]);
  expect(placeToCallAt(broker)).toEqual({
    url: `q://127.0.0.1:${outside!.port}`,
    port: outside!.port,
    logins: ['password'],
  });
});

it('A1: tells when nobody can come in', async () => {
  const asking = await start({ port: 0, security: { mechanisms: ['SCRAM-SHA-512'] } });
  expect(hasNoWayIn(asking)).toBe(true);
  await asking.users?.setPassword('ann', 'a password');
  expect(hasNoWayIn(asking)).toBe(false);
  expect(hasNoWayIn(await start({ port: 0 }))).toBe(false);
});
