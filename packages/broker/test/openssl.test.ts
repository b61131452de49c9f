/** What the real openssl sees of a listener (rows A1, A2). Without it these are skipped. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startBroker } from '../src/index.ts';

const path = (name: string): string => fileURLToPath(new URL(`certificates/${name}`, import.meta.url));
const file = (name: string) => ({ file: path(name) });

/** All that a program says; its input ends at once. */
function said(args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const running = execFile('openssl', args, { timeout: 10_000 }, (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    );
    running.stdin?.on('error', () => undefined).end('Q\n');
  });
}

let version = '';
beforeAll(async () => {
  version = await said(['version']);
});

describe('A1 openssl s_client', () => {
  const dial = async (...args: readonly string[]) => {
    const broker = await startBroker({
      storage: 'memory',
      port: 0,
      admin: false,
      tls: {
        cert: file('broker.pem'),
        key: file('broker.key'),
        others: [{ cert: file('client.pem'), key: file('client.key') }],
        ca: file('ca.pem'),
        clientCertificates: 'wanted',
      },
    });
    onTestFinished(() => broker.close());
    return said(['s_client', '-connect', `127.0.0.1:${broker.port}`, '-CAfile', path('ca.pem'), ...args]);
  };

  it('A1, SEC-10: sees TLS 1.3, a chain that verifies, no compression and the authorities it may show', async (context) => {
    if (!version.startsWith('OpenSSL'))
      return context.skip('what openssl s_client sees is not tried here: there is no openssl');
    const text = await dial('-verify_return_error');
    expect(text).toMatch(/TLSv1\.3/);
    expect(text).toMatch(/Verify return code: 0 \(ok\)/);
    expect(text).toMatch(/Compression: NONE/);
    expect(text).toMatch(/Acceptable client certificate CA names/);
  });

  it('A1, SEC-10: gets TLS 1.2 where it wants no more, with renegotiation only as a secure one that is refused', async (context) => {
    if (!version.startsWith('OpenSSL'))
      return context.skip('what openssl s_client sees is not tried here: there is no openssl');
    expect(await dial('-tls1_2')).toMatch(/Protocol *: TLSv1\.2/);
    expect(await dial('-tls1_1')).not.toMatch(/Verify return code: 0 \(ok\)[\s\S]*Cipher *: [A-Z0-9-]{8}/);
  });

  it('A1, SEC-10: that names a protocol by ALPN is answered without one', async (context) => {
    if (!version.startsWith('OpenSSL'))
      return context.skip('what openssl s_client sees is not tried here: there is no openssl');
    expect(await dial('-alpn', 'h2,kafka')).toMatch(/No ALPN negotiated/);
  });
});
