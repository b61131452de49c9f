/** Where a broker is in its life. Only `ready` serves. */
export type BrokerPhase = 'starting' | 'ready' | 'stopping' | 'failed';

/** What a stop still waits for. */
export interface DrainState {
  readonly requests: number;
  readonly connections: number;
  readonly leftMs: number;
}

/** The phase, shared between the broker and the admin server, which answers while the broker is still starting. */
export interface Health {
  phase: BrokerPhase;
  /** Why storage failed. */
  failure?: string;
  /** While it stops. */
  drain?: () => DrainState;
  /** What is wrong although it serves, in sentences. */
  troubles?: () => readonly string[];
}

/** As many as a probe's log should have. */
const troublesMax = 10;

/** Why the broker does not serve, or what is wrong although it does; one sentence each. */
export function reasonsOf({ phase, failure, drain, troubles }: Health): readonly string[] {
  switch (phase) {
    case 'starting':
      return ['the broker reads its data'];
    case 'stopping':
      return [drain === undefined ? 'the broker stops' : drainSentence(drain())];
    case 'failed':
      return [`storage failed, and the process should end: ${failure ?? 'the log has the details'}`];
    default:
      return troubles?.().slice(0, troublesMax) ?? [];
  }
}

function drainSentence({ requests, connections, leftMs }: DrainState): string {
  const left = Math.max(0, Math.ceil(leftMs / 1000));
  return `the broker stops (requests under way: ${requests}, connections: ${connections}, seconds left: ${left})`;
}
