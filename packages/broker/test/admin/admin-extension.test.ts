import { onTestFinished, describe, expect, it } from 'vitest';
import { startBroker } from '../../src/index.ts';
import type { AdminExtension, Broker } from '../../src/index.ts';

async function brokerWith(extension: AdminExtension): Promise<Broker> {
  const broker = await startBroker({ storage: 'memory', port: 0, admin: { port: 0, extension } });
  onTestFinished(() => broker.close({ timeoutMs: 100 }));
  return broker;
}

describe('an admin extension', () => {
  it('O2 answers what the probes do not, from the moment at which it is open', async () => {
    const gate = Promise.withResolvers<void>();
    const opened = Promise.withResolvers<void>();
    const broker = await brokerWith({
      open: async ({ identity }, tools) => {
        await gate.promise;
        tools.clock.defer(opened.resolve);
        return {
          listener: (request, response) => response.end(`${request.url} of ${identity.clusterId}, ${tools.phase()}`),
          close: () => Promise.resolve(),
        };
      },
    });
    const early = await fetch(`${broker.adminUrl}/any`);
    expect([early.status, early.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await early.json()).toMatchObject({ status: 503, title: 'The broker is starting' });
    expect((await fetch(`${broker.adminUrl}/readyz`)).status).toBe(200);
    gate.resolve();
    await opened.promise;
    expect(await (await fetch(`${broker.adminUrl}/any?x=1`)).text()).toBe(`/any?x=1 of ${broker.clusterId}, ready`);
    expect(await (await fetch(`${broker.adminUrl}/healthz`)).json()).toEqual({ status: 'alive' });
  });

  it('O2 is closed with the broker, also when it was still being opened', async () => {
    const gate = Promise.withResolvers<void>();
    let closed = 0;
    const late = Promise.withResolvers<void>();
    const close = (): Promise<void> => {
      closed += 1;
      if (closed === 2) late.resolve();
      return Promise.resolve();
    };
    const listener = (): void => undefined;
    const open = await brokerWith({ open: () => Promise.resolve({ listener, close }) });
    await open.close();
    expect(closed).toBe(1);
    const opening = await brokerWith({ open: () => gate.promise.then(() => ({ listener, close })) });
    await opening.close();
    expect(closed).toBe(1);
    gate.resolve();
    await late.promise;
    expect(closed).toBe(2);
  });

  it('O2 that cannot be opened leaves the broker as it is', async () => {
    const logged: string[] = [];
    const quiet = (): void => undefined;
    const logger = {
      debug: quiet,
      info: quiet,
      warn: quiet,
      error: (_: object, text: string) => void logged.push(text),
    };
    const extension = { open: () => Promise.reject(new Error('no')) };
    const broker = await startBroker({ storage: 'memory', port: 0, admin: { port: 0, extension }, logger });
    onTestFinished(() => broker.close());
    expect((await fetch(`${broker.adminUrl}/api`)).status).toBe(503);
    expect((await fetch(`${broker.adminUrl}/readyz`)).status).toBe(200);
    expect(logged).toEqual(['the admin interface could not be opened; only its probes answer']);
  });
});
