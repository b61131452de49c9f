import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { adminBroker } from '../harness.ts';

const fixture = (name: string): URL => new URL(`../../../broker/test/certificates/${name}`, import.meta.url);

describe('certificates', () => {
  it('A2: are listed by listener, and read again on demand; what cannot be used is told, and changes nothing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'q-certificates-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const put = (name: string): void => {
      copyFileSync(fixture(`${name}.pem`), cert);
      copyFileSync(fixture(`${name}.key`), key);
    };
    put('broker');
    const { get, ask } = await adminBroker({ tls: { cert: { file: cert }, key: { file: key } } });
    interface Listed {
      readonly listener: string;
      readonly certificates: readonly { readonly serial: string; readonly validToMs: number }[];
      readonly problem: string | null;
    }
    const [before] = await get<Listed[]>('/api/v1/certificates');
    expect(before).toMatchObject({ problem: null, certificates: [{ subject: expect.any(String) as string }] });
    expect(before).toMatchObject({
      certificates: [{ issuer: expect.stringMatching(/^CN=/), names: ['localhost', '127.0.0.1'] }],
    });
    expect(before!.certificates[0]!.validToMs).toBeGreaterThan(Date.now());
    const reload = async (): Promise<Listed> => {
      const response = await ask('/api/v1/certificates/reload', { method: 'POST' });
      return ((await response.json()) as Listed[])[0]!;
    };
    put('broker-2');
    const after = await reload();
    expect(after.problem).toBe(null);
    expect(after.certificates[0]!.serial).not.toBe(before!.certificates[0]!.serial);
    writeFileSync(cert, 'no certificate');
    const broken = await reload();
    expect(broken.problem).toEqual(expect.any(String));
    expect(broken.certificates).toEqual(after.certificates);
    expect(JSON.stringify(broken)).not.toContain(readFileSync(key, 'utf8').slice(40, 80));
    const page = await (await ask('/metrics')).text();
    expect(page).toMatch(/^q_certificate_expiry_seconds\{listener="native",subject="[^"]+"\} \d{5,}/m);
  });

  it('A2, SEC-15: a reload is noted in the audit trail as of whoever asked for it', async () => {
    const pem = (name: string): string => readFileSync(fixture(name), 'utf8');
    const folder = mkdtempSync(join(tmpdir(), 'q-certificates-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = (name: string): string => join(folder, name);
    const put = (name: string): void => {
      writeFileSync(file('cert.pem'), pem(`${name}.pem`));
      writeFileSync(file('key.pem'), pem(`${name}.key`));
    };
    put('broker');
    const { broker, ask, get } = await adminBroker({
      security: { mechanisms: ['SCRAM-SHA-256'], superUsers: ['User:ann', 'User:ANONYMOUS'] },
      server: { authentication: 'none' },
      tls: { cert: { file: file('cert.pem') }, key: { file: file('key.pem') } },
    });
    await broker.users!.setPassword('ann', 'ann-pw');
    put('broker-2');
    const authorization = `Basic ${Buffer.from('ann:ann-pw').toString('base64')}`;
    await ask('/api/v1/certificates/reload', { method: 'POST', headers: { authorization } });
    const entries = async () =>
      (await get<{ entries: readonly object[] }>('/api/v1/audit?event=audit.certificates_reloaded')).entries;
    await expect.poll(entries).toMatchObject([{ principal: 'User:ann', resourceName: 'native', result: 'done' }]);
  });

  it('A2: a broker that does not encrypt has none', async () => {
    const { get } = await adminBroker();
    expect(await get('/api/v1/certificates')).toEqual([]);
  });
});
