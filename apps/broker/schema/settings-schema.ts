/**
 * The one truth of the program's settings (row Q3). Flags, variables, keys of the file, help, checks, what is shown and
 * what is documented all come from this schema. A setting that is not here does not exist.
 *
 * To load zod takes a tenth of the time to start, and some megabytes. So the program does not: it reads
 * `src/setting-rules.ts`, which is made from this schema, and tests hold that both decide alike about every text.
 *
 *     node --conditions=@q/source apps/broker/scripts/write-documents.ts     makes it again
 */
import { z } from 'zod';
import { readAddress, readBytes, writeAddress } from '../src/setting-text.ts';
import { logLevels } from '../src/settings.ts';
import type { SettingFacts, SettingKey, Settings } from '../src/settings.ts';

/** A value, and the texts that stand for it. */
type Kind<T> = z.ZodType<T, string>;

function choice<const T extends readonly [string, ...string[]]>(values: T): Kind<T[number]> {
  return z.enum(values);
}

const yesOrNo: Kind<boolean> = z.codec(z.enum(['true', 'false']), z.boolean(), {
  decode: (text) => text === 'true',
  encode: (value) => (value ? 'true' : 'false'),
});

function whole({ min, max }: { min: number; max: number }): Kind<number> {
  return z.codec(z.string().regex(/^\d{1,16}$/), z.int().min(min).max(max), { decode: Number, encode: String });
}

/** Host names, IPv4 and IPv6 addresses: only what could never be one is refused here, the listener says the rest. */
const hostPattern = /^(?:[A-Za-z0-9._-]+|(?=.*:.*:)[0-9A-Fa-f:.]+)$/;
const host = z.string().regex(hostPattern);

const port = whole({ min: 0, max: 65_535 });

/** A number of bytes, plain or with a unit. */
const bytes: Kind<number> = z
  .codec(z.string(), z.int().min(1), {
    decode: (text) => readBytes(text) ?? Number.NaN,
    encode: String,
  })
  .meta({ reads: 'bytes' });

/** `host:port`, with an IPv6 host in brackets. */
const address = z
  .codec(z.string(), z.object({ host, port: z.int().min(1).max(65_535) }), {
    decode: (text) => readAddress(text) ?? { host: '', port: 0 },
    encode: writeAddress,
  })
  .meta({ reads: 'address' });

/** The same, or a word for "there is none". */
function orWord<T>(word: string, kind: Kind<T>): Kind<T | null> {
  const absent = z.codec(z.literal(word), z.null(), { decode: () => null, encode: () => word });
  return z.union([absent, kind]).meta({ word });
}

/** Names and values. The broker knows which names there are. */
const texts = z.record(z.string(), z.string());
const numbers = z.record(z.string(), whole({ min: 0, max: 999_999_999_999_999 }));

/** A host, a port that there can be, and whatever is behind them. A name and a password may stand before the host. */
const port16 = '(?:\\d{1,4}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5])';
const webHost = '(?:[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\])';
const webAddress = new RegExp(`^https?://(?:[^\\s/?#@]+@)?${webHost}(?::${port16})?(?:[/?#]\\S*)?$`);
const webAddressWords = 'an address that begins with http:// or https://, or none';
/** Standard Webhooks: Base64 behind `whsec_`. One that cannot be read would sign with a key that everybody knows. */
const encodedSecret = 'whsec_(?:[A-Za-z0-9+/]{4}){6,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?';
const webhookSecret = new RegExp(`^(?:${encodedSecret}|(?!whsec_)\\S{8,})$`);

const portWords = 'a port from 0 to 65535 (0 lets the system choose)';
const hostWords = 'a host name or an IP address, without a port';
const addressWords = 'host:port with a port from 1 to 65535, or none';

/** Nobody on the way can put other keys in; whatever has no scheme is a file. */
const keysPattern =
  /^(?:https:\/\/[^\s@]+|http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])[:/][^\s@]*|(?!.*:\/\/).{1,1000})$/;
const algorithm = '(?:[RPE]S(?:256|384|512)|EdDSA)';
const algorithmsPattern = new RegExp(`^${algorithm}(?:,${algorithm}){0,9}$`);

/** A file; what is in it is looked at when the broker starts. */
const path = z.string().regex(/^[^\0]+$/);
const pathFacts = { placeholder: 'path', allowed: 'the path of a file, or none' };

const way = '(?:scram|certificate|SCRAM-SHA-256|SCRAM-SHA-512|PLAIN|OAUTHBEARER)';
const waysPattern = new RegExp(`^${way}(?:,${way}){0,5}$`);
const waysWords =
  'some of scram (SCRAM-SHA-512 and SCRAM-SHA-256), SCRAM-SHA-512, SCRAM-SHA-256, PLAIN, OAUTHBEARER and certificate, separated by commas, or none';

function setting<T>(kind: z.ZodType<T>, standard: T, facts: SettingFacts): z.ZodType<T> {
  return kind.default(standard as z.core.util.NoUndefined<T>).meta({ facts });
}

const shape: { readonly [K in SettingKey]: z.ZodType<Settings[K]> } = {
  host: setting(host, '127.0.0.1', {
    placeholder: 'host',
    allowed: hostWords,
    doc: 'Address the native protocol listens on; 0.0.0.0 or :: for every network.',
  }),
  port: setting(port, 7420, {
    placeholder: 'port',
    allowed: portWords,
    doc: 'Port the native protocol listens on.',
  }),
  advertised: setting(orWord('none', address), null, {
    placeholder: 'host:port',
    allowed: addressWords,
    doc: 'Address that clients are told to use; without one they keep the address that they dialled.',
  }),
  kafkaHost: setting(host, '127.0.0.1', {
    placeholder: 'host',
    allowed: hostWords,
    doc: 'Address the Kafka protocol listens on; 0.0.0.0 or :: for every network.',
  }),
  kafkaPort: setting(orWord('off', port), 9092, {
    placeholder: 'port',
    allowed: `${portWords}, or off`,
    doc: 'Port the Kafka protocol listens on. Where another program has the default port, a warning says so and the broker does without.',
    shorthand: { flag: '--no-kafka', value: 'off' },
  }),
  kafkaAdvertised: setting(orWord('none', address), null, {
    placeholder: 'host:port',
    allowed: addressWords,
    doc: 'Address that Kafka clients are told to use; without one they are told the address that they dialled.',
  }),
  adminHost: setting(host, '127.0.0.1', {
    placeholder: 'host',
    allowed: hostWords,
    doc: 'Address the admin HTTP server (/healthz, /readyz, /stats) listens on.',
  }),
  adminPort: setting(orWord('off', port), 7421, {
    placeholder: 'port',
    allowed: `${portWords}, or off`,
    doc: 'Port of the admin HTTP server.',
  }),
  adminAllowedHosts: setting(orWord('none', z.string().regex(/^[A-Za-z0-9._-]+(,[A-Za-z0-9._-]+)*$/)), null, {
    placeholder: 'name,name',
    allowed: 'host names without ports, separated by commas, or none',
    doc: 'Names with a dot by which the admin HTTP server may be called, besides its host; others are refused, because a web page could have its own name lead here.',
  }),
  adminMetrics: setting(choice(['secured', 'open']), 'secured', {
    doc: 'Who may have /metrics where security is on: whoever may describe the cluster, or whoever reaches the admin HTTP server.',
  }),
  listeners: setting(
    orWord(
      'none',
      z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*=[a-z]+:\/\/[^\s;]+(;[A-Za-z0-9][A-Za-z0-9._-]*=[a-z]+:\/\/[^\s;]+)*$/),
    ),
    null,
    {
      placeholder: 'name=scheme://host:port',
      allowed:
        'name=scheme://host:port with q, qs, kafka, kafkas, http or https as scheme, several separated by ";", or none; behind a "?" advertised=host:port, authentication=WAYS or none, cert=, key=, ca= and clientCertificates=, separated by "&"',
      doc: 'Several ports of one protocol, such as a plain one inside and an encrypted one outside. A protocol that is named here has these ports alone. In the file it may be a list of maps.',
    },
  ),
  tlsCertFile: setting(orWord('none', path), null, {
    ...pathFacts,
    doc: 'Certificate of the broker in PEM, with those between it and its authority behind it: every port that is not in listeners encrypts. The broker takes a new file without a restart.',
  }),
  tlsKeyFile: setting(orWord('none', path), null, {
    ...pathFacts,
    doc: 'Key of that certificate in PEM, not encrypted.',
  }),
  tlsCaFile: setting(orWord('none', path), null, {
    ...pathFacts,
    doc: 'Authorities in PEM that certificates of clients are from.',
  }),
  tlsClientCertificates: setting(choice(['none', 'wanted', 'needed']), 'none', {
    doc: 'Whether clients show a certificate; needs tlsCaFile.',
  }),
  authentication: setting(orWord('none', z.string().regex(waysPattern)), null, {
    placeholder: 'way,way',
    allowed: waysWords,
    doc: 'How clients show who they are, at ports that do not say it themselves. With one, nobody may do anything that a rule or superUsers does not allow. PLAIN is taken over TLS alone.',
  }),
  certificateMapping: setting(orWord('none', z.string().regex(/^[^\0]+$/)), null, {
    placeholder: 'rule,rule',
    allowed:
      'rules in the notation of ssl.principal.mapping.rules, or DNS:, EMAIL: and URI: in place of RULE:, or none',
    doc: 'Makes users of the names of certificates; the first rule that fits decides. Without one it is the whole name.',
  }),
  superUsers: setting(orWord('none', z.string().regex(/^User:[^;]+(;User:[^;]+)*$/)), null, {
    placeholder: 'User:name',
    allowed: 'User:NAME, several separated by ";", or none',
    doc: 'Users that may do everything, whatever the rules say: for whoever has locked itself out.',
  }),
  sessionLifetimeMs: setting(orWord('none', whole({ min: 15_000, max: 604_800_000 })), null, {
    placeholder: 'ms',
    allowed: 'a whole number of milliseconds from 15000 to 604800000, or none',
    doc: 'For how long a login holds; clients log in again on the same connection (connections.max.reauth.ms of Kafka).',
  }),
  firstAdmin: setting(orWord('none', z.string().regex(/^[^\s:]{1,249}$/)), null, {
    placeholder: 'name',
    allowed: 'the name of a user, or none',
    doc: 'First administrator: made at a start that finds neither users nor rules, with rules that allow everything; needs firstAdminPasswordFile and authentication.',
  }),
  firstAdminPasswordFile: setting(orWord('none', path), null, {
    ...pathFacts,
    doc: 'File with the password of firstAdmin, such as a secret of the container.',
  }),
  insecure: setting(yesOrNo, false, {
    doc: 'Let whoever reaches the broker from other machines do everything. Without it a broker without authentication listens on this machine alone. The flag alone is true.',
  }),
  brokerId: setting(whole({ min: 0, max: 2_147_483_647 }), 1, {
    placeholder: 'number',
    allowed: 'a whole number from 0 to 2147483647',
    doc: 'Number of this broker in its cluster.',
  }),
  storage: setting(choice(['file', 'memory']), 'file', {
    doc: 'Where records live. With memory they are gone when the broker stops.',
  }),
  dataDir: setting(z.string().regex(/^[^\0]+$/), './data', {
    placeholder: 'path',
    allowed: 'the path of a folder',
    doc: 'Folder of the data (storage file); made when it is not there, locked while the broker runs.',
  }),
  storageMaxBytes: setting(orWord('none', bytes), null, {
    placeholder: 'bytes',
    allowed: 'a number of bytes above 0 such as 1073741824, 500MB or 10GiB, or none',
    doc: 'Cap on the bytes of all partitions together.',
    isReloadable: true,
  }),
  whenFull: setting(choice(['refuse', 'drop-oldest']), 'refuse', {
    doc: 'At the cap: refuse writes with a retriable error, or delete the oldest segments.',
    isReloadable: true,
  }),
  durability: setting(choice(['fsync', 'interval', 'os']), 'fsync', {
    doc: 'What an acknowledgement means for topics that do not choose for themselves: synced to disk, synced within 100 ms, or handed to the operating system.',
    isReloadable: true,
  }),
  autoCreateTopics: setting(yesOrNo, false, {
    doc: 'Create a topic with the defaults when a client first asks for it. The flag alone is true.',
    isReloadable: true,
  }),
  topicDefaults: setting(
    texts,
    {},
    {
      placeholder: 'name=value',
      allowed: 'name=value, several separated by ";"',
      doc: 'Topic setting for topics that do not set it themselves; the flag may be repeated, the file carries a map.',
      isReloadable: true,
    },
  ),
  limits: setting(
    numbers,
    {},
    {
      placeholder: 'name=number',
      allowed: 'name=number with a whole number, several separated by ";"',
      doc: 'Bound of the broker, such as groupsMax=500; the flag may be repeated, the file carries a map. The table of limits says which change while the broker runs.',
      isReloadable: true,
    },
  ),
  alerts: setting(
    numbers,
    {},
    {
      placeholder: 'name=number',
      allowed: 'name=number with a whole number, several separated by ";"',
      doc: 'When something counts as wrong with the broker, such as diskLowPercent=10; the flag may be repeated, the file carries a map. docs/ALERTS.md has the names.',
      isReloadable: true,
    },
  ),
  alertWebhookUrl: setting(orWord('none', z.string().regex(webAddress)), null, {
    placeholder: 'url',
    allowed: webAddressWords,
    doc: 'Where alerts are sent, as a POST of JSON. The admin HTTP server has to be on. What is behind the host is shown to nobody: many services have their secret there.',
    isReloadable: true,
    isSecret: true,
  }),
  alertWebhookSecret: setting(orWord('none', z.string().regex(webhookSecret)), null, {
    placeholder: 'secret',
    allowed:
      'whsec_ with 18 bytes or more in Base64 behind it, or a text of 8 characters or more without blanks, or none',
    doc: 'Signs what is sent to alertWebhookUrl (HMAC-SHA256, as Standard Webhooks has it).',
    isReloadable: true,
    isSecret: true,
  }),
  oauthIssuer: setting(orWord('none', z.string().regex(/^[!-~]{1,1000}$/)), null, {
    placeholder: 'address',
    allowed: 'what tokens have as their issuer (iss), to the letter, or none',
    doc: 'Whose OAuth tokens let clients in, by the mechanism OAUTHBEARER; needs oauthAudience and oauthKeys.',
  }),
  oauthAudience: setting(orWord('none', z.string().regex(/^[!-+\--~]{1,300}(,[!-+\--~]{1,300}){0,9}$/)), null, {
    placeholder: 'name,name',
    allowed: 'one to ten names, separated by commas, or none',
    doc: 'For whom tokens have to be: their audience (aud) has one of these names.',
  }),
  oauthKeys: setting(orWord('none', z.string().regex(keysPattern)), null, {
    placeholder: 'url',
    allowed: 'an address that begins with https://, or with http:// on this machine; a file; discover; or none',
    doc: 'Where the public keys of the issuer are, as a JSON Web Key Set; discover asks the issuer, by OpenID Connect.',
  }),
  oauthAlgorithms: setting(orWord('all', z.string().regex(algorithmsPattern)), null, {
    placeholder: 'name,name',
    allowed:
      'some of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512 and EdDSA, separated by commas, or all',
    doc: 'Algorithms that tokens may be signed by.',
  }),
  oauthPrincipalClaim: setting(z.string().regex(/^[!-~]{1,1000}$/), 'sub', {
    placeholder: 'claim',
    allowed: 'the name of a claim',
    doc: 'Claim of a token that names the user.',
  }),
  oauthClockSkewMs: setting(whole({ min: 0, max: 300_000 }), 30_000, {
    placeholder: 'ms',
    allowed: 'a whole number from 0 to 300000',
    doc: "How far the issuer's clock may be from this one, in milliseconds.",
  }),
  oauthTokenLifetimeMs: setting(whole({ min: 1_000, max: 2_592_000_000 }), 86_400_000, {
    placeholder: 'ms',
    allowed: 'a whole number from 1000 to 2592000000',
    doc: 'For how long a token is good at most, in milliseconds: longer ones are refused.',
  }),
  audit: setting(choice(['auto', 'off', 'log', 'topic', 'both']), 'auto', {
    doc: 'Where logins, denials and changes are told: in the log, on the topic __audit, or both; auto is both where clients have to log in, and off elsewhere.',
  }),
  auditLogins: setting(yesOrNo, true, {
    doc: 'Whether the audit trail tells of logins that succeed; of those that fail it always does.',
  }),
  auditRetentionMs: setting(orWord('none', whole({ min: 1, max: 999_999_999_999_999 })), 7_776_000_000, {
    placeholder: 'ms',
    allowed: 'a whole number of milliseconds from 1, or none for no limit',
    doc: 'How long the topic __audit keeps entries.',
  }),
  auditRetentionBytes: setting(orWord('none', bytes), 1_073_741_824, {
    placeholder: 'bytes',
    allowed: 'a number of bytes, with or without a unit such as GiB, or none for no limit',
    doc: 'How many bytes the topic __audit keeps.',
  }),
  logLevel: setting(choice(logLevels), 'info', {
    doc: 'Least severe log line that is written.',
    isReloadable: true,
  }),
  otlpLogsEndpoint: setting(orWord('none', z.string().regex(webAddress)), null, {
    placeholder: 'url',
    allowed: webAddressWords,
    doc: 'Collector that the log is sent to as well, by OTLP/HTTP; without a path /v1/logs is taken.',
    isReloadable: true,
  }),
  otlpLogsHeaders: setting(orWord('none', z.string().regex(/^[^\s=;]+=[^;]+(;[^\s=;]+=[^;]+)*$/)), null, {
    placeholder: 'name=value;name=value',
    allowed: 'name=value, several separated by ";", or none',
    doc: 'Headers of what is sent to otlpLogsEndpoint, such as authorization=Bearer ….',
    isReloadable: true,
    isSecret: true,
  }),
  logFormat: setting(choice(['auto', 'text', 'json']), 'auto', {
    doc: 'Form of the log on standard output; auto is text on a terminal and JSON elsewhere.',
  }),
};

export const settingsSchema: z.ZodObject<typeof shape> = z.strictObject(shape);
