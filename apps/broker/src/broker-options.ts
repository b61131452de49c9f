import type { AdminExtension, BrokerOptions } from '@q/broker';
import { auditOptions } from './audit-options.ts';
import { tokenOptions } from './token-options.ts';
import type { Settings } from './settings.ts';

/** The settings as the embedding API takes them. `extension`: of the admin HTTP server. */
export function brokerOptions(settings: Settings, extension?: AdminExtension): BrokerOptions {
  return {
    host: settings.host,
    port: settings.port,
    admin:
      settings.adminPort === null
        ? false
        : {
            host: settings.adminHost,
            port: settings.adminPort,
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
    ...tokenSecurity(settings),
    ...(settings.advertised === null ? {} : { advertised: settings.advertised }),
    ...(settings.storageMaxBytes === null ? {} : { storageMaxBytes: settings.storageMaxBytes }),
  };
}

/** Whoever names an issuer wants its tokens. */
function tokenSecurity(settings: Settings): Pick<BrokerOptions, 'security'> {
  const tokens = tokenOptions(settings);
  return tokens === null ? {} : { security: { mechanisms: ['OAUTHBEARER'], tokens } };
}
