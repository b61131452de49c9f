import type { ConfigTypeName } from './config-codes.ts';

/** A value, and where it comes from. */
export interface ConfigValue {
  readonly name: string;
  readonly value: string | null;
  readonly source: number;
}

/** A setting as Kafka's tools see it, with the value in force. */
export interface ConfigInForce extends ConfigValue {
  readonly type: ConfigTypeName;
  readonly readOnly: boolean;
  readonly documentation: string;
  /** Every value that was given, the one in force first: what would be in force without it comes next. */
  readonly synonyms: readonly ConfigValue[];
}
