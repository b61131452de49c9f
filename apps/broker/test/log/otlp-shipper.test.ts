import { describe, expect, it } from 'vitest';
import { logLimits } from '../../src/log/log-limits.ts';
import type { TailLine } from '../../src/log/log-tail.ts';
import { otlpHeaders, otlpUrl } from '../../src/log-shipping.ts';
import { otlpBody } from '../../src/log/otlp-record.ts';
import { OtlpShipper } from '../../src/log/otlp-shipper.ts';
import type { Shipped } from '../../src/log/otlp-shipper.ts';
import { FakeLogClock } from './fake-log-clock.ts';

function lineOf(number: number): TailLine {
  const json = JSON.stringify({ level: 'info', event: 'topic.created', n: number, msg: 'a topic was made' });
  return { number, timeMs: 1_000 + number, level: 'info', event: 'topic.created', json };
}

/** The numbers of the lines in a body. */
function numbersIn(body: string): number[] {
  const { resourceLogs } = JSON.parse(body) as {
    resourceLogs: { scopeLogs: { logRecords: { attributes: { key: string; value: { intValue?: string } }[] }[] }[] }[];
  };
  const records = resourceLogs[0]!.scopeLogs[0]!.logRecords;
  return records.map(({ attributes }) => Number(attributes.find(({ key }) => key === 'n')!.value.intValue));
}

const taken: Shipped = { status: 200, reason: '', retryAfterMs: null };

function setUp() {
  const clock = new FakeLogClock();
  const sent: number[][] = [];
  const told: unknown[] = [];
  const answers: Shipped[] = [];
  const shipper = new OtlpShipper({
    clock,
    resource: {},
    ship: (body) => {
      sent.push(numbersIn(body));
      return Promise.resolve(answers.shift() ?? taken);
    },
    failed: (reason, waiting) => told.push(['failed', reason, waiting]),
    again: (facts) => told.push(['again', facts]),
  });
  const push = (from: number, to: number): void => {
    for (let number = from; number <= to; number += 1) shipper.push(lineOf(number));
  };
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  };
  return { clock, sent, told, answers, shipper, push, pass };
}

describe('OtlpShipper', () => {
  it('O5 sends what came within a second as one batch, in order', async () => {
    const { sent, push, pass } = setUp();
    push(1, 3);
    await pass(999);
    expect(sent).toEqual([]);
    await pass(1);
    push(4, 4);
    await pass(1_000);
    expect(sent).toEqual([[1, 2, 3], [4]]);
  });

  it('O5 sends a full batch at once', async () => {
    const { sent, push, pass } = setUp();
    push(1, logLimits.shipBatchMax);
    await pass(0);
    expect(sent.map((batch) => batch.length)).toEqual([logLimits.shipBatchMax]);
  });

  it('O5 tries again with a growing pause, and tells each once', async () => {
    const { sent, told, answers, push, pass } = setUp();
    answers.push(...Array.from({ length: 3 }, () => ({ status: 503, reason: 'busy', retryAfterMs: null })));
    push(1, 2);
    await pass(1_000);
    await pass(1_000);
    push(3, 3);
    await pass(1_999);
    expect(sent).toHaveLength(2);
    await pass(1);
    await pass(4_000);
    expect(sent).toEqual([
      [1, 2],
      [1, 2],
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect(told).toEqual([
      ['failed', 'busy', 2],
      ['again', { dropped: 0, forMs: 7_000 }],
    ]);
  });

  it('O5 waits for as long as the collector asks, within a bound', async () => {
    const { sent, answers, push, pass } = setUp();
    answers.push({ status: 429, reason: 'slowly', retryAfterMs: 20_000 });
    push(1, 1);
    await pass(1_000);
    await pass(19_999);
    expect(sent).toHaveLength(1);
    await pass(1);
    expect(sent).toHaveLength(2);
  });

  it('O5 keeps no more than it may, and counts what it drops', async () => {
    const { told, answers, shipper, push, pass } = setUp();
    answers.push({ status: 0, reason: 'connection refused', retryAfterMs: null });
    push(1, 1);
    await pass(1_000);
    push(2, logLimits.shipQueueMax + 10);
    expect(shipper.dropped).toBe(10);
    await pass(2_000);
    expect(told[1]).toMatchObject(['again', { dropped: 10 }]);
  });

  it('O5 drops what is refused for good, and goes on', async () => {
    const { sent, answers, shipper, push, pass } = setUp();
    answers.push({ status: 400, reason: 'no', retryAfterMs: null });
    push(1, 2);
    await pass(1_000);
    push(3, 3);
    await pass(1_000);
    expect([sent, shipper.dropped]).toEqual([[[1, 2], [3]], 2]);
  });

  it('O5 sends what waits when it stops, and nothing after', async () => {
    const { sent, shipper, push, clock } = setUp();
    push(1, 2);
    await shipper.stop();
    push(3, 3);
    clock.advance(60_000);
    expect(sent).toEqual([[1, 2]]);
    expect(clock.timers).toBe(0);
  });
});

describe('OTLP', () => {
  it('O5 has time, severity, event, body and attributes of a line', () => {
    const json = JSON.stringify({
      level: 'error',
      event: 'partition.read_failed',
      topic: 'orders',
      offset: 7,
      ratio: 0.5,
      flag: true,
      list: ['a'],
      none: null,
      err: { type: 'Error', message: 'EIO', stack: 'Error: EIO', code: 'EIO' },
      msg: 'a read failed',
    });
    const line: TailLine = {
      number: 1,
      timeMs: 1_764_500_000_123,
      level: 'error',
      event: 'partition.read_failed',
      json,
    };
    const { resourceLogs } = JSON.parse(otlpBody([line], { 'service.name': 'q-broker' })) as {
      resourceLogs: { resource: unknown; scopeLogs: { logRecords: unknown[] }[] }[];
    };
    expect(resourceLogs[0]!.resource).toEqual({
      attributes: [{ key: 'service.name', value: { stringValue: 'q-broker' } }],
    });
    expect(resourceLogs[0]!.scopeLogs[0]!.logRecords[0]).toEqual({
      timeUnixNano: '1764500000123000000',
      observedTimeUnixNano: '1764500000123000000',
      severityNumber: 17,
      severityText: 'ERROR',
      eventName: 'partition.read_failed',
      body: { stringValue: 'a read failed' },
      attributes: [
        { key: 'event.name', value: { stringValue: 'partition.read_failed' } },
        { key: 'topic', value: { stringValue: 'orders' } },
        { key: 'offset', value: { intValue: '7' } },
        { key: 'ratio', value: { doubleValue: 0.5 } },
        { key: 'flag', value: { boolValue: true } },
        { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }] } } },
        { key: 'exception.type', value: { stringValue: 'Error' } },
        { key: 'exception.message', value: { stringValue: 'EIO' } },
        { key: 'exception.stacktrace', value: { stringValue: 'Error: EIO' } },
        { key: 'error.code', value: { stringValue: 'EIO' } },
      ],
    });
  });

  it('Q3 takes an address without a path for that of a collector, and headers as they are written', () => {
    expect(otlpUrl('http://collector:4318')).toBe('http://collector:4318/v1/logs');
    expect(otlpUrl('https://logs.example.com/otlp/v1/logs')).toBe('https://logs.example.com/otlp/v1/logs');
    expect(otlpHeaders('authorization=Basic YTpi=;x-scope=team a')).toEqual({
      authorization: 'Basic YTpi=',
      'x-scope': 'team a',
    });
    expect(otlpHeaders('none')).toEqual({});
  });
});
