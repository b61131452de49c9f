import { connect, QError } from '@q/client';
import type { Q } from '@q/client';
import { ProcessClock } from '@q/testkit';
import { brokerUrl } from './simulated-broker.ts';
import type { World } from './world.ts';

/**
 * A client in a process of its own, which may be told to connect while the broker is away: it tries until it gets
 * through.
 */
export async function connectClient(world: World, clock: ProcessClock = new ProcessClock(world.clock)): Promise<Q> {
  for (;;) {
    try {
      return await connect(brokerUrl, {
        clock,
        random: world.random.fork(),
        network: world.network.forClient(clock),
        connectTimeoutMs: 2_000,
        requestTimeoutMs: 2_000,
        retry: { initialMs: 10, maxMs: 200 },
        metadataMaxAgeMs: 5_000,
      });
    } catch (error) {
      expectQError(world, error, 'connecting');
    }
  }
}

/** What a client throws is a QError, or the client is broken. */
export function expectQError(world: World, error: unknown, what: string): QError {
  if (QError.is(error)) {
    world.trace.add(`${what}: ${error.code}`);
    return error;
  }
  world.problem(`${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return new QError('UNKNOWN', what);
}
