import { describe, expect, it, vi } from 'vitest';

describe('examples', () => {
  it('crash-a-disk says what it says it says', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    await import('../examples/crash-a-disk.ts');
    expect(log.mock.calls).toEqual([['open, ends at offset 0']]);
    log.mockRestore();
  });
});
