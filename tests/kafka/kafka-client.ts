import type { ClientProgram } from './client-program.ts';

/** What has to be there before a client can be tried: a program, or why there is none on this machine. */
export type Prepared = ReadyClient | { readonly missing: string };

export interface ReadyClient {
  readonly start: (bootstrap: string) => ClientProgram;
  /** The command that runs its program in `examples/kafka`, where it has one; the address of the broker follows. */
  readonly example?: readonly string[];
}

/** A Kafka client that the rig tries. */
export interface KafkaClient {
  /** As the table calls it, without spaces. */
  readonly name: string;
  /**
   * Brings what the client needs, in exact versions and by its ordinary package manager, into a folder of its own that
   * stays from run to run. A second call finds everything there.
   */
  readonly prepare: (cacheFolder: string) => Promise<Prepared>;
}
