/** Where objects are, and how a store that speaks S3 is asked. Credentials are found as all tools of AWS find them. */
export interface S3Settings {
  readonly bucket: string;
  /** Before every name, with '/' between; '' for none. */
  readonly prefix: string;
  /** Addresses of one and the same store, asked in turn. None: AWS, or what AWS_ENDPOINT_URL says. */
  readonly endpoints: readonly string[];
  /** Null: what the environment says; us-east-1 where that says nothing and there is an endpoint. */
  readonly region: string | null;
  /** The bucket stands in the path, and not in the name of the host. */
  readonly isPathStyle: boolean;
  /** Whether a CRC-32C goes with each object. Off for stores that refuse the header. */
  readonly hasChecksums: boolean;
}
