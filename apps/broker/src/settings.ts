import type { HostAndPort, Pairs } from './setting-text.ts';

/** What the schema (`schema/settings-schema.ts`) says of a setting beside its values. */
export interface SettingFacts {
  /** Shown in help as `--flag <placeholder>`. Default: the values that there are. */
  readonly placeholder?: string;
  /** What is allowed, in words that follow "allowed: ". Default: the values that there are. */
  readonly allowed?: string;
  /** One sentence or two, without the default and the allowed values: those are added. */
  readonly doc: string;
  /** It can change while the broker runs. */
  readonly isReloadable?: boolean;
  /** Its value is shown to nobody. */
  readonly isSecret?: boolean;
  /** A flag without a value, and the value that it stands for. */
  readonly shorthand?: { readonly flag: `--${string}`; readonly value: string };
}

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** The settings as values. The schema has the same keys and types, or it does not compile. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly advertised: HostAndPort | null;
  readonly kafkaHost: string;
  readonly kafkaPort: number | null;
  readonly kafkaAdvertised: HostAndPort | null;
  readonly adminHost: string;
  readonly adminPort: number | null;
  readonly adminAllowedHosts: string | null;
  readonly adminMetrics: 'secured' | 'open';
  readonly listeners: string | null;
  readonly tlsCertFile: string | null;
  readonly tlsKeyFile: string | null;
  readonly tlsCaFile: string | null;
  readonly tlsClientCertificates: 'none' | 'wanted' | 'needed';
  readonly authentication: string | null;
  readonly certificateMapping: string | null;
  readonly superUsers: string | null;
  readonly sessionLifetimeMs: number | null;
  readonly firstAdmin: string | null;
  readonly firstAdminPasswordFile: string | null;
  readonly insecure: boolean;
  readonly brokerId: number;
  readonly storage: 'file' | 'memory';
  readonly dataDir: string;
  readonly storageMaxBytes: number | null;
  readonly whenFull: 'refuse' | 'drop-oldest';
  readonly durability: 'fsync' | 'interval' | 'os';
  readonly autoCreateTopics: boolean;
  readonly topicDefaults: Pairs;
  readonly limits: Readonly<Record<string, number>>;
  readonly alerts: Readonly<Record<string, number>>;
  readonly alertWebhookUrl: string | null;
  readonly alertWebhookSecret: string | null;
  readonly oauthIssuer: string | null;
  readonly oauthAudience: string | null;
  readonly oauthKeys: string | null;
  readonly oauthAlgorithms: string | null;
  readonly oauthPrincipalClaim: string;
  readonly oauthClockSkewMs: number;
  readonly oauthTokenLifetimeMs: number;
  readonly audit: 'auto' | 'off' | 'log' | 'topic' | 'both';
  readonly auditLogins: boolean;
  readonly auditRetentionMs: number | null;
  readonly auditRetentionBytes: number | null;
  readonly logLevel: LogLevel;
  readonly otlpLogsEndpoint: string | null;
  readonly otlpLogsHeaders: string | null;
  readonly logFormat: 'auto' | 'text' | 'json';
}

export type SettingKey = keyof Settings;
