import type { BrokerProcess } from '@q/testkit';
import { Worker } from '../measure/worker.ts';
import { startProductBroker } from '../product/broker.ts';
import type { FillOptions } from '../product/fill.ts';

export type Filling = Omit<FillOptions, 'url'>;

/** Slower than any disk that a measurement makes sense on; what does not come in this time does not come. */
const slowestBytesPerMs = 20_000;

export function fillTimeoutMs({ shape, records }: Filling): number {
  return 30_000 + Math.ceil((records * shape.valueBytes) / slowestBytesPerMs);
}

/** Not measured: puts the records in, and ends when they are acknowledged. */
export async function fill(broker: BrokerProcess, filling: Filling): Promise<void> {
  await using filler = Worker.start('product/fill.ts', { ...filling, url: broker.url } satisfies FillOptions);
  await filler.next('ready', 30_000);
  filler.go();
  await filler.next('result', fillTimeoutMs(filling));
}

/** As `fill`, with a broker that is stopped again. */
export async function fillFolder(directory: string, filling: Filling): Promise<void> {
  await using broker = await startProductBroker(directory);
  await fill(broker, filling);
  await broker.stop();
}
