/** Where a broker is in its life. Only `ready` serves. */
export type BrokerPhase = 'starting' | 'ready' | 'stopping' | 'failed';

/** The phase, shared between the broker and the admin server, which answers while the broker is still starting. */
export interface Health {
  phase: BrokerPhase;
}
