/** The SCRAM mechanisms as Kafka numbers them (org.apache.kafka.clients.admin.ScramMechanism). 0 stands for none. */
import type { ScramMechanism } from '@q/protocol';

export const scramCodes: Readonly<Record<ScramMechanism, number>> = { 'SCRAM-SHA-256': 1, 'SCRAM-SHA-512': 2 };

/** Null for a number that stands for none. */
export function scramMechanismOf(code: number): ScramMechanism | null {
  if (code === scramCodes['SCRAM-SHA-256']) return 'SCRAM-SHA-256';
  return code === scramCodes['SCRAM-SHA-512'] ? 'SCRAM-SHA-512' : null;
}

/** Rounds that Kafka takes. */
export const scramIterations = { min: 4_096, max: 16_384 } as const;
