/**
 * Where the records lie, and how much room they take (row B1: what Kafka calls a log directory).
 */
import type { DiskRoom } from '@q/storage';
import type { TopicRegistry } from '../topics/topic-registry.ts';

/** What the broker keeps, topic by topic, internal ones too. */
export interface DataFolderDescription {
  /** Where it is; null in memory. */
  readonly path: string | null;
  /** Of its disk; null in memory. */
  readonly disk: { readonly totalBytes: number; readonly freeBytes: number } | null;
  readonly topics: readonly {
    readonly name: string;
    /** Bytes of the records of each partition, by its index; 0 where its log could not be opened. */
    readonly partitionBytes: readonly number[];
  }[];
}

export interface DataFolderOptions {
  readonly registry: TopicRegistry;
  readonly disk: Pick<DiskRoom, 'diskSpace'>;
  readonly path: string | null;
}

export class DataFolder {
  readonly #options: DataFolderOptions;

  constructor(options: DataFolderOptions) {
    this.#options = options;
  }

  async describe(): Promise<DataFolderDescription> {
    const { registry, disk, path } = this.#options;
    const space = await disk.diskSpace();
    const topics = [...registry.topics()].map(({ name, partitions }) => ({
      name,
      partitionBytes: partitions.map(({ log }) => log?.bytes ?? 0),
    }));
    return { path, disk: space, topics };
  }
}
