import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { FailingClients } from '../../src/metrics/failing-clients.ts';

const failing = (clientId: string) => ({ door: 'native', clientId, address: '10.0.0.1' });

describe('FailingClients', () => {
  it('M1 names who sends bad requests, the most first', async () => {
    const clock = new ManualClock();
    const clients = new FailingClients({ clock, clientsMax: 4 });
    clients.note(failing('once'), 'UNKNOWN_TOPIC_ID');
    for (let count = 0; count < 3; count += 1) clients.note(failing('often'), 'CORRUPT_BATCH');
    await clock.advance(2000);
    expect(clients.list()).toEqual([
      { ...failing('often'), errors: 3, lastError: 'CORRUPT_BATCH', sinceLastMs: 2000 },
      { ...failing('once'), errors: 1, lastError: 'UNKNOWN_TOPIC_ID', sinceLastMs: 2000 },
    ]);
  });

  it('M1 stays bounded under a crowd of names, and whoever fails often is in it', () => {
    const clients = new FailingClients({ clock: new ManualClock(), clientsMax: 8 });
    for (let round = 0; round < 2000; round += 1) {
      clients.note(failing(`crowd-${round}`), 'MALFORMED_FRAME');
      if (round % 4 === 0) clients.note(failing('culprit'), 'CORRUPT_BATCH');
    }
    const list = clients.list();
    expect(list).toHaveLength(8);
    const culprit = list.find(({ clientId }) => clientId === 'culprit')!;
    expect(culprit.errors).toBeGreaterThanOrEqual(500);
    expect(list.reduce((sum, { errors }) => sum + errors, 0)).toBe(2500);
  });

  it('M1 a long name is cut', () => {
    const clients = new FailingClients({ clock: new ManualClock(), clientsMax: 8 });
    clients.note(failing('x'.repeat(60_000)), 'INVALID_REQUEST');
    expect(clients.list()[0]!.clientId.length).toBeLessThan(200);
  });
});
