import { describe, expect, it, vi } from 'vitest';
import { adminBroker, openToAll } from '../harness.ts';
import { EventReader } from '../stream/event-reader.ts';

interface Page {
  readonly entries: readonly { readonly event: string; readonly resourceName?: string }[];
  readonly next: number | null;
}

describe('the audit trail', () => {
  it('SEC-15: is read page by page, filtered, and followed', async () => {
    const { get, send, url } = await adminBroker(openToAll);
    const follower = await EventReader.open(`${url}/api/v1/audit`);
    const ofTopics = await EventReader.open(`${url}/api/v1/audit?event=topic_*`);
    await send('POST', '/api/v1/users', { name: 'alice', password: 'canary-7f3a' });
    await send('POST', '/api/v1/topics', { name: 'orders' });
    const [first, second] = [await follower.next(), await follower.next()];
    follower.close();
    expect(await ofTopics.next()).toMatchObject({ data: { event: 'audit.topic_created' } });
    ofTopics.close();
    expect([first, second]).toMatchObject([
      { event: 'entry', data: { event: 'audit.user_created', resourceName: 'alice', door: 'admin' } },
      { event: 'entry', data: { event: 'audit.topic_created', resourceName: 'orders' } },
    ]);
    // An entry is told before it is on the disk.
    const page = await vi.waitFor(async () => {
      const latest = await get<Page>('/api/v1/audit?limit=1&event=topic_*');
      expect(latest.entries).toMatchObject([{ resourceName: 'orders' }]);
      return latest;
    });
    const older = await get<Page>(`/api/v1/audit?event=user_*&before=${page.next}`);
    expect(older.entries).toMatchObject([{ event: 'audit.user_created' }]);
    expect(JSON.stringify(await get('/api/v1/audit'))).not.toContain('canary-7f3a');
  });
});
