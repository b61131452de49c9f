/** Who lets go of the memory of a frame, and when. */
import { defaultLimits } from '@q/broker';
import type { Appending, Services } from '@q/broker';
import { QError } from '@q/protocol';
import { describe, expect, it } from 'vitest';
import { produceHandler } from '../../src/apis/produce.ts';
import { Silence } from '../../src/session/handler.ts';
import type { RequestContext } from '../../src/session/handler.ts';
import { batchOf, sending } from '../producing.ts';

const context = { version: 11, caller: {} } as unknown as RequestContext;

function setUp(append: () => Appending | Promise<Appending>) {
  const released: Buffer[] = [];
  const handler = produceHandler(
    { append: { append }, topics: { idOf: () => 'id' } } as unknown as Services,
    { frames: { release: (view: Buffer) => released.push(view) }, limits: defaultLimits } as never,
  );
  const batch = batchOf('a');
  return { released, batch, handler, request: sending({ name: 'orders' }, [null, Buffer.alloc(0), batch]) };
}

function appending(error: QError | null): Appending {
  const result = { partition: 2, error, baseOffset: 5, logAppendTimeMs: -1, logStartOffset: 0 };
  return {
    results: [result],
    whenSettled: (done: (o: { asExpected: boolean }) => void) => done({ asExpected: true }),
  } as unknown as Appending;
}

const refused = new QError('CORRUPT_BATCH', 'it is damaged');

describe('the memory of a frame', () => {
  it('B1 is let go of as soon as its batches are in the logs', async () => {
    const { released, batch, handler, request } = setUp(() => appending(null));
    const answer = handler.handle(request, context);
    expect(released).toEqual([batch]);
    await answer;
    expect(released).toHaveLength(1);
  });

  it('B1 is let go of after the checks where those took long', async () => {
    let goOn: (value: Appending) => void = () => undefined;
    const { released, batch, handler, request } = setUp(() => new Promise((resolve) => (goOn = resolve)));
    const answer = handler.handle(request, context);
    expect(released).toEqual([]);
    goOn(appending(null));
    await answer;
    expect(released).toEqual([batch]);
  });

  it('B1 is left alone where a check may still be at work on it', async () => {
    const { released, handler, request } = setUp(async () => appending(refused));
    await handler.handle(request, context);
    expect(released).toEqual([]);
  });

  it('B1 a request that is refused whole without acks ends its connection', () => {
    const { handler, request } = setUp(() => appending(null));
    const answer = handler.refuse!(7, { ...request, acks: 0 }, context, 'busy');
    expect(answer).toEqual(new Silence({ thenClose: true }));
  });
});
