import type { Producer, ProducerOptions, Q, QError } from '@q/client';
import { CommandError } from '../command-error.ts';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { withClient } from '../connection.ts';
import { ExitCode } from '../exit-code.ts';
import { openLineSource } from '../input/line-source.ts';
import { PieceTooLong } from '../input/pieces.ts';
import { JsonMistake } from '../input/record-json.ts';
import { formatJson } from '../output/json.ts';
import { Progress } from '../output/progress.ts';
import { formatBytes, formatCount, formatDuration } from '../output/units.ts';
import { ProduceFailures } from './produce-failures.ts';
import { checkInputOptions, openInput } from './produce-input.ts';
import type { InputOptions, ProduceInput } from './produce-input.ts';

export interface ProduceOptions extends GlobalOptions, InputOptions {
  readonly json?: boolean;
  readonly file?: string;
  readonly compression: NonNullable<ProducerOptions['compression']>;
}

/** What has been handed to the producer so far. */
interface Sent {
  /** Pieces of the input that were read; some of JSON may be empty. */
  pieces: number;
  records: number;
  bytes: number;
}

export async function produce(context: CommandContext, topic: string, options: ProduceOptions): Promise<ExitCode> {
  checkInputOptions(options);
  return withClient(context, options, (q) => produceInput(q, context, topic, options), { endsItself: true });
}

async function produceInput(q: Q, context: CommandContext, topic: string, options: ProduceOptions): Promise<ExitCode> {
  const source = await openLineSource(options.file, context.stdin, context.interrupt);
  const limitBytes = await checkTarget(q, topic, options.partition);
  const input = openInput(source, { options, limitBytes });
  if (options.file === undefined && isTerminal(context.stdin))
    context.stderr.write(
      input.piece === 'input'
        ? 'all of it is one record; Ctrl-D ends it\n'
        : `each ${input.piece} is a record; Ctrl-D ends\n`,
    );
  const startMs = performance.now();
  const failures = new ProduceFailures();
  await using producer = q.producer({
    compression: options.compression,
    onError: (error, { records }) => failures.add(error, records),
    ...(options.timeout === undefined ? {} : { deliveryTimeoutMs: options.timeout }),
  });
  const sent: Sent = { pieces: 0, records: 0, bytes: 0 };
  await sendAll({ topic, limitBytes, producer, context, failures, sent, input });
  await flush(producer, failures);
  await failures.throwFirst(sent.records);
  summarize(context, options, { topic, ...sent, keyless: input.keyless(), durationMs: performance.now() - startMs });
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
  readonly failures: ProduceFailures;
  readonly sent: Sent;
  readonly input: ProduceInput;
}

async function sendAll(o: Sending): Promise<void> {
  const terminal = isTerminal(o.context.stderr) && !isTerminal(o.context.stdin);
  const progress = new Progress(terminal ? (text) => void o.context.stderr.write(text) : null);
  try {
    for await (const pieces of o.input.pieces) {
      for (const piece of pieces) {
        const taken = send(piece, o);
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
    if (o.context.interrupt.aborted) return;
    if (!(error instanceof PieceTooLong)) throw error;
    o.sent.pieces += 1;
    o.sent.records += 1;
    await refuse(error, { bytes: null, sending: o });
  } finally {
    progress.clear();
  }
}

/** False: the producer wants a pause. A promise: something is waited for before the next piece. */
function send(piece: Buffer, o: Sending): boolean | Promise<void> {
  const { sent, producer, topic } = o;
  sent.pieces += 1;
  sent.records += 1;
  try {
    const record = o.input.toRecord(piece);
    if (record === null) {
      sent.records -= 1;
      return true;
    }
    sent.bytes += piece.length;
    // Waited for: the first one, because most of what can be wrong with any is wrong with it, and one that may be too
    // large, which has a batch of its own anyway. So it is known which was refused, and none behind it was read.
    if (sent.records > 1 && 2 * piece.length <= o.limitBytes) return producer.enqueue(topic, record);
    return producer.send(topic, record).then(
      () => undefined,
      (error: unknown) => refuse(error, { bytes: piece.length, sending: o }),
    );
  } catch (error) {
    return refuse(error, { bytes: piece.length, sending: o });
  }
}

/** Notes what is wrong with the last piece that was read, and which it is. */
async function refuse(thrown: unknown, o: { bytes: number | null; sending: Sending }): Promise<void> {
  const { sending, bytes } = o;
  const { failures, sent, input, limitBytes } = sending;
  const client = await import('@q/client');
  const error = readable(thrown, { QError: client.QError, limitBytes });
  if (!client.QError.is(error)) throw error;
  const { code, details } = error;
  const which = input.piece === 'input' ? 'the input' : `${input.piece} ${formatCount(sent.pieces)}`;
  const size = bytes === null ? '' : ` (${formatCount(bytes)} bytes)`;
  failures.add(new client.QError(code, `${which}${size}: ${error.message}`, { cause: error, details }), 1);
}

/** What the reading of the input has found, in the words of the client. */
function readable(thrown: unknown, o: { QError: typeof QError; limitBytes: number }): unknown {
  if (thrown instanceof JsonMistake) return new o.QError('INVALID_RECORD', thrown.message, { cause: thrown });
  if (!(thrown instanceof PieceTooLong)) return thrown;
  const message = `${thrown.message}, and the topic takes records of ${o.limitBytes} (max.message.bytes)`;
  return new o.QError('RECORD_TOO_LARGE', message, { cause: thrown });
}

async function flush(producer: Producer, failures: ProduceFailures): Promise<void> {
  try {
    await producer.flush();
  } catch (error) {
    // The same error came through `onError`, with the number of its records.
    if (failures.first === null) throw error;
  }
}

function summarize(
  context: CommandContext,
  options: ProduceOptions,
  done: Sent & { topic: string; keyless: number; durationMs: number },
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
