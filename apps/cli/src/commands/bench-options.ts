import type { GlobalOptions } from '../command-context.ts';
import type { BenchTopicOptions } from '../bench/bench-topic.ts';
import type { ProduceOptions } from './produce.ts';

/** What `q bench …` takes. */
export interface BenchOptions extends GlobalOptions, BenchTopicOptions {
  /** Default: as each benchmark says, unless there is a duration. */
  readonly records?: number;
  /** Milliseconds. */
  readonly duration?: number;
  /** Bytes of each value. */
  readonly size: number;
  readonly compression: ProduceOptions['compression'];
  /** Records a second. */
  readonly rate?: number;
}
