import { describe } from 'vitest';
import { appendAndRead } from './append-and-read.ts';
import { compaction } from './compaction.ts';
import { dedup } from './dedup.ts';
import type { StoreKind } from './harness.ts';
import { partitions } from './partitions.ts';
import { restart } from './restart.ts';
import { retention } from './retention.ts';
import { deletion } from './deletion.ts';
import { timesAndEpochs } from './times-and-epochs.ts';
import { transactions } from './transactions.ts';

/** What every LogStore must do, wherever it keeps its logs. */
export function logStoreConformance(kind: StoreKind, o: { keeps: boolean }): void {
  describe(`LogStore conformance: ${kind.name}`, () => {
    appendAndRead(kind);
    partitions(kind);
    deletion(kind);
    timesAndEpochs(kind);
    dedup(kind);
    retention(kind);
    compaction(kind);
    transactions(kind);
    if (o.keeps) restart(kind);
  });
}
