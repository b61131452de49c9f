// @q/cluster: what the brokers of a cluster share.

// ── The object store: each name is created once
export type {
  CallOptions,
  CreateResult,
  DeleteResult,
  FaultKind,
  GetResult,
  ListOptions,
  ListResult,
  ObjectPart,
  ObjectStore,
  RangeResult,
  StoreFault,
} from './object-store/object-store.ts';
/** Throws unless an object can have the name in every store. */
export { checkObjectName } from './object-store/check-call.ts';

// ── By URL: s3://bucket/prefix, folder:/path, memory:
export { openObjectStore } from './object-store/open-object-store.ts';

// ── In memory, for simulations: answers are lost, doubled and late by a seed
export { MemoryBucket } from './object-store/memory/memory-bucket.ts';
export type { MemoryBucketOptions } from './object-store/memory/memory-bucket.ts';
export { MemoryObjectStore } from './object-store/memory/memory-object-store.ts';
export type { Passage } from './object-store/memory/memory-object-store.ts';
export { calmStore } from './object-store/memory/weather.ts';
export type { RequestFate, StoreWeather } from './object-store/memory/weather.ts';

// ── In a folder, of one machine or of a disk that several share
export { FolderObjectStore } from './object-store/folder/folder-object-store.ts';
export type { FolderObjectStoreOptions } from './object-store/folder/folder-object-store.ts';
/** The machine's disks. */
export { nodeFolderFiles } from './object-store/folder/node-folder-files.ts';
export type { FileBytes, FolderEntry, FolderFiles } from './object-store/folder/folder-files.ts';

// ── In a bucket of a store that speaks S3
export { S3ObjectStore } from './object-store/s3/s3-object-store.ts';
export type { S3Settings } from './object-store/s3/s3-settings.ts';

// ── Whether a cluster may use a store
export { checkStore } from './store-check/check-store.ts';
export type { StoreCheckOptions } from './store-check/check-store.ts';
export type { StoreCheckName, StoreFinding, StoreLatency, StoreReport } from './store-check/store-report.ts';

// ── Errors, limits
export { ClusterError } from './cluster-error.ts';
export type { ClusterErrorCode } from './cluster-error.ts';
export { clusterLimits } from './limits.ts';
