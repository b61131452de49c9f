import type { EndCause } from '@q/coordinator';

/** What became of transactions since the start. */
export class TransactionNumbers {
  committed = 0;
  readonly aborted: Record<EndCause, number> = { producer: 0, timeout: 0, fence: 0, operator: 0 };
}
