import { batchBaseOffset } from '@q/protocol';
import type { LogConfig, PartitionLog } from '@q/storage';
import { describe, expect, it } from 'vitest';
import { append, batch } from '../conformance/harness.ts';
import { DiskUnderTest, batchPositions, firstLogFile } from '../fixtures.ts';

const sectorBytes = 512;
/** Offsets of two bytes, so that a sector can end between them. */
const recordsBefore = 300;
const plain: Partial<LogConfig> = {};
const compacted: Partial<LogConfig> = { cleanupPolicy: { delete: false, compact: true } };
const kinds = [
  { name: 'plain', config: plain },
  { name: 'compacted', config: compacted },
];

/** A batch of 300 records, one of one record that ends `lostBytes` before the end of a sector, and `behind` more. */
async function filled(config: Partial<LogConfig>, o: { lostBytes: number; behind: number }): Promise<DiskUnderTest> {
  const under = await DiskUnderTest.start();
  const log = await under.open(config);
  await append(
    log,
    Array.from({ length: recordsBefore }, (_, index) => `k${index}=v`),
  );
  const { length } = await under.disk.readFile(firstLogFile);
  const fits = (padding: number): boolean =>
    (length + batch([padded(padding)]).length + o.lostBytes) % sectorBytes === 0;
  await append(log, [padded(Array.from({ length: 2 * sectorBytes }, (_, padding) => padding).find(fits)!)]);
  for (let index = 0; index < o.behind; index += 1) await append(log, [`b${index}=v`]);
  return under;
}

function padded(bytes: number): string {
  return `p=v${'.'.repeat(bytes)}`;
}

async function change(under: DiskUnderTest, work: (file: Buffer, positions: number[]) => void): Promise<void> {
  await under.disk.damage(firstLogFile, (bytes) => {
    work(bytes, batchPositions(bytes));
    return bytes;
  });
}

/** The sector in which the third batch begins keeps what was in it before that batch was written. */
async function loseItsSector(under: DiskUnderTest, lostBytes: number): Promise<void> {
  await change(under, (file, positions) => void file.fill(0, positions[2], positions[2]! + lostBytes));
}

async function afterCrash(under: DiskUnderTest, config: Partial<LogConfig>): Promise<PartitionLog> {
  await under.crash('none');
  return await under.open(config);
}

describe.each(kinds)('a write of which the sector with its first offset is lost, in a $name log', ({ config }) => {
  it.each([5, 6, 7, 8, 9, 10, 11])(
    'S2 is no damage when %i bytes of it lay there: it goes if its offset did',
    async (lostBytes) => {
      for (const behind of [1, 2]) {
        const under = await filled(config, { lostBytes, behind });
        await loseItsSector(under, lostBytes);
        const log = await afterCrash(under, config);
        // An offset below 2^16 has nothing in the first six of its bytes.
        const isWhole = lostBytes < 7;
        expect([log.state, log.logEndOffset]).toEqual(['open', recordsBefore + 1 + (isWhole ? behind : 0)]);
        expect(under.store.stats).toMatchObject({ tailsCut: isWhole ? 0 : 1, logsQuarantined: 0 });
        expect((await under.names()).some((name) => name.endsWith('.aside'))).toBe(!isWhole && behind > 1);
        expect(await append(log, ['k=next'])).toMatchObject({ baseOffset: log.logEndOffset - 1 });
      }
    },
  );
});

describe('what only looks like it, in a compacted log', () => {
  it('S2 a base offset that has grown sets the log aside, though the next one looks like the rest of it', async () => {
    for (const { lostBytes, byte } of [
      { lostBytes: 5, byte: 4 },
      { lostBytes: 7, byte: 6 },
    ]) {
      const under = await filled(compacted, { lostBytes, behind: 2 });
      await change(under, (file, positions) => void (file[positions[1]! + byte]! ^= 0x20));
      const before = await under.disk.readFile(firstLogFile);
      const log = await afterCrash(under, compacted);
      expect(log.state).toBe('quarantined');
      expect(await under.disk.readFile(firstLogFile)).toEqual(before);
    }
  });

  it('S2 a base offset that has shrunk and has no sector that ends in it sets the log aside', async () => {
    const under = await filled(compacted, { lostBytes: 100, behind: 2 });
    await change(under, (file, positions) => {
      file.writeBigInt64BE(1n, positions[2]);
      expect(batchBaseOffset(file, positions[2])).toBe(1);
    });
    expect((await afterCrash(under, compacted)).state).toBe('quarantined');
  });
});
