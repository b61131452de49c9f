import { QuotaBook } from '@q/security';
import { ManualClock } from '@q/testkit';
import type { Clock } from '../../src/clock.ts';
import { silentLogger } from '../../src/logger.ts';
import type { BrokerLogger } from '../../src/logger.ts';
import { Throttle } from '../../src/services/quotas/throttle.ts';
import { ThrottledUsers } from '../../src/services/quotas/throttled-users.ts';

/** A throttle without a store: `changed` is to be called after each change of the book. */
export function throttleOf(
  book: QuotaBook = new QuotaBook(),
  { clock = new ManualClock(), logger = silentLogger }: { readonly clock?: Clock; readonly logger?: BrokerLogger } = {},
): { readonly throttle: Throttle; readonly users: ThrottledUsers; readonly changed: () => void } {
  const users = new ThrottledUsers({ clock, logger });
  let changed = (): void => undefined;
  const store = { book, onChange: (listener: () => void) => void (changed = listener) };
  return { throttle: new Throttle({ store, clock, users }), users, changed: () => changed() };
}
