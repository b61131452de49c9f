/**
 * The SCRAM mechanisms (RFC 5802, RFC 7677), without channel binding, and their bounds.
 */

/** The SCRAM mechanisms that there are, by their registered names. */
export type ScramMechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-512';

interface ScramHash {
  /** As `node:crypto` names it. */
  readonly name: 'sha256' | 'sha512';
  readonly bytes: 32 | 64;
}

const hashes: Readonly<Record<ScramMechanism, ScramHash>> = {
  'SCRAM-SHA-256': { name: 'sha256', bytes: 32 },
  'SCRAM-SHA-512': { name: 'sha512', bytes: 64 },
};

/** The hash of a mechanism, and how many bytes each of its keys has. */
export function scramHash(mechanism: ScramMechanism): ScramHash {
  return hashes[mechanism];
}

/** Bounds of what a peer may name. */
export const scramLimits = {
  /** RFC 7677 asks for 4,096 at least. */
  iterationsMin: 4_096,
  /** A server that names more makes its clients work for seconds; Kafka's tools take 16,384 at most. */
  iterationsMax: 1_000_000,
  nonceCharactersMax: 256,
  usernameCharactersMax: 249,
  saltBytesMax: 256,
  /** Of a whole message. */
  messageBytesMax: 4_096,
} as const;
