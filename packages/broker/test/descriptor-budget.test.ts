import { defaultStorageLimits } from '@q/storage';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { budgetDescriptors, descriptorsMin } from '../src/descriptor-budget.ts';
import { checkLimits, defaultLimits } from '../src/limits.ts';
import { readDescriptorLimit } from '../src/node-descriptor-limit.ts';

const defaults = { limits: defaultLimits, storageLimits: {} };

describe('the budget of descriptors', () => {
  it('Q2 changes nothing where there are plenty, or where nobody knows', () => {
    for (const descriptorsMax of [null, 20_000, 1_048_576]) {
      const { limits, storageLimits, isReduced } = budgetDescriptors(descriptorsMax, defaults);
      expect([limits, { ...defaultStorageLimits, ...storageLimits }, isReduced]).toEqual([
        defaultLimits,
        defaultStorageLimits,
        false,
      ]);
    }
  });

  it('Q2 leaves descriptors for everything else, whatever was asked for', () => {
    const wanted = fc.record({
      connectionsMax: fc.integer({ min: 2_000, max: 100_000 }),
      openFilesMax: fc.integer({ min: 1, max: 1_280 }),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: descriptorsMin, max: 30_000 }),
        wanted,
        (descriptorsMax, { connectionsMax, openFilesMax }) => {
          const asked = { limits: { ...defaultLimits, connectionsMax }, storageLimits: { openFilesMax } };
          const { limits, storageLimits, adminConnectionsMax } = budgetDescriptors(descriptorsMax, asked);
          const files = storageLimits.openFilesInUseMax!;
          const spent = files + limits.connectionsMax + limits.refusalsMax + adminConnectionsMax;
          // Streams, listeners, journal, lock; and each log that is being opened or checkpointed has a few files open
          // for a moment.
          expect(spent + 64 + 2 * storageLimits.logsInParallelMax!).toBeLessThanOrEqual(descriptorsMax);
          expect(storageLimits.openFilesMax).toBeLessThanOrEqual(files);
          expect(checkLimits(limits)).toBeNull();
        },
      ),
    );
  });

  it('Q2 with 1,024 is enough for hundreds of connections and thousands of partitions, and one address cannot have them all', () => {
    const { limits, isReduced } = budgetDescriptors(1_024, defaults);
    expect(isReduced).toBe(true);
    expect(limits.connectionsMax).toBeGreaterThan(300);
    expect(limits.connectionsPerAddressMax).toBeLessThan(limits.connectionsMax);
    expect(limits.partitionsMax).toBeGreaterThan(5_000);
  });

  it('Q3 says what to do where there are too few for any broker', () => {
    expect(() => budgetDescriptors(64, defaults)).toThrow(/64 files open.*needs 128.*ulimit -n/);
  });

  it('Q2 follows from what the system says', () => {
    expect(readDescriptorLimit()).toBeGreaterThan(descriptorsMin);
  });
});
