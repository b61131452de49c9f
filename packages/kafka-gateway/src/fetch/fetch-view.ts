/**
 * What one Fetch request wants: all that it names, or what its session knows with the changes that it names.
 */
import type { CallerSignal } from '@q/broker';
import { KafkaError } from '../errors/kafka-errors.ts';
import type { fetch } from '../messages/fetch.ts';
import type { RequestOf } from '../messages/api.ts';
import { FetchSession } from './fetch-session.ts';
import type { SessionRoom, WantedTopic } from './fetch-session.ts';

type Request = RequestOf<typeof fetch>;

/** From this version on topics have their ids in it. */
export const idsSince = 13;

/** Epochs of a request that is complete: it begins a session, or wants none. */
const sessionEpochs = { initial: 0, final: -1 } as const;

/** The one fetch session of a connection. */
export interface SessionSlot {
  fetchSession: FetchSession | null;
  readonly signal: CallerSignal;
}

export interface FetchView {
  readonly topics: readonly WantedTopic[];
  /** Null: there is none, and none is begun. */
  readonly session: FetchSession | null;
  /** The answer tells of every partition, not only of news. */
  readonly isFull: boolean;
}

/** @throws KafkaError FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH, FETCH_SESSION_TOPIC_ID_ERROR */
export function viewOf(
  request: Request,
  { slot, room, version }: { readonly slot: SessionSlot; readonly room: SessionRoom; readonly version: number },
): FetchView {
  const { sessionEpoch } = request;
  if (sessionEpoch !== sessionEpochs.initial && sessionEpoch !== sessionEpochs.final) {
    return nextView(request, { slot, version });
  }
  // Whoever begins anew is done with the session that it names.
  endSession(slot);
  const topics = wantedOf(request);
  const session = sessionEpoch === sessionEpochs.initial ? beginSession(topics, { slot, room, version }) : null;
  return { topics: session?.wanted ?? topics, session, isFull: true };
}

function nextView(
  request: Request,
  { slot, version }: { readonly slot: SessionSlot; readonly version: number },
): FetchView {
  const session = slot.fetchSession;
  if (session === null || session.id !== request.sessionId) {
    throw new KafkaError('FETCH_SESSION_ID_NOT_FOUND', `there is no fetch session ${request.sessionId}`);
  }
  if (session.usesIds !== version >= idsSince) {
    throw new KafkaError('FETCH_SESSION_TOPIC_ID_ERROR', 'the fetch session names its topics in another way');
  }
  if (!session.advance(request.sessionEpoch)) {
    throw new KafkaError('INVALID_FETCH_SESSION_EPOCH', `${request.sessionEpoch} is not the next session epoch`);
  }
  session.forget(request.forgottenTopicsData);
  if (!session.update(wantedOf(request))) {
    endSession(slot);
    throw new KafkaError('FETCH_SESSION_ID_NOT_FOUND', 'the fetch sessions of this broker have no room for more');
  }
  if (session.partitionCount > 0) return { topics: session.wanted, session, isFull: false };
  endSession(slot);
  return { topics: [], session: null, isFull: true };
}

/** Null: there is no room, or nothing to be remembered. */
function beginSession(
  topics: readonly WantedTopic[],
  { slot, room, version }: { readonly slot: SessionSlot; readonly room: SessionRoom; readonly version: number },
): FetchSession | null {
  const session = new FetchSession(room, { usesIds: version >= idsSince, signal: slot.signal });
  if (!session.update(topics) || session.partitionCount === 0) {
    session.end();
    return null;
  }
  slot.fetchSession = session;
  return session;
}

function endSession(slot: Pick<SessionSlot, 'fetchSession'>): void {
  slot.fetchSession?.end();
  slot.fetchSession = null;
}

function wantedOf({ topics }: Request): WantedTopic[] {
  return topics.map(({ topic, topicId, partitions }) => ({
    topic,
    topicId,
    partitions: partitions.map((wanted) => ({
      partition: wanted.partition,
      leaderEpoch: Math.max(-1, wanted.currentLeaderEpoch),
      fetchOffset: wanted.fetchOffset,
      lastEpoch: wanted.lastFetchedEpoch,
      maxBytes: wanted.partitionMaxBytes,
    })),
  }));
}
