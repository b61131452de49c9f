import { describe, expect, it } from 'vitest';
import { clearedMax, ConditionBoard, conditionsMax } from '../../../src/services/health/condition-board.ts';
import type { BoardChanges } from '../../../src/services/health/condition-board.ts';
import type { ConditionName, Finding } from '../../../src/services/health/condition.ts';
import { defaultThresholds } from '../../../src/services/health/thresholds.ts';

const wallMs = 1_700_000_000_000;

function finding(name: ConditionName, subject = ''): Finding {
  return { name, subject, reason: `${name} of ${subject}`, figures: {} };
}

class Scene {
  readonly board = new ConditionBoard();
  nowMs = 0;

  take(...findings: Finding[]): BoardChanges {
    return this.board.take(findings, { nowMs: this.nowMs, wallMs: wallMs + this.nowMs }, defaultThresholds);
  }

  after(ms: number, ...findings: Finding[]): BoardChanges {
    this.nowMs += ms;
    return this.take(...findings);
  }
}

describe('board of conditions', () => {
  it('O4 raises a condition once, keeps since when, and takes new figures', () => {
    const scene = new Scene();
    expect(scene.take(finding('disk.full')).raised).toMatchObject([
      { name: 'disk.full', severity: 'critical', sinceMs: wallMs, action: expect.stringContaining('Make room') },
    ]);
    const later = { ...finding('disk.full'), reason: 'fuller' };
    expect(scene.after(1_000, later)).toEqual({ raised: [], cleared: [] });
    expect(scene.board.conditions).toMatchObject([{ reason: 'fuller', sinceMs: wallMs }]);
  });

  it('O4 clears it only when it was gone for a while, and raises it anew after that', () => {
    const scene = new Scene();
    scene.take(finding('disk.full'));
    expect(scene.after(29_000).cleared).toEqual([]);
    expect(scene.after(0, finding('disk.full')).raised).toEqual([]);
    expect(scene.after(29_999).cleared).toEqual([]);
    expect(scene.after(1).cleared).toMatchObject([{ name: 'disk.full', clearedMs: wallMs + 59_000 }]);
    expect(scene.board.conditions).toEqual([]);
    expect(scene.board.cleared).toHaveLength(1);
    expect(scene.after(1_000, finding('disk.full')).raised).toHaveLength(1);
  });

  it('O4 raises what may be over in a moment when it has lasted, without a gap', () => {
    const scene = new Scene();
    const busy = finding('memory.over');
    expect(scene.take(busy).raised).toEqual([]);
    scene.after(9_000);
    expect(scene.after(1_000, busy).raised).toEqual([]);
    expect(scene.after(9_999, busy).raised).toEqual([]);
    expect(scene.after(1, busy).raised).toMatchObject([{ name: 'memory.over' }]);
  });

  it('O4, A1: a renewal in two steps pages nobody, and what is put right is over at once', () => {
    const scene = new Scene();
    const mismatch = finding('certificate.bad', 'native');
    expect(scene.take(mismatch).raised).toEqual([]);
    expect(scene.after(2_500, mismatch).raised).toEqual([]);
    expect(scene.after(1_000)).toEqual({ raised: [], cleared: [] });
    scene.after(1_000, mismatch);
    expect(scene.after(10_000, mismatch).raised).toMatchObject([{ name: 'certificate.bad', subject: 'native' }]);
    expect(scene.after(1_000).cleared).toMatchObject([{ name: 'certificate.bad' }]);
    expect(scene.board.conditions).toEqual([]);
  });

  it('O4 tells subjects apart, and the critical ones first', () => {
    const scene = new Scene();
    scene.take(finding('lag.growing', 'a of t'), finding('lag.growing', 'b of t'));
    scene.after(10, finding('lag.growing', 'b of t'), finding('disk.full'));
    expect(scene.board.conditions.map(({ name, subject }) => `${name} ${subject}`)).toEqual([
      'disk.full ',
      'lag.growing a of t',
      'lag.growing b of t',
    ]);
  });

  it('O4 is bounded: what there is no room for is counted, and has its turn later', () => {
    const scene = new Scene();
    const many = Array.from({ length: conditionsMax + 7 }, (_, index) => finding('lag.growing', `${index}`));
    expect(scene.take(...many).raised).toHaveLength(conditionsMax);
    expect(scene.board.omitted).toBe(7);
    expect(scene.after(30_000, ...many.slice(-7)).cleared).toHaveLength(conditionsMax);
    expect(scene.board.cleared).toHaveLength(clearedMax);
    expect(scene.after(1, ...many.slice(-7)).raised).toHaveLength(7);
    expect(scene.board.omitted).toBe(0);
  });
});
