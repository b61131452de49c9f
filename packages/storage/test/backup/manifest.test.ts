import { crc32c } from '@q/protocol';
import { decodeManifest, encodeManifest } from '@q/storage';
import type { Manifest } from '@q/storage';
import { describe, expect, it } from 'vitest';
import { errorWith } from '../conformance/harness.ts';

const topicId = '6f9619ff-8b86-4d01-b42d-00cf4fc964ff';
const backup = '20261130T203112504Z-1f0c3a9e';
const earlier = '20261129T203112504Z-00000001';

const manifest: Manifest = {
  head: {
    id: backup,
    createdMs: 1_796_070_672_000,
    clusterId: '11111111-2222-4333-8444-555555555555',
    brokerId: 1,
    software: 'q',
    softwareVersion: '0.1.0',
  },
  partitions: [
    {
      topic: 'orders',
      topicId,
      partition: 0,
      state: 'damaged',
      startOffset: 5,
      readableOffset: 90,
      endOffset: 100,
      epochs: [
        { epoch: 0, startOffset: 0 },
        { epoch: 3, startOffset: 40 },
      ],
      cleaner: { cleanerPoint: 40, nextHorizonMs: -1 },
      segments: [
        {
          baseOffset: 0,
          endOffset: 90,
          bytes: 300,
          isClosed: false,
          modifiedMs: 1_796_070_600_000,
          tailCrc: 4_294_967_295,
          pieces: [
            { from: 0, to: 200, crc: 1, backup: earlier },
            { from: 200, to: 300, crc: 2, backup },
          ],
        },
      ],
      snapshot: { offset: 80, bytes: 56, crc: 3, backup },
      messageIds: null,
    },
    {
      topic: 'gone',
      topicId,
      partition: 1,
      state: 'gone',
      startOffset: 7,
      readableOffset: 7,
      endOffset: 7,
      epochs: [],
      cleaner: null,
      segments: [],
      snapshot: null,
      messageIds: null,
    },
  ],
};

// The layout is for ever: a change here is a new version of the format.
const golden = `{"q":"backup","version":1,"id":"20261130T203112504Z-1f0c3a9e","createdMs":1796070672000,"clusterId":"11111111-2222-4333-8444-555555555555","brokerId":1,"software":"q","softwareVersion":"0.1.0"}
{"topic":"orders","topicId":"6f9619ff-8b86-4d01-b42d-00cf4fc964ff","partition":0,"state":"damaged","startOffset":5,"readableOffset":90,"endOffset":100,"epochs":[[0,0],[3,40]],"cleaner":[40,-1],"segments":[{"base":0,"end":90,"bytes":300,"closed":false,"modifiedMs":1796070600000,"tail":4294967295,"pieces":[[0,200,1,"20261129T203112504Z-00000001"],[200,300,2,"20261130T203112504Z-1f0c3a9e"]]}],"snapshot":[80,56,3,"20261130T203112504Z-1f0c3a9e"],"messageIds":null}
{"topic":"gone","topicId":"6f9619ff-8b86-4d01-b42d-00cf4fc964ff","partition":1,"state":"gone","startOffset":7,"readableOffset":7,"endOffset":7,"epochs":[],"cleaner":null,"segments":[],"snapshot":null,"messageIds":null}
{"end":true,"partitions":2,"crc32c":CRC}
`;

describe('the manifest of a backup', () => {
  it('O2: is written as version 1 has it, and read', () => {
    const text = encodeManifest(manifest);
    expect(text.replace(/"crc32c":\d+/, '"crc32c":CRC')).toBe(golden);
    expect(/"crc32c":(\d+)/.exec(text)?.[1]).toBe('926200290');
    expect(decodeManifest(Buffer.from(text))).toEqual(manifest);
  });

  it('O2: passes over fields that a later release adds', () => {
    const lines = encodeManifest(manifest).trimEnd().split('\n').slice(0, -1);
    const body = `${lines.map((line) => line.replace('{', '{"new":{"a":[1]},')).join('\n')}\n`;
    const end = `{"end":true,"partitions":2,"crc32c":${crc32c(Buffer.from(body))},"new":1}\n`;
    expect(decodeManifest(Buffer.from(body + end))).toEqual(manifest);
  });

  it('O2: is refused when any byte of it has changed, or it is cut off', () => {
    const bytes = Buffer.from(encodeManifest(manifest));
    for (let at = 0; at < bytes.length; at += 3) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1;
      expect(() => decodeManifest(changed), `byte ${at}`).toThrow(/damaged|newer q/);
      expect(() => decodeManifest(bytes.subarray(0, at)), `${at} bytes`).toThrow(errorWith('CORRUPT_LOG'));
    }
  });

  it.each([
    ['of a later version', { version: 2 }, 'written by a newer q'],
    ['with an id that leads elsewhere', { id: '../../etc/passwd' }, 'no id of a backup'],
  ])('O2: is refused %s', (_what, change, message) => {
    const [head] = encodeManifest(manifest).split('\n');
    const changed = JSON.stringify({ ...(JSON.parse(head!) as object), ...change });
    expect(() => decodeManifest(Buffer.from(`${changed}\n{"end":true,"partitions":0,"crc32c":0}\n`))).toThrow(message);
  });

  it.each(['..', 'a/b', ''])('O2: is refused with a topic named %j', (topic) => {
    const wrong = { ...manifest, partitions: [{ ...manifest.partitions[1]!, topic }] };
    expect(() => decodeManifest(Buffer.from(encodeManifest(wrong)))).toThrow('is no topic');
  });
});
