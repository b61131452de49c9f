import { createClassicGroup, nextClassicDeadlineMs, stepClassic } from '../../src/index.ts';
import type {
  ClassicAnswer,
  ClassicCommand,
  ClassicGroup,
  ClassicJoinCommand,
  ClassicStep,
  GroupRecord,
} from '../../src/index.ts';

/** A classic group whose clock the test moves, with the answers that it has given. */
export class DrivenClassic {
  nowMs = 1_000;
  group: ClassicGroup | null;
  initialDelayMs: number;
  readonly records: GroupRecord[] = [];
  readonly answers: ClassicAnswer[] = [];
  #names = 0;

  constructor({ initialDelayMs = 0 }: { initialDelayMs?: number } = {}) {
    this.initialDelayMs = initialDelayMs;
    this.group = createClassicGroup('g', { nowMs: this.nowMs });
  }

  step(command: ClassicCommand): ClassicStep {
    const context = { nowMs: this.nowMs, wallMs: 1e12 + this.nowMs, initialDelayMs: this.initialDelayMs };
    const step = stepClassic(this.group ?? createClassicGroup('g', context), command, context);
    this.group = step.group;
    this.records.push(...step.records);
    this.answers.push(...step.answers);
    return step;
  }

  /** Joins without an id, or with one, and gives the id under which it waits, or the refusal. */
  join(o: Partial<ClassicJoinCommand> = {}): string {
    this.#names += 1;
    const { result } = this.step({
      kind: 'join',
      memberId: '',
      newMemberId: `m${this.#names}`,
      instanceId: null,
      clientId: 'c',
      host: 'h',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 60_000,
      protocolType: 'consumer',
      protocols: [says('range', 'a')],
      needsId: false,
      knowsSkipping: true,
      ...o,
    });
    return result.kind === 'waits' ? result.memberId : result.kind === 'refused' ? result.fault : result.kind;
  }

  /** Refusal, or what the answers so far say; null when it waits. */
  sync(memberId: string, o: { generation?: number; assignments?: Record<string, string> } = {}): string | null {
    const assignments = new Map(Object.entries(o.assignments ?? {}).map(([id, text]) => [id, Buffer.from(text)]));
    const generation = o.generation ?? this.group?.generation ?? 0;
    const names = { protocolType: null, protocolName: null };
    const step = this.step({ kind: 'sync', memberId, instanceId: null, generation, ...names, assignments });
    if (step.result.kind === 'refused') return step.result.fault;
    return step.answers.some((answer) => answer.memberId === memberId) ? this.told(memberId) : null;
  }

  heartbeat(memberId: string, generation: number = this.group?.generation ?? 0): string {
    const { result } = this.step({ kind: 'heartbeat', memberId, instanceId: null, generation });
    return result.kind === 'refused' ? result.fault : result.kind;
  }

  leave(...memberIds: string[]): (string | null)[] {
    const members = memberIds.map((memberId) => ({ memberId, instanceId: null }));
    const { result } = this.step({ kind: 'leave', members });
    return result.kind === 'left' ? [...result.faults] : [result.kind];
  }

  /** Lets time pass, with a tick at every deadline. */
  pass(ms: number): void {
    const endMs = this.nowMs + ms;
    for (let ticks = 0; ; ticks += 1) {
      const dueMs = this.group === null ? null : nextClassicDeadlineMs(this.group);
      if (dueMs === null || dueMs > endMs || ticks > 1_000) break;
      this.nowMs = Math.max(this.nowMs, dueMs);
      this.step({ kind: 'tick' });
    }
    this.nowMs = endMs;
  }

  /** The last answer of a member, in short; null when it has none. */
  told(memberId: string): string | null {
    const outcome = this.answers.findLast((answer) => answer.memberId === memberId)?.outcome;
    switch (outcome?.kind) {
      case undefined:
        return null;
      case 'refused':
        return outcome.fault;
      case 'joined':
        return `${outcome.generation} ${outcome.protocolName} of ${outcome.leaderId}${outcome.skipsAssignment ? ', skip' : ''}: ${outcome.members.map((member) => `${member.memberId}=${member.metadata.toString()}`).join(' ')}`;
      case 'synced':
        return `assigned ${outcome.assignment.toString()}`;
    }
  }

  get state(): string {
    return this.group === null ? 'nothing' : `${this.group.state} ${this.group.generation}`;
  }

  /** Two members, stable. */
  static stablePair(): DrivenClassic {
    const driven = new DrivenClassic();
    driven.join({ newMemberId: 'a' });
    driven.join({ newMemberId: 'b' });
    driven.join({ memberId: 'a' });
    driven.sync('b');
    driven.sync('a', { assignments: { a: '0', b: '1' } });
    return driven;
  }
}

export function says(name: string, text: string): { name: string; metadata: Buffer } {
  return { name, metadata: Buffer.from(text) };
}
