import type { Broker, HealthReport } from '@q/broker';

/** How the program tells its service manager what it does. */
export interface ServiceLink {
  /** The start goes on: it is given more time. */
  starting(): void;
  /** It serves, as the status says; from now on the manager hears that it is alive. */
  ready(status: string, broker: WatchedBroker): void;
  reloading(): void;
  reloaded(): void;
  /** Resolves when the manager has been told, or after a moment. */
  stopping(): Promise<void>;
}

/** What is looked at of a broker. */
export interface WatchedBroker {
  readonly health: {
    report(): HealthReport;
    /** For how long the disk has not finished a round of writes, in ms. */
    readonly stuckMs: number;
  };
}

/** Whether a service manager wants to hear of this process. */
export function isManaged(env: Readonly<Record<string, string | undefined>>): boolean {
  return (env['NOTIFY_SOCKET'] ?? '') !== '';
}

/** Settings that tell the manager when they are read again, and when that is over. */
export function toldOf(
  settings: Pick<Broker['settings'], 'reload'>,
  manager: Pick<ServiceLink, 'reloading' | 'reloaded'> | null,
): Pick<Broker['settings'], 'reload'> {
  if (manager === null) return settings;
  return {
    reload: async (by) => {
      manager.reloading();
      try {
        return await settings.reload(by);
      } finally {
        manager.reloaded();
      }
    },
  };
}
