import { describe, expect, it } from 'vitest';
import { codeOnly, findLines } from './code-text.ts';
import { productionSources, readRepositoryFile } from './source-files.ts';

// Memory that is not zeroed may show what was in it before. Each file here was read: every byte is written before it
// is sent, stored or shown, or the bytes that are not are never looked at.
const unzeroed: Readonly<Record<string, string>> = {
  'apps/cli/src/output/byte-output.ts': 'gives out what it has written, up to its end',
  'packages/broker/src/services/backup/backup-service.ts': 'gives out as many bytes as the file system has read',
  'packages/broker/src/session/native/open-native.ts': 'memory of frames, which the decoder fills',
  'packages/broker/src/session/native/stand-in.ts': 'is never read or written',
  'packages/broker/src/transport/node-read-memory.ts': 'gives out as many bytes as the socket has read',
  'packages/client/src/network/node-lent-read.ts': 'gives out as many bytes as the socket has read',
  'packages/coordinator/src/records/record-writer.ts': 'four or eight bytes, all written',
  'packages/kafka-gateway/src/kafka-door.ts': 'memory of frames, which the decoder fills',
  'packages/kafka-gateway/src/wire/writer.ts': 'gives out what it has written, up to its end',
  'packages/protocol/src/batch/batch-memory.ts': 'gives out what the builder has written, up to its end',
  'packages/protocol/src/batch/builder.ts': 'copies of exactly as many bytes',
  'packages/protocol/src/batch/counted-memory.ts': 'memory of frames and batches, which their makers fill',
  'packages/protocol/src/batch/lent-memory.ts': 'copies of exactly as many bytes',
  'packages/protocol/src/batch/rebuild.ts': 'gives out what it has written, up to its end',
  'packages/protocol/src/compression/lz4.ts': 'gives the addon exactly the bytes that were copied in',
  'packages/protocol/src/frame/decoder.ts': 'gives a frame out when all its bytes have come',
  'packages/protocol/src/schema/writer.ts': 'gives out what it has written, up to its end',
  'packages/storage/src/backup/file-sink.ts': 'writes what was gathered, up to its end',
  'packages/storage/src/file-system/node-file-system.ts': 'gives out as many bytes as the system has read',
  'packages/storage/src/files/own-memory.ts': 'copies of exactly as many bytes',
  'packages/storage/src/files/read-buffers.ts': 'gives out as many bytes as the file system has read',
  'packages/storage/src/journal/journal-entry.ts': 'pads with zeros behind what it has written',
  'packages/storage/src/producers/producer-snapshot.ts': 'rows of a fixed size, all written',
  'packages/storage/src/room/disk-reserve.ts': 'bytes that do not compress, all written',
  'packages/testkit/src/seeded-random.ts': 'bytes of chance, all written',
};

// A pattern that is put together at run time may be somebody else's, and backtracking takes for ever on some.
const patterns: Readonly<Record<string, string>> = {
  'apps/broker/src/setting-rule.ts': 'patterns of the table of settings, which is part of the program',
};

function filesWith(pattern: RegExp): string[] {
  return productionSources().filter((path) => findLines(codeOnly(readRepositoryFile(path)), pattern).length > 0);
}

describe('calls that were reviewed one by one', () => {
  it('A2, SEC-5: take memory that is not zeroed', () => {
    expect(filesWith(/\ballocUnsafe(Slow)?\b|\bnew Buffer\(/)).toEqual(Object.keys(unzeroed).toSorted());
  });

  it('A2, SEC-4: make a regular expression of a text', () => {
    // A literal inside the call would be written as one outside of it.
    expect(filesWith(/\bRegExp\(/)).toEqual(Object.keys(patterns).toSorted());
  });

  it('A2, SEC-4: nothing else makes code of a text', () => {
    expect(filesWith(/\beval\(|\bnew Function\(|\bnode:vm\b/)).toEqual([]);
  });
});
