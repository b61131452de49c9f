// `q group …` beside live members, which the package's own tests do not have: members that speak the wire protocol, one
// of them saying that its application hangs.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { CommitOffset, GroupHeartbeat } from '@q/protocol';
import type { GroupHeartbeatRequest, GroupHeartbeatResponse } from '@q/protocol';
import { describe, expect, it } from 'vitest';
import { WireConnection } from '../wire-connection.ts';
import { Scene } from './scene.ts';

const program = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line to its end; nobody can be asked there. */
function q(scene: Scene, line: string): Promise<Ended> {
  return new Promise((resolve) => {
    const args = ['--conditions=@q/source', program, '--url', scene.broker.url, ...line.split(' ')];
    execFile(process.execPath, args, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    ).stdin?.end();
  });
}

async function json(scene: Scene, line: string): Promise<unknown> {
  const { code, stdout, stderr } = await q(scene, `${line} --json`);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

/** A member by hand: it says what the test wants it to say, and owns what it was last told. */
class Member {
  readonly #wire: WireConnection;
  readonly #memberId: string;
  #answer: GroupHeartbeatResponse | null = null;

  constructor(wire: WireConnection, memberId: string) {
    this.#wire = wire;
    this.#memberId = memberId;
  }

  async join(): Promise<void> {
    this.#answer = await this.#beat({ memberEpoch: 0, topics: ['orders'], owned: [], sessionTimeoutMs: 60_000 });
  }

  async stay(o: Partial<GroupHeartbeatRequest> = {}): Promise<void> {
    const answer = await this.#beat({ memberEpoch: this.#answer!.memberEpoch, owned: this.#answer!.assignment, ...o });
    this.#answer = { ...answer, assignment: answer.assignment ?? this.#answer!.assignment };
  }

  async leave(): Promise<void> {
    await this.#beat({ memberEpoch: -1 });
  }

  async commit(partition: number, offset: number): Promise<void> {
    const topics = [
      {
        topicId: await this.#wire.topicId('orders'),
        partitions: [{ partition, offset, leaderEpoch: -1, metadata: null }],
      },
    ];
    const answer = await this.#wire.call(CommitOffset, {
      groupId: 'billing',
      memberId: this.#memberId,
      memberEpoch: this.#answer!.memberEpoch,
      topics,
    });
    expect(answer.topics[0]?.partitions[0]).toEqual({ partition, errorCode: 0, errorMessage: null });
  }

  #beat(o: Partial<GroupHeartbeatRequest>): Promise<GroupHeartbeatResponse> {
    return this.#wire.call(GroupHeartbeat, {
      groupId: 'billing',
      memberId: this.#memberId,
      memberEpoch: 0,
      instanceId: null,
      sessionTimeoutMs: -1,
      rebalanceTimeoutMs: -1,
      assignor: null,
      topics: null,
      owned: null,
      stalledMs: 0,
      maxWaitMs: 0,
      ...o,
    });
  }
}

async function ordersOf(scene: Scene): Promise<void> {
  await scene.q.admin.createTopic('orders', { partitions: 2 });
  await scene.q.producer().sendBatch(
    'orders',
    Array.from({ length: 5 }, (_, index) => ({ partition: 0, value: `${index}` })),
  );
}

describe('q group beside live members', () => {
  it(
    'G2 G3 shows who owns what, how far it is and that it stalls, and leaves its offsets to it',
    { timeout: 30_000 },
    async () => {
      await using scene = await Scene.start();
      await ordersOf(scene);
      await using wire = await WireConnection.open(scene.broker.url);
      const member = new Member(wire, 'member-1');
      await member.join();
      await member.commit(0, 3);
      await member.stay({ stalledMs: 45_000 });

      expect(await json(scene, 'group list')).toEqual([
        { groupId: 'billing', state: 'stable', members: 1, offsets: 1 },
      ]);
      expect(await json(scene, 'group describe billing')).toMatchObject({
        state: 'stable',
        lag: 2,
        members: [
          {
            memberId: 'member-1',
            clientId: 'wire',
            host: expect.stringContaining('127.0.0.1') as string,
            assigned: [{ name: 'orders', partitions: [0, 1] }],
            stalledMs: 45_000,
            stalled: true,
          },
        ],
        partitions: [
          {
            topic: 'orders',
            partition: 0,
            memberId: 'member-1',
            committedOffset: 3,
            highWatermark: 5,
            lag: 2,
            sinceProgressMs: expect.any(Number) as number,
          },
          {
            topic: 'orders',
            partition: 1,
            memberId: 'member-1',
            committedOffset: null,
            highWatermark: 0,
            lag: 0,
            sinceProgressMs: null,
          },
        ],
      });
      const { stdout } = await q(scene, 'group describe billing');
      expect(stdout).toMatch(
        /\nmembers\t1, 1 stalled\n[\s\S]*\nmember-1\t-\twire\t\S+\tstable\t\d+\torders:0-1\t[^\t]+\tfor 45\.0 s\n/,
      );

      for (const line of [
        'seek billing -t orders --to start',
        'seek billing -t orders --to start --execute',
        'delete billing --force',
        'delete billing --offsets -t orders --force',
      ]) {
        expect(await q(scene, `group ${line}`), line).toMatchObject({
          code: 1,
          stdout: '',
          stderr: expect.stringMatching(/^q: .*\(GROUP_NOT_EMPTY\)\. Stop its consumers first/) as string,
        });
      }
      await member.leave();
      expect((await q(scene, 'group seek billing -t orders --to start -p 0 --execute')).stdout).toContain(
        'orders\t0\t3\t0\t-3\t5\n',
      );
      expect((await q(scene, 'group delete billing --force')).stdout).toBe('deleted billing with its 1 offset\n');
    },
  );

  it('G3 S1 keeps what it set through a restart of the broker', { timeout: 30_000 }, async () => {
    await using scene = await Scene.start();
    await ordersOf(scene);
    expect((await q(scene, 'group seek billing -t orders --to -2 --execute')).code).toBe(0);
    await scene.restart();
    expect(await json(scene, 'group describe billing')).toMatchObject({
      state: 'empty',
      lag: 2,
      partitions: [
        { partition: 0, committedOffset: 3 },
        { partition: 1, committedOffset: 0 },
      ],
    });
    expect((await q(scene, 'group delete billing --force')).code).toBe(0);
    await scene.restart();
    expect((await q(scene, 'group describe billing')).code).toBe(3);
  });
});
