/** What the process takes from the machine. Injected, so that a simulation shows the same numbers in every run. */
export interface ProcessUsage {
  readonly rssBytes: number;
  readonly heapBytes: number;
  /** Memory outside the heap of objects in it; that of buffers is part of it. */
  readonly externalBytes: number;
  /** Memory of buffers, which lies outside the heap. */
  readonly bufferBytes: number;
  readonly cpuUserMs: number;
  readonly cpuSystemMs: number;
}
