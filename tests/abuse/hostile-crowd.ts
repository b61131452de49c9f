/**
 * All the hostile clients of the mix, in a process of their own and with low priority: on a machine that the broker
 * shares with them, what they compute themselves must not be taken for what they do to it.
 */
import { setPriority } from 'node:os';
import { answerParent } from './child.ts';
import { hostileKinds, openIdle } from './hostile-kinds.ts';
import { closeAll } from './hostile-socket.ts';

setPriority(10);
const [native, kafka, idleCount] = process.argv.slice(2).map(Number) as [number, number, number];
const ports = { native, kafka };
const controller = new AbortController();
const done: Record<string, number> = {};
const crowd = {
  ports,
  signal: controller.signal,
  did: (what: string, times = 1): void => {
    done[what] = (done[what] ?? 0) + times;
  },
};
let idle: Awaited<ReturnType<typeof openIdle>> = [];
let working: Promise<unknown> = Promise.resolve();

answerParent({
  /** Resolves when the idle ones are there and the others have begun. */
  begin: async () => {
    idle = await openIdle(ports, idleCount);
    working = Promise.all(hostileKinds.map((kind) => kind(crowd)));
  },
  /** What was done, by name. Idle connections that the broker did not keep are among it. */
  end: async () => {
    controller.abort();
    await working;
    crowd.did('idle connections kept', idle.filter(({ isGone }) => !isGone).length);
    await closeAll(idle);
    return done;
  },
});
