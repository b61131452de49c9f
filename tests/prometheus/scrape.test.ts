import { expect, it, vi } from 'vitest';
import { busyBroker } from './busy-broker.ts';
import { dashboardQueries, withVariables } from './deployed.ts';
import { isInstalled, startPrometheus } from './programs.ts';

interface Answer<T> {
  readonly status: string;
  readonly data: T;
}

interface Vector {
  readonly result: readonly { readonly metric: Readonly<Record<string, string>>; readonly value: [number, string] }[];
}

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly name: string; readonly health: string }[] }[];
}

it(
  'M2 O4 a real Prometheus scrapes a broker, understands all of it, and answers every query of the dashboard',
  { timeout: 60_000 },
  async () => {
    if (!isInstalled('prometheus')) return;
    const { adminUrl } = await busyBroker();
    const prometheus = await startPrometheus(new URL(adminUrl).host);
    const ask = async <T>(path: string): Promise<T> => {
      const answer = (await (await fetch(`${prometheus.url}/api/v1/${path}`)).json()) as Answer<T>;
      expect(answer.status, `${path}: ${JSON.stringify(answer)}`).toBe('success');
      return answer.data;
    };
    const query = async (text: string): Promise<Vector['result']> =>
      (await ask<Vector>(`query?query=${encodeURIComponent(text)}`)).result;

    await vi.waitFor(
      async () => {
        const [up] = await query('up{job="q"}');
        expect(up?.value[1]).toBe('1');
      },
      // It looks for targets every five seconds.
      { timeout: 30_000, interval: 200 },
    );
    expect((await query('q_records_in_total'))[0]!.value[1]).toBe('10');
    expect(await query('q_group_lag_records{group="billing",topic="orders"}')).toHaveLength(1);
    const metadata = await ask<Record<string, readonly { type: string; unit: string }[]>>('metadata');
    expect(metadata['q_records_in']?.[0]?.type).toBe('counter');
    expect(metadata['q_disk_free_bytes']?.[0]).toMatchObject({ type: 'gauge', unit: 'bytes' });
    expect(metadata['q_fsync_duration_seconds']?.[0]?.type).toBe('histogram');

    for (const { query: text } of dashboardQueries()) await query(withVariables(text));
    await vi.waitFor(
      async () => {
        const rules = (await ask<Rules>('rules')).groups.flatMap((group) => group.rules);
        expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
        expect(rules.length).toBeGreaterThan(15);
        // Recorded in a round after the first scrape.
        const [free] = await query('q:disk_free:ratio');
        expect(free?.metric['instance']).toBe(new URL(adminUrl).host);
      },
      { timeout: 30_000, interval: 200 },
    );
  },
);
