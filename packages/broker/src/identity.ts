/** Who a broker is, once it has read its metadata. */
export interface BrokerIdentity {
  readonly brokerId: number;
  /** Made at the first start on a data folder; never changes. */
  readonly clusterId: string;
  readonly software: string;
  readonly softwareVersion: string;
  /** How often the broker started after it had stopped without a word; leader epochs are counted from it. */
  readonly term: number;
}
