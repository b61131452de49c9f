/** How often something took how long. Times are whole microseconds; what took less than one counts as one. */
export interface Histogram {
  record(micros: number): void;
  summary(): TimesSummary;
}

/** All times in microseconds; 0 where nothing was recorded. */
export interface TimesSummary {
  readonly count: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
  readonly p999Micros: number;
  readonly maxMicros: number;
}
