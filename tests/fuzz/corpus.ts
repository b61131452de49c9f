import { readFileSync } from 'node:fs';
import { compress, openRecords } from '@q/protocol';
import type { CodecName } from '@q/protocol';

/** The golden vectors, as the protocol package commits them: right inputs, from which the wrong ones are made. */

interface MessageVector {
  readonly api: string;
  readonly version: number;
  readonly hex: string;
}

interface Vectors {
  readonly requests: readonly MessageVector[];
  readonly responses: readonly MessageVector[];
  readonly errors: readonly { readonly hex: string }[];
}

function readVectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../packages/protocol/vectors/${name}`, import.meta.url), 'utf8')) as T;
}

const messages = readVectors<Vectors>('messages.json');
const batches = readVectors<readonly { readonly hex: string; readonly codec: CodecName }[]>('batches.json');

const lengthBytes = 4;

/** Whole frames, with their length fields. */
export const requestFrames: readonly Buffer[] = messages.requests.map(({ hex }) => Buffer.from(hex, 'hex'));

/** Payloads of one message in one version. */
export function payloadsOf(kind: 'requests' | 'responses', api: string, version: number): Buffer[] {
  return messages[kind]
    .filter((vector) => vector.api === api && vector.version === version)
    .map(({ hex }) => Buffer.from(hex, 'hex').subarray(lengthBytes));
}

export const errorPayloads: readonly Buffer[] = messages.errors.map(({ hex }) =>
  Buffer.from(hex, 'hex').subarray(lengthBytes),
);

export const recordBatches: readonly Buffer[] = batches.map(({ hex }) => Buffer.from(hex, 'hex'));

/** Compressed records sections: those of the vectors, and larger ones. */
export function compressedSections(codec: CodecName): Buffer[] {
  const frozen = batches
    .filter((vector) => vector.codec === codec)
    .map(({ hex }) => Buffer.from(hex, 'hex').subarray(61));
  const plain = Buffer.from(openRecords(recordBatches[0]!).bytes);
  const larger = [Buffer.alloc(5_000, plain), Buffer.alloc(70_000, 'ab'), Buffer.alloc(0), Buffer.alloc(300, 1)];
  return [...frozen, ...larger.map((bytes) => compress(codec, bytes))];
}
