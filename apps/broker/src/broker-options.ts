import type { AdminExtension, BrokerOptions } from '@q/broker';
import { auditOptions } from './audit-options.ts';
import { listedListeners } from './listener-list.ts';
import { securityOptions, tlsOptions } from './security-options.ts';
import type { Settings } from './settings.ts';

/** The settings as the embedding API takes them. `extension`: of the admin HTTP server. */
export function brokerOptions(settings: Settings, extension?: AdminExtension): BrokerOptions {
  const tls = tlsOptions(settings);
  const listed = listedListeners(settings);
  const has = (protocol: string): boolean => listed.some((each) => each.protocol === protocol);
  return {
    host: settings.host,
    insecure: settings.insecure,
    ...(!has('native') && { port: settings.port, ...(tls !== null && { tls }) }),
    admin:
      settings.adminPort === null
        ? false
        : {
            host: settings.adminHost,
            ...(!has('admin') && { port: settings.adminPort, ...(tls !== null && { tls }) }),
            openMetrics: settings.adminMetrics === 'open',
            ...(extension !== undefined && { extension }),
          },
    brokerId: settings.brokerId,
    storage: settings.storage,
    dataDir: settings.dataDir,
    whenFull: settings.whenFull,
    durability: settings.durability,
    autoCreateTopics: settings.autoCreateTopics,
    topicDefaults: settings.topicDefaults,
    limits: settings.limits,
    alerts: settings.alerts,
    audit: auditOptions(settings),
    ...securityOptions(settings, { areListenersAsking: listed.some(({ isAsking }) => isAsking) }),
    ...(settings.advertised === null || has('native') ? {} : { advertised: settings.advertised }),
    ...(settings.storageMaxBytes === null ? {} : { storageMaxBytes: settings.storageMaxBytes }),
  };
}
