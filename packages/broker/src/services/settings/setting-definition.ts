/** What a broker may be told, one setting at a time. Values are texts: that is what files, tools and APIs carry. */
export interface SettingDefinition {
  /** As in a file, nested names with dots: `logLevel`, `limits.connectionsMax`, `topicDefaults.retention.ms`. */
  readonly name: string;
  /** What a value is, in one or two words: `number`, `bytes`, `true|false`. */
  readonly type: string;
  readonly default: string;
  /** What is allowed, in words that follow "allowed: ". */
  readonly allowed: string;
  readonly doc: string;
  /** It can change while the broker runs. */
  readonly isReloadable: boolean;
  /** Its value is shown to nobody. */
  readonly isSecret: boolean;
  /** The text as it is kept and compared, or undefined when it is not allowed. */
  readonly normalize: (text: string) => string | undefined;
}

/** Who said what a setting is, from the weakest to the strongest: whoever is stronger wins. */
export const settingSources = ['default', 'option', 'file', 'environment', 'flag', 'api'] as const;
/** Who says what a setting is. */
export type SettingSource = (typeof settingSources)[number];

/** A value that somebody gave outside the broker. */
export interface GivenValue {
  readonly name: string;
  /** As `SettingDefinition.normalize` gives it. */
  readonly text: string;
  readonly source: Exclude<SettingSource, 'default' | 'api'>;
  /** Where exactly, for people: `--port`, `Q_PORT`, `port in q.yaml, line 3`. */
  readonly from: string;
}

/** What the sources of a program say now, or every reason why that cannot be known. */
export type ReadValues = { readonly given: readonly GivenValue[] } | { readonly problems: readonly string[] };

/** The settings of the program around a broker. */
export interface ProgramSettings {
  /** Beside those of the broker; one of the same name is instead of it. */
  readonly definitions: readonly SettingDefinition[];
  /** What was given when the program started. */
  readonly given: readonly GivenValue[];
  /** The file that is read, if there is one. */
  readonly file: string | null;
  /** Reads every source again. Never rejects. */
  readonly read: () => Promise<ReadValues>;
  /** Puts those in force that are the program's own: when the broker starts, and after each change. */
  readonly apply: (valueOf: (name: string) => string | undefined) => void;
}
