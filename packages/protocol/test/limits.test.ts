import { describe, expect, it } from 'vitest';
import { protocolLimits } from '../src/index.ts';

describe('protocolLimits', () => {
  it('P5 starts with batches of at most 1 MiB', () => {
    expect(protocolLimits.batchBytesMax).toBe(1024 * 1024);
  });

  it('are whole and positive', () => {
    for (const limit of Object.values(protocolLimits)) expect(Number.isSafeInteger(limit) && limit > 0).toBe(true);
  });
});
