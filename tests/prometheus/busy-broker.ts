import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adminExtension } from '@q/admin';
import { startBroker } from '@q/broker';
import { connect } from '@q/client';
import { onTestFinished, vi } from 'vitest';

/** A broker on a disk that has done something of everything, so that it shows all its metrics. Gone with the test. */
export async function busyBroker(): Promise<{ adminUrl: string; page: () => Promise<string> }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'q-metrics-'));
  const pem = (name: string): Buffer =>
    readFileSync(new URL(`../../packages/broker/test/certificates/${name}`, import.meta.url));
  const tls = { cert: pem('broker.pem'), key: pem('broker.key') };
  const broker = await startBroker({
    dataDir,
    listeners: [
      { name: 'inside', protocol: 'native', port: 0 },
      { name: 'outside', protocol: 'native', port: 0, tls },
    ],
    admin: { port: 0, extension: adminExtension() },
  });
  const adminUrl = broker.adminUrl!;
  const q = await connect(broker.url, { clientId: 'tester' });
  onTestFinished(async () => {
    await q.close();
    await broker.close({ timeoutMs: 100 });
    rmSync(dataDir, { recursive: true, force: true });
  });
  await q.admin.createTopic('orders', { partitions: 2 });
  await using producer = q.producer();
  for (let count = 0; count < 10; count += 1) await producer.send('orders', { value: `order ${count}` });
  await q.admin.resetGroupOffsets('billing', { orders: { 0: 0 } });
  await q.admin.describeTopic('no-such-topic').catch(() => undefined);
  const page = async (): Promise<string> => (await fetch(`${adminUrl}/metrics`)).text();
  // The interface is loaded when the broker is ready.
  await vi.waitFor(async () => {
    if (!(await fetch(`${adminUrl}/metrics`)).ok) throw new Error('not yet');
  });
  return { adminUrl, page };
}
