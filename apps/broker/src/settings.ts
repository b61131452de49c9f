import {
  byteCap,
  choice,
  hostAndPort,
  hostName,
  numberPairs,
  pairs,
  path,
  port,
  portOrOff,
  wholeNumber,
  yesOrNo,
} from './setting-type.ts';
import type { HostAndPort, NumberPairs, Pairs, SettingType } from './setting-type.ts';

/**
 * Every setting of the program, once. Help, flags, variables, the file, validation and the documents all come from this
 * table, so a setting that is not here does not exist, and one that is here is documented.
 */
export interface Setting<T> {
  /** Key in the configuration file. The same word as the option of `startBroker`, where there is one. */
  readonly key: string;
  readonly flag: `--${string}`;
  readonly env: `Q_${string}`;
  readonly type: SettingType<T>;
  readonly default: T;
  /** A flag without a value, and the value that it stands for. */
  readonly shorthand?: { readonly flag: `--${string}`; readonly value: string };
  /** One sentence, without the default and the allowed values: those are added from the other columns. */
  readonly doc: string;
}

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly advertised: HostAndPort | null;
  readonly kafkaHost: string;
  readonly kafkaPort: number | null;
  readonly kafkaAdvertised: HostAndPort | null;
  readonly adminHost: string;
  readonly adminPort: number | null;
  readonly brokerId: number;
  readonly storage: 'file' | 'memory';
  readonly dataDir: string;
  readonly storageMaxBytes: number | null;
  readonly whenFull: 'refuse' | 'drop-oldest';
  readonly durability: 'fsync' | 'interval' | 'os';
  readonly autoCreateTopics: boolean;
  readonly topicDefaults: Pairs;
  readonly limits: NumberPairs;
  readonly logLevel: LogLevel;
  readonly logFormat: 'auto' | 'text' | 'json';
}

export type SettingKey = keyof Settings;

export const settingsTable: { readonly [K in SettingKey]: Setting<Settings[K]> } = {
  host: {
    key: 'host',
    flag: '--host',
    env: 'Q_HOST',
    type: hostName,
    default: '127.0.0.1',
    doc: 'Address the native protocol listens on; 0.0.0.0 or :: for every network.',
  },
  port: {
    key: 'port',
    flag: '--port',
    env: 'Q_PORT',
    type: port,
    default: 7420,
    doc: 'Port the native protocol listens on.',
  },
  advertised: {
    key: 'advertised',
    flag: '--advertised',
    env: 'Q_ADVERTISED',
    type: hostAndPort,
    default: null,
    doc: 'Address that clients are told to use; without one they keep the address that they dialled.',
  },
  kafkaHost: {
    key: 'kafkaHost',
    flag: '--kafka-host',
    env: 'Q_KAFKA_HOST',
    type: hostName,
    default: '127.0.0.1',
    doc: 'Address the Kafka protocol listens on; 0.0.0.0 or :: for every network.',
  },
  kafkaPort: {
    key: 'kafkaPort',
    flag: '--kafka-port',
    env: 'Q_KAFKA_PORT',
    type: portOrOff,
    default: 9092,
    shorthand: { flag: '--no-kafka', value: 'off' },
    doc: 'Port the Kafka protocol listens on. Where another program has the default port, a warning says so and the broker does without.',
  },
  kafkaAdvertised: {
    key: 'kafkaAdvertised',
    flag: '--kafka-advertised',
    env: 'Q_KAFKA_ADVERTISED',
    type: hostAndPort,
    default: null,
    doc: 'Address that Kafka clients are told to use; without one they are told the address that they dialled.',
  },
  adminHost: {
    key: 'adminHost',
    flag: '--admin-host',
    env: 'Q_ADMIN_HOST',
    type: hostName,
    default: '127.0.0.1',
    doc: 'Address the admin HTTP server (/healthz, /readyz, /stats) listens on.',
  },
  adminPort: {
    key: 'adminPort',
    flag: '--admin-port',
    env: 'Q_ADMIN_PORT',
    type: portOrOff,
    default: 7421,
    doc: 'Port of the admin HTTP server.',
  },
  brokerId: {
    key: 'brokerId',
    flag: '--broker-id',
    env: 'Q_BROKER_ID',
    type: wholeNumber({ min: 0, max: 2_147_483_647 }),
    default: 1,
    doc: 'Number of this broker in its cluster.',
  },
  storage: {
    key: 'storage',
    flag: '--storage',
    env: 'Q_STORAGE',
    type: choice(['file', 'memory']),
    default: 'file',
    doc: 'Where records live. With memory they are gone when the broker stops.',
  },
  dataDir: {
    key: 'dataDir',
    flag: '--data-dir',
    env: 'Q_DATA_DIR',
    type: path,
    default: './data',
    doc: 'Folder of the data (storage file); made when it is not there, locked while the broker runs.',
  },
  storageMaxBytes: {
    key: 'storageMaxBytes',
    flag: '--storage-max-bytes',
    env: 'Q_STORAGE_MAX_BYTES',
    type: byteCap,
    default: null,
    doc: 'Cap on the bytes of all partitions together.',
  },
  whenFull: {
    key: 'whenFull',
    flag: '--when-full',
    env: 'Q_WHEN_FULL',
    type: choice(['refuse', 'drop-oldest']),
    default: 'refuse',
    doc: 'At the cap: refuse writes with a retriable error, or delete the oldest segments.',
  },
  durability: {
    key: 'durability',
    flag: '--durability',
    env: 'Q_DURABILITY',
    type: choice(['fsync', 'interval', 'os']),
    default: 'fsync',
    doc: 'What an acknowledgement means for topics that do not choose for themselves: synced to disk, synced within 100 ms, or handed to the operating system.',
  },
  autoCreateTopics: {
    key: 'autoCreateTopics',
    flag: '--auto-create-topics',
    env: 'Q_AUTO_CREATE_TOPICS',
    type: yesOrNo,
    default: false,
    doc: 'Create a topic with the defaults when a client first asks for it.',
  },
  topicDefaults: {
    key: 'topicDefaults',
    flag: '--topic-default',
    env: 'Q_TOPIC_DEFAULTS',
    type: pairs,
    default: {},
    doc: 'Topic setting for topics that do not set it themselves; the flag may be repeated, the file carries a map.',
  },
  limits: {
    key: 'limits',
    flag: '--limit',
    env: 'Q_LIMITS',
    type: numberPairs,
    default: {},
    doc: 'Bound of the broker, such as connectionsMax=500; the flag may be repeated, the file carries a map.',
  },
  logLevel: {
    key: 'logLevel',
    flag: '--log-level',
    env: 'Q_LOG_LEVEL',
    type: choice(logLevels),
    default: 'info',
    doc: 'Least severe log line that is written.',
  },
  logFormat: {
    key: 'logFormat',
    flag: '--log-format',
    env: 'Q_LOG_FORMAT',
    type: choice(['auto', 'text', 'json']),
    default: 'auto',
    doc: 'Form of the log on standard output; auto is text on a terminal and JSON elsewhere.',
  },
};

/** The table as a list, in its order, for whoever does not care about the type of a value. */
export const settingsList: readonly Setting<unknown>[] = Object.values(settingsTable) as Setting<unknown>[];

/** Not a setting but where settings come from, so it cannot stand in a file itself. */
export const configFlag = '--config';
export const configVariable = 'Q_CONFIG';

/** Variables that start with `Q_` and belong to the `q` command line, which often runs in the same shell. */
export const commandLineVariables: readonly string[] = ['Q_URL', 'Q_TIMEOUT'];
