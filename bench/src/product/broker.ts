import { rmSync } from 'node:fs';
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
  /** Another build of the program. */
  readonly main?: string;
  /** Flags for Node itself. */
  readonly nodeFlags?: readonly string[];
}

/** The broker as a user runs it, with default settings, in a process and a folder of its own. */
export function startProductBroker(
  dataDir: string,
  { port = 0, flags = [], startTimeoutMs = 30_000, main = brokerMain, nodeFlags = [] }: ProductBrokerOptions = {},
): Promise<BrokerProcess> {
  return BrokerProcess.start({
    main,
    args: ['--data-dir', dataDir, '--log-level', 'info', ...flags],
    nodeFlags,
    port,
    startTimeoutMs,
  });
}

export function costOf(broker: BrokerProcess): Costed {
  return { usage: () => readUsage(broker.pid) };
}

/**
 * A folder that is gone when the measurement is over, whatever became of it, and also when this process is told to end.
 */
export async function temporaryFolder(parent: string): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(parent, 'q-bench-'));
  // Whoever writes into it is killed at the same moment, and may not be gone yet.
  const removeAtExit = (): void => rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  process.once('exit', removeAtExit);
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await rm(path, { recursive: true, force: true });
      process.removeListener('exit', removeAtExit);
    },
  };
}
