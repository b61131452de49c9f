/**
 * PRODUCE: batches in, and for each partition its offset or its error (rows P1-P5).
 */
import { Produce, durabilityCode } from '@q/protocol';
import type { LentMemory, ProduceRequest, ProduceResponse, ProduceResponsePartition } from '@q/protocol';
import { throttleMsMax } from '@q/security';
import { retryAfterMs } from '../../../errors/retry-after.ts';
import type { AppendResult } from '../../../services/append/append-result.ts';
import type { AppendService, Appending } from '../../../services/append/append-service.ts';
import type { Throttle } from '../../../services/quotas/throttle.ts';
import type { BrokerTracing } from '../../../tracing/tracing.ts';
import { Expected } from '../handler.ts';
import type { Handler, NativeCaller } from '../handler.ts';
import { errorsOfPartitions, wireCode } from './wire-result.ts';

export interface ProduceTracing {
  readonly tracing: BrokerTracing;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface ProduceDependencies {
  /** Null: nobody wants spans. */
  readonly traces: ProduceTracing | null;
  readonly service: Pick<AppendService, 'append'>;
  readonly throttle: Pick<Throttle, 'hold'>;
  /** Where the memory of large frames comes from, if it is used again. */
  readonly frames: Pick<LentMemory, 'release'> | null;
}

export function produceHandler({
  service,
  throttle,
  frames,
  traces,
}: ProduceDependencies): Handler<ProduceRequest, ProduceResponse> {
  return {
    api: Produce,
    letsGo: true,
    handle: (request, caller) => {
      // Nearly always there are none.
      const appending =
        traces === null || request.traceContexts.length === 0
          ? service.append(request, caller)
          : tracedAppend(request, caller, { service, traces });
      if (appending instanceof Promise) {
        return appending.then((late) => {
          // What was checked is looked at no more. Of a check that failed the thread pool may still be at work: that is
          // left to the collector.
          if (late.results.every(({ error }) => error === null)) letGoOfFrame(request, frames);
          return late.throttleMs > 0 ? heldAnswer(request, late, { caller, throttle }) : finalAnswer(request, late);
        });
      }
      // The logs look after their batches now.
      letGoOfFrame(request, frames);
      if (appending.throttleMs > 0) return heldAnswer(request, appending, { caller, throttle });
      return expectedAnswer(request, appending);
    },
    errorsIn: errorsOfPartitions,
  };
}

/** As `append`, with a span that tells how long it took. */
function tracedAppend(
  request: ProduceRequest,
  caller: NativeCaller,
  { service, traces: { tracing, now } }: { service: ProduceDependencies['service']; traces: ProduceTracing },
): Appending | Promise<Appending> {
  const startedAtMs = now();
  const bytes = request.topics.flatMap(({ partitions }) => partitions).reduce((sum, p) => sum + p.records.length, 0);
  const told = (appending: Appending): Appending => {
    const { results, throttleMs } = appending;
    const appendedAtMs = now();
    return {
      results,
      throttleMs,
      whenSettled: (done) =>
        appending.whenSettled((o) => {
          const { clientId } = caller;
          tracing.produced({
            contexts: request.traceContexts,
            clientId,
            bytes,
            startedAtMs,
            appendedAtMs,
            parts: results,
          });
          done(o);
        }),
    };
  };
  const appending = service.append(request, caller);
  return appending instanceof Promise ? appending.then(told) : told(appending);
}

/** All batches of a request lie in the memory of its frame. */
function letGoOfFrame({ topics }: ProduceRequest, frames: ProduceDependencies['frames']): void {
  const first = topics[0]?.partitions[0];
  if (first !== undefined) frames?.release(first.records);
}

function expectedAnswer(request: ProduceRequest, appending: Appending): Expected<ProduceResponse> {
  const answer = answerOf(request, appending);
  const other = new Promise<ProduceResponse | null>((resolve) => {
    appending.whenSettled(({ asExpected }) => resolve(asExpected ? null : answer));
  });
  return new Expected({ answer, other });
}

function finalAnswer(request: ProduceRequest, appending: Appending): Promise<ProduceResponse> {
  return new Promise((resolve) => {
    appending.whenSettled(() => resolve(answerOf(request, appending)));
  });
}

/**
 * What is beyond a quota is stored like everything else, and its answer is held: a client has only so many requests
 * without an answer. Who owes very much in spite of that is not listened to for a while.
 */
async function heldAnswer(
  request: ProduceRequest,
  appending: Appending,
  { caller, throttle }: { readonly caller: NativeCaller; readonly throttle: Pick<Throttle, 'hold'> },
): Promise<ProduceResponse> {
  const { throttleMs } = appending;
  if (throttleMs >= throttleMsMax) {
    const goOn = caller.budget.holdOrder();
    void throttle.hold(caller, kind, deafMs).then(goOn);
  }
  // The client must not take a held answer for one that was lost.
  const holdMs = Math.min(throttleMs, request.timeoutMs / 2);
  const [answer, throttleTimeMs] = await Promise.all([
    finalAnswer(request, appending),
    throttle.hold(caller, kind, holdMs),
  ]);
  return { ...answer, throttleTimeMs };
}

const kind = 'producerByteRate';
/** Heartbeats of the connection come late by as much, for each request that is ahead of them. */
const deafMs = 2_000;

function answerOf(request: ProduceRequest, { results }: Appending): ProduceResponse {
  let next = 0;
  return {
    throttleTimeMs: 0,
    // Asked when it is encoded, as the partitions are.
    get retryAfterMs() {
      return retryAfterMs(results);
    },
    topics: request.topics.map((topic) => ({
      topicId: topic.topicId,
      partitions: topic.partitions.map(() => new ProducedPartition(results[next++]!)),
    })),
  };
}

/**
 * A result as the wire has it: a view, so that an answer that is expected need not be made anew when it turns out
 * otherwise.
 */
class ProducedPartition implements ProduceResponsePartition {
  readonly #result: AppendResult;

  constructor(result: AppendResult) {
    this.#result = result;
  }

  get partition(): number {
    return this.#result.partition;
  }

  get errorCode(): number {
    return wireCode(this.#result.error);
  }

  get errorMessage(): string | null {
    return this.#result.error?.message ?? null;
  }

  get baseOffset(): number {
    return this.#result.baseOffset;
  }

  get logAppendTimeMs(): number {
    return this.#result.logAppendTimeMs;
  }

  get logStartOffset(): number {
    return this.#result.logStartOffset;
  }

  get duplicate(): boolean {
    return this.#result.duplicate;
  }

  get durability(): number {
    const { durability } = this.#result;
    return durability === null ? 0 : durabilityCode[durability];
  }
}
