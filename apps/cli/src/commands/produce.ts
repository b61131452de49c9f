import type { Producer, ProducerOptions, ProducerRecord, Q, QError } from '@q/client';
import { CommandError } from '../command-error.ts';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { withClient } from '../connection.ts';
import { ExitCode } from '../exit-code.ts';
import { openLineSource } from '../input/line-source.ts';
import { splitKey, splitLines } from '../input/lines.ts';
import type { Pair } from '../input/pairs.ts';
import { formatJson } from '../output/json.ts';
import { Progress } from '../output/progress.ts';
import { formatBytes, formatCount, formatDuration } from '../output/units.ts';
import { pairsToRecord } from './settings-view.ts';

export interface ProduceOptions extends GlobalOptions {
  readonly file?: string;
  readonly key?: string;
  readonly keySeparator?: Buffer;
  readonly partition?: number;
  readonly header?: readonly Pair[];
  readonly compression: NonNullable<ProducerOptions['compression']>;
  readonly tombstones?: boolean;
}

/** What has been handed to the producer so far. */
interface Sent {
  records: number;
  bytes: number;
  /** Lines without the separator that was asked for. */
  keyless: number;
}

export function produce(context: CommandContext, topic: string, options: ProduceOptions): Promise<ExitCode> {
  return withClient(context, options, (q) => produceLines(q, context, topic, options), { endsItself: true });
}

async function produceLines(q: Q, context: CommandContext, topic: string, options: ProduceOptions): Promise<ExitCode> {
  const lines = splitLines(await openLineSource(options.file, context.stdin, context.interrupt));
  const limitBytes = await checkTarget(q, topic, options.partition);
  if (options.file === undefined && isTerminal(context.stdin))
    context.stderr.write('each line is a record; Ctrl-D ends\n');
  const startMs = performance.now();
  const failures = new Failures();
  await using producer = q.producer({
    compression: options.compression,
    onError: (error, { records }) => failures.add(error, records),
    ...(options.timeout === undefined ? {} : { deliveryTimeoutMs: options.timeout }),
  });
  const sent: Sent = { records: 0, bytes: 0, keyless: 0 };
  await sendLines(lines, {
    topic,
    limitBytes,
    producer,
    context,
    failures,
    sent,
    toRecord: recordMaker(options, sent),
  });
  await flush(producer, failures);
  await failures.throwFirst(sent.records);
  summarize(context, options, { topic, ...sent, durationMs: performance.now() - startMs });
  return context.interrupt.aborted ? ExitCode.interrupted : ExitCode.ok;
}

/**
 * Asked before the first line is read, because nobody wants to type lines for a topic that is not there. Returns the
 * topic's limit.
 */
async function checkTarget(q: Q, topic: string, partition: number | undefined): Promise<number> {
  const { partitions, configs } = await q.admin.describeTopic(topic);
  const limitBytes = Number(configs.find(({ key }) => key === 'max.message.bytes')?.value);
  if (partition === undefined || partition < partitions.length) return limitBytes;
  const hint = `it has ${partitions.length}, from 0`;
  throw new CommandError(ExitCode.notFound, `${topic} has no partition ${partition}`, {
    code: 'UNKNOWN_PARTITION',
    hint,
  });
}

interface Sending {
  readonly topic: string;
  /** `max.message.bytes` of the topic when the command began. */
  readonly limitBytes: number;
  readonly producer: Producer;
  readonly context: CommandContext;
  readonly failures: Failures;
  readonly sent: Sent;
  readonly toRecord: (line: Buffer) => ProducerRecord;
}

async function sendLines(source: AsyncIterable<Buffer[]>, o: Sending): Promise<void> {
  const terminal = isTerminal(o.context.stderr) && !isTerminal(o.context.stdin);
  const progress = new Progress(terminal ? (text) => void o.context.stderr.write(text) : null);
  try {
    for await (const lines of source) {
      for (const line of lines) {
        o.sent.records += 1;
        o.sent.bytes += line.length;
        const taken = o.sent.records === 1 || 2 * line.length > o.limitBytes ? sendAlone(line, o) : take(line, o);
        if (taken === true) continue;
        await (taken === false ? o.producer.ready() : taken);
        // Reading on would only pile up records that cannot be delivered either.
        if (o.failures.first !== null) return;
      }
      if (o.failures.first !== null) return;
      progress.update(o.sent);
    }
  } catch (error) {
    // Ctrl-C: what was read is still delivered.
    if (!o.context.interrupt.aborted) throw error;
  } finally {
    progress.clear();
  }
}

/**
 * Waited for: the first line, because most of what can be wrong with any is wrong with it, and one that may be too
 * large, which has a batch of its own anyway. So it is known which line was refused, and none behind it was read.
 */
async function sendAlone(line: Buffer, o: Sending): Promise<void> {
  try {
    await o.producer.send(o.topic, o.toRecord(line));
  } catch (error) {
    await refuseLine(error, line, o);
  }
}

/** False: the producer wants a pause. A promise: it did not take the line, and that is being noted. */
function take(line: Buffer, o: Sending): boolean | Promise<void> {
  try {
    return o.producer.enqueue(o.topic, o.toRecord(line));
  } catch (error) {
    return refuseLine(error, line, o);
  }
}

/** Notes the failure of one line, the last one that was read. */
async function refuseLine(error: unknown, line: Buffer, { failures, sent }: Sending): Promise<void> {
  const { QError } = await import('@q/client');
  if (!QError.is(error)) throw error;
  const { code, details } = error;
  const message = `line ${formatCount(sent.records)} (${formatCount(line.length)} bytes): ${error.message}`;
  failures.add(new QError(code, message, { cause: error, details }), 1);
}

function recordMaker(options: ProduceOptions, sent: Sent): (line: Buffer) => ProducerRecord {
  const { partition, keySeparator, tombstones = false } = options;
  const fixed = {
    ...(partition === undefined ? {} : { partition }),
    ...(options.header === undefined ? {} : { headers: pairsToRecord(options.header) }),
  };
  const valueOf = (value: Buffer): Buffer | null => (tombstones && value.length === 0 ? null : value);
  if (keySeparator === undefined) {
    const key = options.key === undefined ? null : Buffer.from(options.key);
    return (line) => ({ key, value: valueOf(line), ...fixed });
  }
  return (line) => {
    const { key, value } = splitKey(line, keySeparator);
    if (key === null) sent.keyless += 1;
    return { key, value: valueOf(value), ...fixed };
  };
}

async function flush(producer: Producer, failures: Failures): Promise<void> {
  try {
    await producer.flush();
  } catch (error) {
    // The same error came through `onError`, with the number of its records.
    if (failures.first === null) throw error;
  }
}

/** Records that were taken but could not be delivered. */
class Failures {
  first: QError | null = null;
  #records = 0;

  add(error: QError, records: number): void {
    this.first ??= error;
    this.#records += records;
  }

  /** Throws the first error, and says how much was stored all the same: whoever repeats the command has to know. */
  async throwFirst(sent: number): Promise<void> {
    if (this.first === null) return;
    const { QError } = await import('@q/client');
    const stored = `${formatCount(sent - this.#records)} of the ${formatCount(sent)} records read were stored`;
    throw new QError(this.first.code, `${this.first.message}; ${stored}`, {
      cause: this.first,
      details: this.first.details,
    });
  }
}

function summarize(
  context: CommandContext,
  options: ProduceOptions,
  done: Sent & { topic: string; durationMs: number },
): void {
  const { topic, records, bytes, keyless, durationMs } = done;
  if (options.json === true) {
    context.stdout.write(
      formatJson({ topic, records, bytes, keyless, durationMs: Math.round(durationMs) }, isTerminal(context.stdout)),
    );
    return;
  }
  const without = keyless === 0 ? '' : `; ${formatCount(keyless)} had no separator and were sent without a key`;
  const what = `${formatCount(records)} ${records === 1 ? 'record' : 'records'} to ${topic} in ${formatDuration(durationMs)} (${formatBytes(bytes)})`;
  context.stderr.write(
    options.raw === true ? `${records} ${bytes} ${Math.round(durationMs)}\n` : `${what}${without}\n`,
  );
}
