/** Numbers of the Kafka protocol in what it says of settings. */

/** What has settings (org.apache.kafka.common.config.ConfigResource.Type). */
export const resourceType = {
  topic: 2,
  broker: 4,
  brokerLogger: 8,
  clientMetrics: 16,
  group: 32,
} as const;

/** Where a value comes from (DescribeConfigsResponse.ConfigSource). */
export const configSource = {
  topic: 1,
  dynamicBroker: 2,
  brokerStatic: 4,
  builtIn: 5,
} as const;

/** What a value is (DescribeConfigsResponse.ConfigType). */
export const configType = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
} as const;

export type ConfigTypeName = keyof typeof configType;

/** What is done to a setting (AlterConfigOp.OpType). */
export const configOperation = {
  set: 0,
  delete: 1,
  append: 2,
  subtract: 3,
} as const;
