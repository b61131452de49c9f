import type { AdminOptions } from '@q/admin';
import type { AdminExtension } from '@q/broker';

/**
 * What the admin HTTP server answers beyond its probes. It is loaded when `mayLoad` resolves: once the broker has told
 * that it is ready, because loading holds the process for some ms.
 */
export function lazyAdmin(mayLoad: Promise<void>, options: AdminOptions): AdminExtension {
  return {
    allowedHosts: options.allowedHosts ?? [],
    open: async (services, tools) => {
      await mayLoad;
      const { adminExtension } = await import('@q/admin');
      return await adminExtension(options).open(services, tools);
    },
  };
}
