import type { QError } from '@q/client';
import { formatCount } from '../output/units.ts';

/** Records that were taken but could not be delivered. */
export class ProduceFailures {
  first: QError | null = null;
  #records = 0;

  add(error: QError, records: number): void {
    this.first ??= error;
    this.#records += records;
  }

  /** Throws the first error, and says how much was stored all the same: whoever repeats the command has to know. */
  async throwFirst(sent: number): Promise<void> {
    if (this.first === null) return;
    const { QError } = await import('@q/client');
    const stored = `${formatCount(sent - this.#records)} of the ${formatCount(sent)} records read were stored`;
    throw new QError(this.first.code, `${this.first.message}; ${stored}`, {
      cause: this.first,
      details: this.first.details,
    });
  }
}
