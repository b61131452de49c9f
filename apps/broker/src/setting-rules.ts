// Made from schema/settings-schema.ts by scripts/write-documents.ts. Do not edit.
import type { SettingRule } from './setting-rule.ts';

export const settingRules: readonly SettingRule[] = [
  {
    "key": "host",
    "reads": "text",
    "pattern": "^(?:[A-Za-z0-9._-]+|(?=.*:.*:)[0-9A-Fa-f:.]+)$",
    "default": "127.0.0.1",
    "placeholder": "host",
    "allowed": "a host name or an IP address, without a port",
    "doc": "Address the native protocol listens on; 0.0.0.0 or :: for every network.",
    "isReloadable": false,
    "isSecret": false
  },
  {
    "key": "port",
    "reads": "whole",
    "min": 0,
    "max": 65535,
    "default": "7420",
    "placeholder": "port",
    "allowed": "a port from 0 to 65535 (0 lets the system choose)",
    "doc": "Port the native protocol listens on.",
    "isReloadable": false,
    "isSecret": false
  },
  {
    "key": "advertised",
    "reads": "address",
    "word": "none",
    "default": "none",
    "placeholder": "host:port",
    "allowed": "host:port with a port from 1 to 65535, or none",
    "doc": "Address that clients are told to use; without one they keep the address that they dialled.",
    "isReloadable": false,
    "isSecret": false
  },
  {
    "key": "kafkaHost",
    "reads": "text",
    "pattern": "^(?:[A-Za-z0-9._-]+|(?=.*:.*:)[0-9A-Fa-f:.]+)$",
    "default": "127.0.0.1",
    "placeholder": "host",
    "allowed": "a host name or an IP address, without a port",
    "doc": "Address the Kafka protocol listens on; 0.0.0.0 or :: for every network.",
    "isReloadable": false,
    "isSecret": false
  },
  {
    "key": "kafkaPort",
    "reads": "whole",
    "min": 0,
    "max": 65535,
    "word": "off",
    "default": "9092",
    "placeholder": "port",
    "allowed": "a port from 0 to 65535 (0 lets the system choose), or off",
    "doc": "Port the Kafka protocol listens on. Where another program has the default port, a warning says so and the broker does without.",
    "isReloadable": false,
    "isSecret": false,
    "shorthand": {
      "flag": "--no-kafka",
      "value": "off"
    }
  },
  {
    "key": "kafkaAdvertised",
    "reads": "address",
    "word": "none",
    "default": "none",
    "placeholder": "host:port",
    "allowed": "host:port with a port from 1 to 65535, or none",
    "doc": "Address that Kafka clients are told to use; without one they are told the address that they dialled.",
    "isReloadable": false,
    "isSecret": false
  },
  {
    "key": "adminHost",
    "reads": "text",
    "pattern": "^(?:[A-Za-z0-9._-]+|(?=.*:.*:)[0-9A-Fa-f:.]+)$",
    "default": "127.0.0.1",
    "placeholder": "host",
    "allowed": "a host name or an IP address, without a port",
    "doc": "Address the admin HTTP server (/healthz, /readyz, /stats) listens on.",
    "isReloadable": false,
    "isSecret": false
  },
  {
    "key": "adminPort",
    "reads": "whole",
    "min": 0,
    "max": 65535,
    "word": "off",
    "default": "7421",
    "placeholder": "port",
    "allowed": "a port from 0 to 65535 (0 lets the system choose), or off",
    "doc": "Port of the admin HTTP server.",
    "isReloadable": false,
    "isSecret": false
  },
  {
    "key": "adminAllowedHosts",
    "reads": "text",
    "pattern": "^[A-Za-z0-9._-]+(,[A-Za-z0-9._-]+)*$",
    "word": "none",
    "default": "none",
    "placeholder": "name,name",
    "allowed": "host names without ports, separated by commas, or none",
    "doc": "Names with a dot by which the admin HTTP server may be called, besides its host; others are refused, because a web page could have its own name lead here.",
    "isReloadable": false,
    "isSecret": false
  },
  {
    "key": "brokerId",
    "reads": "whole",
    "min": 0,
    "max": 2147483647,
    "default": "1",
    "placeholder": "number",
    "allowed": "a whole number from 0 to 2147483647",
    "doc": "Number of this broker in its cluster.",
    "isReloadable": false,
    "isSecret": false
  },
  {
    "key": "storage",
    "reads": "choice",
    "values": [
      "file",
      "memory"
    ],
    "default": "file",
    "placeholder": "file|memory",
    "allowed": "one of file, memory",
    "doc": "Where records live. With memory they are gone when the broker stops.",
    "isReloadable": false,
    "isSecret": false
  },
  {
    "key": "dataDir",
    "reads": "text",
    "pattern": "^[^\\0]+$",
    "default": "./data",
    "placeholder": "path",
    "allowed": "the path of a folder",
    "doc": "Folder of the data (storage file); made when it is not there, locked while the broker runs.",
    "isReloadable": false,
    "isSecret": false
  },
  {
    "key": "storageMaxBytes",
    "reads": "bytes",
    "min": 1,
    "word": "none",
    "default": "none",
    "placeholder": "bytes",
    "allowed": "a number of bytes above 0 such as 1073741824, 500MB or 10GiB, or none",
    "doc": "Cap on the bytes of all partitions together.",
    "isReloadable": true,
    "isSecret": false
  },
  {
    "key": "whenFull",
    "reads": "choice",
    "values": [
      "refuse",
      "drop-oldest"
    ],
    "default": "refuse",
    "placeholder": "refuse|drop-oldest",
    "allowed": "one of refuse, drop-oldest",
    "doc": "At the cap: refuse writes with a retriable error, or delete the oldest segments.",
    "isReloadable": true,
    "isSecret": false
  },
  {
    "key": "durability",
    "reads": "choice",
    "values": [
      "fsync",
      "interval",
      "os"
    ],
    "default": "fsync",
    "placeholder": "fsync|interval|os",
    "allowed": "one of fsync, interval, os",
    "doc": "What an acknowledgement means for topics that do not choose for themselves: synced to disk, synced within 100 ms, or handed to the operating system.",
    "isReloadable": true,
    "isSecret": false
  },
  {
    "key": "autoCreateTopics",
    "reads": "boolean",
    "default": "false",
    "placeholder": "true|false",
    "allowed": "true or false",
    "doc": "Create a topic with the defaults when a client first asks for it. The flag alone is true.",
    "isReloadable": true,
    "isSecret": false
  },
  {
    "key": "topicDefaults",
    "reads": "texts",
    "default": "",
    "placeholder": "name=value",
    "allowed": "name=value, several separated by \";\"",
    "doc": "Topic setting for topics that do not set it themselves; the flag may be repeated, the file carries a map.",
    "isReloadable": true,
    "isSecret": false
  },
  {
    "key": "limits",
    "reads": "numbers",
    "max": 999999999999999,
    "default": "",
    "placeholder": "name=number",
    "allowed": "name=number with a whole number, several separated by \";\"",
    "doc": "Bound of the broker, such as groupsMax=500; the flag may be repeated, the file carries a map. The table of limits says which change while the broker runs.",
    "isReloadable": true,
    "isSecret": false
  },
  {
    "key": "alerts",
    "reads": "numbers",
    "max": 999999999999999,
    "default": "",
    "placeholder": "name=number",
    "allowed": "name=number with a whole number, several separated by \";\"",
    "doc": "When something counts as wrong with the broker, such as diskLowPercent=10; the flag may be repeated, the file carries a map. docs/ALERTS.md has the names.",
    "isReloadable": true,
    "isSecret": false
  },
  {
    "key": "alertWebhookUrl",
    "reads": "text",
    "pattern": "^https?:\\/\\/[^\\s/]\\S*$",
    "word": "none",
    "default": "none",
    "placeholder": "url",
    "allowed": "an address that begins with http:// or https://, or none",
    "doc": "Where alerts are sent, as a POST of JSON. The admin HTTP server has to be on.",
    "isReloadable": true,
    "isSecret": false
  },
  {
    "key": "alertWebhookSecret",
    "reads": "text",
    "pattern": "^\\S+$",
    "word": "none",
    "default": "none",
    "placeholder": "secret",
    "allowed": "a text without blanks, or none",
    "doc": "Signs what is sent to alertWebhookUrl (HMAC-SHA256, as Standard Webhooks has it).",
    "isReloadable": true,
    "isSecret": true
  },
  {
    "key": "oauthIssuer",
    "reads": "text",
    "pattern": "^[!-~]{1,1000}$",
    "word": "none",
    "default": "none",
    "placeholder": "address",
    "allowed": "what tokens have as their issuer (iss), to the letter, or none",
    "doc": "Whose OAuth tokens let clients in, by the mechanism OAUTHBEARER; needs oauthAudience and oauthKeys.",
    "isReloadable": false,
    "isSecret": false
  },
  {
    "key": "oauthAudience",
    "reads": "text",
    "pattern": "^[!-+\\--~]{1,300}(,[!-+\\--~]{1,300}){0,9}$",
    "word": "none",
    "default": "none",
    "placeholder": "name,name",
    "allowed": "one to ten names, separated by commas, or none",
    "doc": "For whom tokens have to be: their audience (aud) has one of these names.",
    "isReloadable": false,
    "isSecret": false
  },
  {
    "key": "oauthKeys",
    "reads": "text",
    "pattern": "^(?:https:\\/\\/[^\\s@]+|http:\\/\\/(?:127\\.0\\.0\\.1|localhost|\\[::1\\])[:/][^\\s@]*|(?!.*:\\/\\/).{1,1000})$",
    "word": "none",
    "default": "none",
    "placeholder": "url",
    "allowed": "an address that begins with https://, or with http:// on this machine; a file; discover; or none",
    "doc": "Where the public keys of the issuer are, as a JSON Web Key Set; discover asks the issuer, by OpenID Connect.",
    "isReloadable": false,
    "isSecret": false
  },
  {
    "key": "oauthAlgorithms",
    "reads": "text",
    "pattern": "^(?:[RPE]S(?:256|384|512)|EdDSA)(?:,(?:[RPE]S(?:256|384|512)|EdDSA)){0,9}$",
    "word": "all",
    "default": "all",
    "placeholder": "name,name",
    "allowed": "some of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512 and EdDSA, separated by commas, or all",
    "doc": "Algorithms that tokens may be signed by.",
    "isReloadable": false,
    "isSecret": false
  },
  {
    "key": "oauthPrincipalClaim",
    "reads": "text",
    "pattern": "^[!-~]{1,1000}$",
    "default": "sub",
    "placeholder": "claim",
    "allowed": "the name of a claim",
    "doc": "Claim of a token that names the user.",
    "isReloadable": false,
    "isSecret": false
  },
  {
    "key": "oauthClockSkewMs",
    "reads": "whole",
    "min": 0,
    "max": 300000,
    "default": "30000",
    "placeholder": "ms",
    "allowed": "a whole number from 0 to 300000",
    "doc": "How far the issuer's clock may be from this one, in milliseconds.",
    "isReloadable": false,
    "isSecret": false
  },
  {
    "key": "oauthTokenLifetimeMs",
    "reads": "whole",
    "min": 1000,
    "max": 2592000000,
    "default": "86400000",
    "placeholder": "ms",
    "allowed": "a whole number from 1000 to 2592000000",
    "doc": "For how long a token is good at most, in milliseconds: longer ones are refused.",
    "isReloadable": false,
    "isSecret": false
  },
  {
    "key": "audit",
    "reads": "choice",
    "values": [
      "auto",
      "off",
      "log",
      "topic",
      "both"
    ],
    "default": "auto",
    "placeholder": "auto|off|log|topic|both",
    "allowed": "one of auto, off, log, topic, both",
    "doc": "Where logins, denials and changes are told: in the log, on the topic __audit, or both; auto is both where clients have to log in, and off elsewhere.",
    "isReloadable": false,
    "isSecret": false
  },
  {
    "key": "auditLogins",
    "reads": "boolean",
    "default": "true",
    "placeholder": "true|false",
    "allowed": "true or false",
    "doc": "Whether the audit trail tells of logins that succeed; of those that fail it always does.",
    "isReloadable": false,
    "isSecret": false
  },
  {
    "key": "auditRetentionMs",
    "reads": "whole",
    "min": 1,
    "max": 999999999999999,
    "word": "none",
    "default": "7776000000",
    "placeholder": "ms",
    "allowed": "a whole number of milliseconds from 1, or none for no limit",
    "doc": "How long the topic __audit keeps entries.",
    "isReloadable": false,
    "isSecret": false
  },
  {
    "key": "auditRetentionBytes",
    "reads": "bytes",
    "min": 1,
    "word": "none",
    "default": "1073741824",
    "placeholder": "bytes",
    "allowed": "a number of bytes, with or without a unit such as GiB, or none for no limit",
    "doc": "How many bytes the topic __audit keeps.",
    "isReloadable": false,
    "isSecret": false
  },
  {
    "key": "logLevel",
    "reads": "choice",
    "values": [
      "trace",
      "debug",
      "info",
      "warn",
      "error",
      "fatal",
      "silent"
    ],
    "default": "info",
    "placeholder": "trace|debug|info|warn|error|fatal|silent",
    "allowed": "one of trace, debug, info, warn, error, fatal, silent",
    "doc": "Least severe log line that is written.",
    "isReloadable": true,
    "isSecret": false
  },
  {
    "key": "otlpLogsEndpoint",
    "reads": "text",
    "pattern": "^https?:\\/\\/[^\\s/]\\S*$",
    "word": "none",
    "default": "none",
    "placeholder": "url",
    "allowed": "an address that begins with http:// or https://, or none",
    "doc": "Collector that the log is sent to as well, by OTLP/HTTP; without a path /v1/logs is taken.",
    "isReloadable": true,
    "isSecret": false
  },
  {
    "key": "otlpLogsHeaders",
    "reads": "text",
    "pattern": "^[^\\s=;]+=[^;]+(;[^\\s=;]+=[^;]+)*$",
    "word": "none",
    "default": "none",
    "placeholder": "name=value;name=value",
    "allowed": "name=value, several separated by \";\", or none",
    "doc": "Headers of what is sent to otlpLogsEndpoint, such as authorization=Bearer ….",
    "isReloadable": true,
    "isSecret": true
  },
  {
    "key": "logFormat",
    "reads": "choice",
    "values": [
      "auto",
      "text",
      "json"
    ],
    "default": "auto",
    "placeholder": "auto|text|json",
    "allowed": "one of auto, text, json",
    "doc": "Form of the log on standard output; auto is text on a terminal and JSON elsewhere.",
    "isReloadable": false,
    "isSecret": false
  }
];
