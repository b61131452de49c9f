import { GroupHeartbeat, memberEpochCode, QError } from '@q/protocol';
import type { AssignedTopic, GroupHeartbeatRequest, GroupHeartbeatResponse } from '@q/protocol';

import type { Clock, Timer } from '../clock.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { clientLimits } from '../limits.ts';
import { toQError } from '../retry.ts';
import type { ResolvedGroupOptions } from './group-options.ts';
import type { Member } from './member.ts';
import { newMemberId } from './member.ts';

/*
 * Being a member of a group: joins, keeps a heartbeat with the broker at all times, and joins again when the group has
 * forgotten us or we had to give up on it.
 *
 *     idle ── start ──► joining (epoch 0) ── answer ──► member (epoch n) ── leave ──► left
 *                           ▲                               │
 *                           └── forgotten, fenced, expired ─┘
 *
 * Invariants
 * - While we are in the group a heartbeat is under way, held by the broker until it has news. A second one is sent
 *   beside it when there is something to say; there are never more than two.
 * - Answers count only for the life (`#life`) in which they were asked for, and not after one to a later request.
 * - After any doubt - a lost answer, a refusal - the next heartbeats say everything that is owned, until one is
 *   answered.
 * - When no heartbeat was confirmed for the session timeout, counted from when it was sent, the broker may have given
 *   our partitions away: we are the first to say so.
 */

export interface MembershipEvents {
  /** Everything that is owned at this moment. */
  owned(): readonly AssignedTopic[];
  stalledMs(): number;
  /** All that may be owned from now on. */
  onAssignment(assignment: readonly AssignedTopic[]): void;
  /** What was owned may belong to others. We are joining again. */
  onLost(reason: QError): void;
  /** The group will not have us. */
  onRefused(error: QError): void;
}

export class Membership implements Member {
  readonly group: string;
  readonly id: string;
  readonly #topic: string;
  readonly #cluster: Cluster;
  readonly #clock: Clock;
  readonly #options: ResolvedGroupOptions;
  readonly #events: MembershipEvents;
  readonly #closing = new AbortController();
  /** Aborted with the life: nobody waits for an answer that does not count, least of all the next join. */
  #lifeOver = new AbortController();
  #state: 'idle' | 'running' | 'left' = 'idle';
  #epoch: number = memberEpochCode.join;
  #life = 0;
  #underWay = 0;
  #sent = 0;
  #answered = 0;
  /** Requests up to this number do not end the doubt. */
  #doubtfulUntil = 0;
  #isDoubtful = true;
  #hasNews = false;
  #failures = 0;
  #early = 0;
  #heartbeatMs: number;
  #sessionMs: number;
  #sessionTimer: Timer | null = null;

  constructor(o: { cluster: Cluster; topic: string; options: ResolvedGroupOptions; events: MembershipEvents }) {
    this.group = o.options.group;
    this.id = newMemberId(o.cluster.random);
    this.#topic = o.topic;
    this.#cluster = o.cluster;
    this.#clock = o.cluster.clock;
    this.#options = o.options;
    this.#events = o.events;
    this.#heartbeatMs = clientLimits.heartbeatMs;
    this.#sessionMs = o.options.sessionTimeoutMs;
  }

  get epoch(): number {
    return this.#epoch;
  }

  start(): void {
    if (this.#state !== 'idle') return;
    this.#state = 'running';
    this.#beat();
  }

  /** What is owned has changed, or how the application gets on: says so at once, beside the heartbeat that is held. */
  tell(): void {
    this.#hasNews = true;
    if (this.#state === 'running' && this.#epoch > 0 && this.#underWay === 1 && this.#failures === 0) this.#beat();
  }

  doubt(): void {
    this.#isDoubtful = true;
    this.#doubtfulUntil = this.#sent;
    this.tell();
  }

  /** Says goodbye, if the group may know us. Returns what went wrong with it, if anything did. */
  async leave(timeoutMs: number): Promise<QError | null> {
    const wasRunning = this.#state === 'running' && this.#sent > 0;
    this.#state = 'left';
    this.#sessionTimer?.cancel();
    const closed = new QError('CLOSED', 'The consumer is closed');
    this.#closing.abort(closed);
    this.#lifeOver.abort(closed);
    if (!wasRunning) return null;
    const memberEpoch = this.#options.instanceId === null ? memberEpochCode.leave : memberEpochCode.leaveStatic;
    try {
      await this.#cluster.request(
        GroupHeartbeat,
        { ...this.#request(), memberEpoch, owned: [], maxWaitMs: 0 },
        { resend: true, timeoutMs },
      );
      return null;
    } catch (thrown) {
      const error = toQError(thrown, 'leaving the group');
      // Gone already: that is what was wanted.
      return error.code === 'UNKNOWN_MEMBER' || error.code === 'FENCED_MEMBER_EPOCH' || error.code === 'UNKNOWN_GROUP'
        ? null
        : error;
    }
  }

  #beat(): void {
    this.#underWay += 1;
    void this.#exchange().finally(() => {
      this.#underWay -= 1;
      if (this.#state === 'running' && (this.#underWay === 0 || (this.#hasNews && this.#epoch > 0))) this.#beat();
    });
  }

  async #exchange(): Promise<void> {
    this.#sent += 1;
    const [life, sequence, sentAtMs] = [this.#life, this.#sent, this.#clock.monotonic()];
    const request = this.#request();
    this.#hasNews = false;
    try {
      const answer = await this.#cluster.request(GroupHeartbeat, request, {
        resend: false,
        timeoutMs: this.#patienceMs(request.maxWaitMs),
        signal: this.#lifeOver.signal,
      });
      if (life !== this.#life || this.#closing.signal.aborted) return;
      this.#confirmed(answer, { request, sequence, sentAtMs });
      await this.#slowDown(request.maxWaitMs, { sequence, sentAtMs });
    } catch (thrown) {
      if (life === this.#life && !this.#closing.signal.aborted)
        await this.#failed(toQError(thrown, 'GROUP_HEARTBEAT'), sequence);
    }
  }

  #request(): GroupHeartbeatRequest {
    const { group: groupId, id: memberId } = this;
    const { instanceId, sessionTimeoutMs, rebalanceTimeoutMs, assignor } = this.#options;
    const isJoin = this.#epoch === memberEpochCode.join;
    const isFull = isJoin || this.#isDoubtful || this.#hasNews;
    const joining = { sessionTimeoutMs, rebalanceTimeoutMs, assignor, topics: [this.#topic] };
    const unchanged = { sessionTimeoutMs: -1, rebalanceTimeoutMs: -1, assignor: null, topics: null };
    return {
      groupId,
      memberId,
      memberEpoch: this.#epoch,
      instanceId,
      ...(isJoin ? joining : unchanged),
      owned: isFull ? this.#events.owned() : null,
      stalledMs: this.#events.stalledMs(),
      maxWaitMs: isJoin || this.#isDoubtful ? 0 : this.#holdMs(),
    };
  }

  /**
   * A held heartbeat must come back before its request is taken for lost, and the next be sent well within the session.
   */
  #holdMs(): number {
    const sessionMs = this.#sessionMs > 0 ? this.#sessionMs : Number.POSITIVE_INFINITY;
    return Math.floor(Math.min(this.#heartbeatMs, this.#cluster.requestTimeoutMs / 2, sessionMs / 3));
  }

  /** Several tries must fit in a session. */
  #patienceMs(maxWaitMs: number): number {
    const { requestTimeoutMs } = this.#cluster;
    const tryMs = this.#sessionMs > 0 ? Math.max(1, Math.floor(this.#sessionMs / 4)) : requestTimeoutMs;
    return Math.min(requestTimeoutMs, maxWaitMs + tryMs);
  }

  #confirmed(
    answer: GroupHeartbeatResponse,
    o: { request: GroupHeartbeatRequest; sequence: number; sentAtMs: number },
  ): void {
    this.#failures = 0;
    // A newer one was confirmed already: this one says nothing that still counts, least of all for how long the session
    // lasts.
    if (o.sequence < this.#answered) return;
    this.#answered = o.sequence;
    this.#heartbeatMs = Math.max(1, answer.heartbeatIntervalMs);
    this.#sessionMs = answer.sessionTimeoutMs;
    this.#watchSession(o.sentAtMs);
    this.#epoch = answer.memberEpoch;
    if (o.request.owned !== null && o.sequence > this.#doubtfulUntil) this.#isDoubtful = false;
    if (answer.assignment !== null) this.#events.onAssignment(answer.assignment);
  }

  /** A broker that does not hold what it is asked to hold is not to be hammered. */
  async #slowDown(maxWaitMs: number, o: { sequence: number; sentAtMs: number }): Promise<void> {
    const isEarly = maxWaitMs === 0 || this.#clock.monotonic() - o.sentAtMs < maxWaitMs / 2;
    this.#early = isEarly && o.sequence === this.#sent ? this.#early + 1 : 0;
    const tooEarly = this.#early - clientLimits.earlyHeartbeatsMax;
    if (tooEarly > 0) await this.#cluster.pauseUnlessOver(tooEarly, this.#closing.signal);
  }

  async #failed(error: QError, sequence: number): Promise<void> {
    this.#failures += 1;
    this.#isDoubtful = true;
    this.#doubtfulUntil = this.#sent;
    // After a newer one was confirmed it is no verdict, only a doubt: the next heartbeat, which says everything, ends
    // it.
    const isVerdict = sequence >= this.#answered;
    if (isVerdict && (error.code === 'UNKNOWN_MEMBER' || error.code === 'FENCED_MEMBER_EPOCH')) this.#lose(error);
    else if (isVerdict && !error.retriable) {
      this.#state = 'left';
      this.#sessionTimer?.cancel();
      return this.#events.onRefused(error);
    }
    await this.#cluster.pauseUnlessOver(this.#failures, this.#closing.signal);
  }

  #lose(reason: QError): void {
    this.#life += 1;
    this.#lifeOver.abort(reason);
    this.#lifeOver = new AbortController();
    this.#epoch = memberEpochCode.join;
    this.#sessionTimer?.cancel();
    this.#sessionTimer = null;
    this.#events.onLost(reason);
  }

  #watchSession(sentAtMs: number): void {
    this.#sessionTimer?.cancel();
    const leftMs = sentAtMs + this.#sessionMs - this.#clock.monotonic();
    this.#sessionTimer = this.#clock.schedule(Math.max(0, leftMs), () => this.#expired());
  }

  #expired(): void {
    this.#isDoubtful = true;
    this.#doubtfulUntil = this.#sent;
    this.#lose(
      new QError(
        'UNKNOWN_MEMBER',
        `No heartbeat of group "${this.group}" was confirmed for ${this.#sessionMs} ms, its session timeout: the group may have given the partitions to others`,
      ),
    );
  }
}
