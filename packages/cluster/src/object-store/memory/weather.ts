/** What goes wrong between a store and who uses it. Shares are from 0 to 1, times in milliseconds. */
export interface StoreWeather {
  /** Each way takes so long: a number between the two. */
  readonly wayMsMin: number;
  readonly wayMsMax: number;
  /** Requests that never arrive. */
  readonly requestsLost: number;
  /** Requests that arrive, and whose answers do not. */
  readonly answersLost: number;
  /** Requests that arrive a second time, after `lateMsMax` at most. */
  readonly requestsDoubled: number;
  /** Requests that arrive late: after `lateMsMax` at most, though nobody may wait any more. */
  readonly requestsLate: number;
  readonly lateMsMax: number;
  /** Requests that the store answers with a failure; of these it has done half all the same. */
  readonly failures: number;
  /** Lists in which names are missing. */
  readonly listsStale: number;
}

/** Everything arrives, at once. */
export const calmStore: StoreWeather = {
  wayMsMin: 0,
  wayMsMax: 0,
  requestsLost: 0,
  answersLost: 0,
  requestsDoubled: 0,
  requestsLate: 0,
  lateMsMax: 0,
  failures: 0,
  listsStale: 0,
};

/** What becomes of one request. */
export interface RequestFate {
  /** Milliseconds after which the request arrives; null: never. */
  readonly arrivesAfterMs: number | null;
  /** Milliseconds after which it arrives once more; null: it does not. */
  readonly againAfterMs: number | null;
  /** Milliseconds that the answer takes; null: it is lost. */
  readonly answerMs: number | null;
  readonly failure: 'none' | 'done' | 'not done';
  readonly isListStale: boolean;
}

/** Draws as many numbers whatever comes of them, so that one fate does not shift all others. */
export function drawFate(weather: StoreWeather, next: () => number): RequestFate {
  const way = (): number => weather.wayMsMin + next() * (weather.wayMsMax - weather.wayMsMin);
  const [there, back] = [way(), way()];
  const isLost = next() < weather.requestsLost;
  const isAnswerLost = next() < weather.answersLost;
  const isDoubled = next() < weather.requestsDoubled;
  const isLate = next() < weather.requestsLate;
  const [againMs, lateMs] = [next() * weather.lateMsMax, next() * weather.lateMsMax];
  const isFailure = next() < weather.failures;
  const isDone = next() < 0.5;
  const isListStale = next() < weather.listsStale;
  return {
    arrivesAfterMs: isLost ? null : there + (isLate ? lateMs : 0),
    againAfterMs: isDoubled && !isLost ? there + againMs : null,
    answerMs: isAnswerLost ? null : back,
    failure: !isFailure ? 'none' : isDone ? 'done' : 'not done',
    isListStale,
  };
}
