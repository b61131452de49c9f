/** Every bound of this package. */
export const clusterLimits = {
  /** Of the name of an object. With a prefix it stays within the 1,024 bytes that stores take. */
  nameCharactersMax: 480,
  /** Of what stands between two slashes of a name: it is the name of a file in a folder. */
  namePartCharactersMax: 200,
  /** Of what stands before every name in a bucket. */
  prefixCharactersMax: 500,
  /** Addresses of one store. */
  endpointsMax: 16,
  /** Of an object. */
  objectBytesMax: 67_108_864,
  /** Milliseconds that one call may take. */
  callMsMax: 600_000,
  /** Milliseconds that a look at a store takes, and each call that removes what it has made. */
  storeCheckMsMax: 300_000,
  storeCleanUpMsMax: 10_000,
  /** Names in one answer to `list`. */
  namesListedMax: 1_000,
} as const;
