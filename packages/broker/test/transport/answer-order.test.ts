import { QError } from '@q/protocol';
import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import type { RequestBudget } from '../../src/caller.ts';
import { defaultLimits } from '../../src/limits.ts';
import { silentLogger } from '../../src/logger.ts';
import { BrokerCounters } from '../../src/metrics/counters.ts';
import { ByteBudget } from '../../src/transport/byte-budget.ts';
import { AcceptPace } from '../../src/transport/accept-pace.ts';
import { Connections } from '../../src/transport/connections.ts';
import { HeldTotal } from '../../src/transport/held-total.ts';
import { OutputTotal } from '../../src/transport/output-total.ts';
import type { Answer, Session } from '../../src/transport/session.ts';
import { FakeStream } from '../fakes/fake-stream.ts';

interface Call {
  readonly letter: string;
  readonly budget: RequestBudget;
  readonly answer: (thenClose?: boolean) => void;
}

/** A protocol of single letters, each of which is answered with itself when the test says so. */
class LetterSession implements Session {
  readonly isOpen = true;
  readonly answersInOrder: boolean;
  readonly calls: Call[] = [];
  #taken: string[] = [];

  constructor(answersInOrder: boolean) {
    this.answersInOrder = answersInOrder;
  }

  get bufferedBytes(): number {
    return this.#taken.length;
  }

  take(chunk: Buffer): void {
    if (chunk.includes('!')) throw new QError('MALFORMED_FRAME', 'no letter');
    this.#taken.push(...chunk.toString().split(''));
  }

  keepChunks(): void {}

  nextFrame(): Buffer | null {
    const letter = this.#taken.shift();
    return letter === undefined ? null : Buffer.from(letter);
  }

  serve(frame: Buffer, budget: RequestBudget): Promise<Answer> {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const letter = frame.toString();
    const answer = (thenClose = false): void => resolve({ buffers: [Buffer.from(letter)], thenClose });
    this.calls.push({ letter, budget, answer });
    return promise;
  }

  refusal(): Buffer[] {
    return [Buffer.from('?')];
  }
}

function setUp(answersInOrder: boolean) {
  const clock = new ManualClock({ defer: 'manual' });
  const session = new LetterSession(answersInOrder);
  const budget = new ByteBudget({ softBytes: 1000, hardBytes: 2000 });
  const outputTotal = new OutputTotal({ bytesMax: 1000, bytesHardMax: 1000 });
  const host = {
    clock,
    limits: defaultLimits,
    logger: silentLogger,
    budget,
    outputTotal,
    heldTotal: new HeldTotal(10),
    pace: new AcceptPace({ clock, limits: defaultLimits, rateOf: () => null }),
  };
  const stream = new FakeStream({ takesAll: true });
  const events = new Connections(host, new BrokerCounters(clock)).accept(stream, () => session, {
    door: 'native',
    listener: 'native',
  });
  const send = (text: string): void => events.data(Buffer.from(text));
  const answer = async (letter: string, thenClose = false): Promise<void> => {
    session.calls.find((call) => call.letter === letter)!.answer(thenClose);
    await clock.runDeferred();
  };
  return { clock, session, stream, send, answer, budget, events };
}

describe('answers of a connection', () => {
  it('W1 leave in the order of their requests where the protocol wants it', async () => {
    const { stream, send, answer } = setUp(true);
    send('abcd');
    await answer('c');
    await answer('b');
    expect(stream.sent.toString()).toBe('');
    await answer('a');
    expect(stream.sent.toString()).toBe('abc');
    await answer('d');
    expect(stream.sent.toString()).toBe('abcd');
  });

  it('W1 overtake each other where it does not', async () => {
    const { stream, send, answer } = setUp(false);
    send('ab');
    await answer('b');
    await answer('a');
    expect(stream.sent.toString()).toBe('ba');
  });

  it('W1 are none after one that hangs up', async () => {
    const { stream, send, answer } = setUp(true);
    send('abc');
    await answer('c');
    await answer('b', true);
    await answer('a');
    expect(stream.sent.toString()).toBe('ab');
    expect(stream.isEnded).toBe(true);
  });

  it('W1 keep their room until they leave, and give it back when the connection breaks', async () => {
    const { session, stream, send, answer, events } = setUp(true);
    send('ab');
    expect(session.calls[1]!.budget.reserveAnswer(600, 600)).toBe(600);
    await answer('b');
    // The room of the answer that waits for its turn is not anybody else's.
    expect(session.calls[0]!.budget.reserveAnswer(600, 600)).toBeInstanceOf(Promise);
    events.closed();
    await answer('a');
    expect(stream.sent.toString()).toBe('');
  });

  it('W1 end with a refusal when the bytes are of another protocol', async () => {
    const { clock, stream, send } = setUp(true);
    send('!');
    await clock.runDeferred();
    expect(stream.sent.toString()).toBe('?');
    expect(stream.isEnded).toBe(true);
  });
});
