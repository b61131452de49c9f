import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BrokerProcess } from '@q/testkit';
import { brokerMain } from './build.ts';

/** The broker as a user runs it, with default settings, in a process and a folder of its own. */
export function startProductBroker(dataDir: string, port = 0): Promise<BrokerProcess> {
  return BrokerProcess.start({ main: brokerMain, args: ['--data-dir', dataDir, '--log-level', 'info'], port });
}

/** A folder that is gone when the measurement is over, whatever became of it. */
export async function temporaryFolder(parent: string): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(parent, 'q-bench-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
