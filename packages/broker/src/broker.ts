import type { DoorAddress } from './door.ts';
import type { ListenerAddress } from './listener-options.ts';
import type { HealthWatch } from './services/health/health-watch.ts';
import type { OwnRules } from './services/access/own-rules.ts';
import type { Users } from './services/identity/passwords.ts';
import type { Quotas } from './services/quotas/quotas.ts';
import type { BrokerSettings } from './services/settings/broker-settings.ts';

/** A running broker. */
export interface Broker extends AsyncDisposable {
  readonly brokerId: number;
  readonly clusterId: string;
  readonly host: string;
  readonly port: number;
  /** `host:port`. */
  readonly address: string;
  /** `q://host:port`, or `qs://` for an encrypted one, as a client takes it. */
  readonly url: string;
  /** Where the admin HTTP interface listens, or null without one. */
  readonly adminUrl: string | null;
  /** What is in force and who said so; changes it while the broker runs, as far as that can be. */
  readonly settings: Pick<
    BrokerSettings,
    'revision' | 'file' | 'lastReload' | 'valueOf' | 'list' | 'describe' | 'change' | 'reload' | 'onChange'
  >;
  /** What is wrong with it, and since when; and what the program around it finds is told with that (`tell`, `note`). */
  readonly health: Pick<HealthWatch, 'report' | 'tell' | 'note' | 'onChange' | 'stuckMs'>;
  /** Who may come in; null for a broker that asks nobody (`BrokerOptions.security`). */
  readonly users: Users | null;
  /** How much whoever may use in a second. */
  readonly quotas: Pick<Quotas, 'list' | 'set' | 'remove'>;
  /** Who may do what; null for a broker that asks nobody who they are. */
  readonly rules: Pick<OwnRules, 'list' | 'add' | 'remove' | 'test'> | null;
  /** Where the doors of other protocols are. */
  readonly doors: readonly DoorAddress[];
  /** Every port, those of the admin interface too. `host`, `port` and `url` are those of the first native one. */
  readonly listeners: readonly ListenerAddress[];
  /**
   * Stops: takes no more connections and requests, answers those in flight for at most `timeoutMs` (default 10 s), ends
   * long polls with what they have, flushes, and marks the data folder as cleanly closed. Calling it again gives the
   * same promise. Rejects with a QError if the data could not be flushed; everything is closed all the same.
   */
  close(options?: CloseOptions): Promise<void>;
}

/** How to stop. `timeoutMs`: how long requests that are under way may take, in ms. */
export interface CloseOptions {
  readonly timeoutMs?: number;
}
