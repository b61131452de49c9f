import { describe, expect, it } from 'vitest';
import { batchAttributes, encodeBatch, errorTable, readBatchHeader } from '../../src/index.ts';
import { toMarkdown } from '../../scripts/markdown.ts';
import { recordBatchLayout } from '../../scripts/record-batch-layout.ts';
import { specification } from '../../scripts/specification.ts';

const bytesOf: Readonly<Record<string, number>> = { i8: 1, i16: 2, i32: 4, u32: 4, i64: 8 };

describe('specification', () => {
  it('W1 names every API, field and error in the Markdown', () => {
    const spec = specification();
    const text = toMarkdown(spec);
    for (const api of spec.apis) {
      expect(text).toContain(`### ${api.name} (${api.key})`);
      for (const field of [...api.request.fields, ...api.response.fields]) expect(text).toContain(`| ${field.name} | `);
    }
    for (const { code, name } of errorTable) expect(text).toContain(`| ${code} | ${name} | `);
  });

  it('has links in the Markdown that lead somewhere', () => {
    const text = toMarkdown(specification());
    const anchors = new Set(
      Array.from(text.matchAll(/^#+ (.+)$/gm), (match) =>
        match[1]!.toLowerCase().replaceAll(/[()]/g, '').replaceAll(' ', '-'),
      ),
    );
    const links = Array.from(text.matchAll(/\]\(#([^)]+)\)/g), (match) => match[1]!);
    expect(links.length).toBeGreaterThan(15);
    expect(links.filter((link) => !anchors.has(link))).toEqual([]);
  });

  it('has the fields of a batch header where each ends and the next begins', () => {
    const { header } = recordBatchLayout;
    let at = 0;
    for (const field of header) {
      expect(field.at, field.name).toBe(at);
      at += bytesOf[field.type] ?? 0;
    }
    expect(at).toBe(recordBatchLayout.headerBytes);
  });

  it('has the types of a batch header that the codec reads', () => {
    const batch = encodeBatch([{ value: 'a' }, { value: 'b' }], {
      timestampMs: 2 ** 40 + 1,
      producerId: 2 ** 33 + 5,
      producerEpoch: 300,
      baseSequence: 70_000,
    });
    const header = readBatchHeader(batch);
    const read: Readonly<Record<string, (at: number) => number>> = {
      i8: (at) => batch.readInt8(at),
      i16: (at) => batch.readInt16BE(at),
      i32: (at) => batch.readInt32BE(at),
      u32: (at) => batch.readUInt32BE(at),
      i64: (at) => Number(batch.readBigInt64BE(at)),
    };
    const values = Object.fromEntries(
      recordBatchLayout.header.slice(0, -1).map(({ name, type, at }) => [name, read[type]!(at!)]),
    );
    const {
      baseOffset,
      magic,
      crc,
      lastOffsetDelta,
      baseTimestamp,
      maxTimestamp,
      producerId,
      producerEpoch,
      baseSequence,
      recordsCount,
    } = header;
    expect(values).toEqual({
      baseOffset,
      length: batch.length - 12,
      partitionLeaderEpoch: header.leaderEpoch,
      magic,
      crc,
      attributes: batchAttributes(batch),
      lastOffsetDelta,
      baseTimestamp,
      maxTimestamp,
      producerId,
      producerEpoch,
      baseSequence,
      recordsCount,
    });
  });
});
