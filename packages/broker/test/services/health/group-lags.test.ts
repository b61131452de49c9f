import { describe, expect, it } from 'vitest';
import { GroupLags, partitionsPerLook } from '../../../src/services/health/group-lags.ts';
import type { LagSeen } from '../../../src/services/health/group-lags.ts';
import type { GroupBehind } from '../../../src/services/health/facts.ts';
import { defaultThresholds } from '../../../src/services/health/thresholds.ts';

const wallMs = 1_700_000_000_000;
const { lagWindowMs } = defaultThresholds;

class Scene {
  seen: LagSeen[] = [];
  nowMs = 0;
  readonly lags = new GroupLags(() => this.seen);

  set(groupId: string, seen: Partial<LagSeen>): void {
    const before = this.seen.find((each) => each.groupId === groupId);
    const blank = {
      groupId,
      topicId: 'id',
      topic: 't',
      members: 1,
      lag: 0,
      committed: 0,
      progressedMs: null,
      partitions: 1,
    };
    this.seen = [...this.seen.filter((each) => each !== before), { ...blank, ...before, ...seen }];
  }

  look(ms = 0): GroupBehind[] {
    this.nowMs += ms;
    const time = { nowMs: this.nowMs, wallMs: wallMs + this.nowMs };
    this.lags.look(time, defaultThresholds);
    return this.lags.lags(time);
  }
}

describe('lags of groups', () => {
  it('O4 M1 tells since when a group is behind, for how long it has committed nothing, and nothing when it is not', () => {
    const scene = new Scene();
    scene.set('g', { lag: 0, committed: 10 });
    expect(scene.look()).toMatchObject([{ lag: 0, behindSinceMs: null, stalledForMs: 0 }]);
    scene.set('g', { lag: 5 });
    scene.look(60_000);
    expect(scene.look(9_000)).toMatchObject([{ lag: 5, behindSinceMs: wallMs + 60_000, stalledForMs: 9_000 }]);
    scene.set('g', { committed: 12, lag: 3 });
    expect(scene.look(1_000)).toMatchObject([{ behindSinceMs: wallMs + 60_000, stalledForMs: 0 }]);
    expect(scene.look(4_000)).toMatchObject([{ stalledForMs: 4_000 }]);
    scene.set('g', { lag: 0 });
    expect(scene.look(1_000)).toMatchObject([{ behindSinceMs: null, stalledForMs: 0 }]);
  });

  it('O4 tells for how long a group with a lag has had no member', () => {
    const scene = new Scene();
    scene.set('g', { lag: 0, members: 0 });
    scene.look();
    scene.set('g', { lag: 2 });
    scene.look(50_000);
    expect(scene.look(7_000)).toMatchObject([{ emptyForMs: 7_000, stalledForMs: 0 }]);
    scene.set('g', { members: 1 });
    expect(scene.look(1_000)).toMatchObject([{ emptyForMs: 0 }]);
  });

  it('O4 calls a lag growing when the least of half a window is not below that of the half before', () => {
    const scene = new Scene();
    const half = lagWindowMs / 2;
    for (const [lag, isGrowing] of [
      [100, false],
      [150, true],
      [200, true],
      [190, false],
      [50, false],
      [50, true],
      [60, true],
    ] as const) {
      scene.set('g', { lag });
      scene.look();
      scene.set('g', { lag: lag + 1_000 });
      scene.look(half / 2);
      scene.set('g', { lag });
      scene.look(half / 2 - 1);
      expect([lag, scene.look(1)[0]!.isGrowing]).toEqual([lag, isGrowing]);
    }
    scene.set('g', { lag: 0 });
    expect(scene.look(1_000)[0]!.isGrowing).toBe(false);
  });

  it('O4 forgets a group that is gone', () => {
    const scene = new Scene();
    scene.set('g', { lag: 1 });
    scene.set('h', { lag: 1 });
    expect(scene.look()).toHaveLength(2);
    scene.seen = scene.seen.filter(({ groupId }) => groupId === 'h');
    expect(scene.look(1_000).map(({ groupId }) => groupId)).toEqual(['h']);
  });

  it('O4 looks at many groups in parts', () => {
    const scene = new Scene();
    for (let index = 0; index < 3; index += 1) scene.set(`g${index}`, { partitions: partitionsPerLook });
    expect(scene.look()).toHaveLength(1);
    expect(scene.look()).toHaveLength(2);
    expect(scene.look()).toHaveLength(3);
  });
});
