/** What a run cost server and client, and how many records it was for. */
export interface RunCost {
  readonly records: number;
  readonly serverSeconds: number;
  readonly clientSeconds: number;
}

export interface RecordCost {
  readonly serverMicros: number;
  readonly clientMicros: number;
  readonly recordsPerCpuSecond: number;
}

/** Processor time comes in ticks of 10 ms: a difference below this says nothing. */
const secondsMin = 0.1;

/**
 * What a record costs once all is warm: a long run less a short one of the same kind. What both have in common does
 * not count: starting the tool, connecting, compiling its code.
 *
 * @returns null when the runs differ too little to tell
 */
export function costOfRecord(long: RunCost, short: RunCost): RecordCost | null {
  const records = long.records - short.records;
  const serverSeconds = long.serverSeconds - short.serverSeconds;
  const clientSeconds = long.clientSeconds - short.clientSeconds;
  if (records <= 0 || serverSeconds < 0 || clientSeconds < 0 || serverSeconds + clientSeconds < secondsMin) return null;
  return {
    serverMicros: (serverSeconds * 1e6) / records,
    clientMicros: (clientSeconds * 1e6) / records,
    recordsPerCpuSecond: records / (serverSeconds + clientSeconds),
  };
}
