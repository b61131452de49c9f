import { connect } from '@q/client';
import { describe, expect, it } from 'vitest';
import { adminBroker } from '../harness.ts';

const login = (password: string) => ({
  headers: { authorization: `Basic ${Buffer.from(`alice:${password}`).toString('base64')}` },
});

describe('metrics of security', () => {
  it('M2, SEC-9: tell logins by the way in and the outcome, and denials by what was wanted', async () => {
    const { broker, ask } = await adminBroker({ security: { mechanisms: ['SCRAM-SHA-256'] } });
    await broker.users!.setPassword('alice', 'alice-pw');
    expect((await ask('/metrics', login('alice-pw'))).status).toBe(403);
    expect((await ask('/metrics', login('wrong'))).status).toBe(401);
    const rule = { principal: 'User:alice', host: '*', permission: 'allow', operation: 'describe' } as const;
    await broker.rules!.add({
      ...rule,
      resourceType: 'cluster',
      patternType: 'literal',
      resourceName: 'kafka-cluster',
    });
    const page = await (await ask('/metrics', login('alice-pw'))).text();
    expect(page).toContain('q_logins_total{mechanism="BASIC",outcome="done"} 1\n');
    expect(page).toContain('q_logins_total{mechanism="BASIC",outcome="refused"} 1\n');
    expect(page).toContain('q_logins_total{mechanism="SCRAM-SHA-512",outcome="refused"} 0\n');
    expect(page).toContain('q_denials_total{resource="cluster",operation="describe"} 1\n');
    expect(page).toContain('q_security_insecure 0\n');
    expect(page).toContain('q_audit_entries_dropped_total 0\n');
  });

  it.each([
    ['0.0.0.0', undefined, 1],
    ['127.0.0.1', undefined, 0],
    ['0.0.0.0', { mechanisms: ['SCRAM-SHA-256'] as const }, 0],
  ] as const)('M2, SEC-7: a broker at %s with security %j is insecure: %i', async (host, security, insecure) => {
    const { ask } = await adminBroker({
      host,
      insecure: true,
      server: { host: '127.0.0.1', openMetrics: true },
      ...(security !== undefined && { security }),
    });
    const page = await (await ask('/metrics')).text();
    expect(page).toContain(`q_security_insecure ${insecure}\n`);
  });

  it('M2, A2: requests of several listeners of one protocol are counted together', async () => {
    const native = { protocol: 'native', port: 0 } as const;
    const { broker, ask } = await adminBroker({
      listeners: [
        { name: 'inside', ...native },
        { name: 'outside', ...native },
      ],
    });
    const ports = broker.listeners.filter(({ protocol }) => protocol === 'native').map(({ port }) => port);
    for (const port of ports) {
      await using q = await connect(`q://127.0.0.1:${port}`);
      await q.admin.describeTopic('no-such-topic').catch(() => undefined);
    }
    const page = await (await ask('/metrics')).text();
    expect(page).toContain('q_requests_failed_total{door="native",api="DESCRIBE_TOPIC"} 2\n');
  });
});
