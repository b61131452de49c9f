import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BrokerProcess } from '@q/testkit';
import type { Costed } from '../cases/measured-pair.ts';
import { readUsage } from '../measure/process-usage.ts';
import { brokerMain } from './build.ts';

export interface ProductBrokerOptions {
  /** Default 0: any free one. */
  readonly port?: number;
  /** Flags for what a case cannot do without; everything else has its default. */
  readonly flags?: readonly string[];
  readonly startTimeoutMs?: number;
}

/** The broker as a user runs it, with default settings, in a process and a folder of its own. */
export function startProductBroker(dataDir: string, { port = 0, flags = [], startTimeoutMs = 30_000 }: ProductBrokerOptions = {}): Promise<BrokerProcess> {
  return BrokerProcess.start({ main: brokerMain, args: ['--data-dir', dataDir, '--log-level', 'info', ...flags], port, startTimeoutMs });
}

export function costOf(broker: BrokerProcess): Costed {
  return { usage: () => readUsage(broker.pid) };
}

/** A folder that is gone when the measurement is over, whatever became of it. */
export async function temporaryFolder(parent: string): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(parent, 'q-bench-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
