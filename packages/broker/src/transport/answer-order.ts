import type { RequestTicket } from './request-ticket.ts';
import type { Answer } from './session.ts';

/** A request's place among those that are not answered yet. */
export interface AnswerPlace {
  readonly ticket: RequestTicket;
  answer: Answer | null;
}

/**
 * The answers of a connection whose protocol wants them in the order of their requests.
 *
 * Invariants:
 *  1. `#places` are the requests without an answer on its way, in order of arrival.
 *  2. The first of them has no answer: one that has leaves at once, with those right behind it that have theirs.
 */
export class AnswerOrder {
  readonly #places: AnswerPlace[] = [];
  readonly #leave: (answer: Answer, ticket: RequestTicket) => void;

  /** `leave` sends an answer whose turn it is. */
  constructor(leave: (answer: Answer, ticket: RequestTicket) => void) {
    this.#leave = leave;
  }

  /** The next request's place. */
  add(ticket: RequestTicket): AnswerPlace {
    const place: AnswerPlace = { ticket, answer: null };
    this.#places.push(place);
    return place;
  }

  answered(place: AnswerPlace, answer: Answer): void {
    place.answer = answer;
    for (let first = this.#places[0]; first !== undefined && first.answer !== null; first = this.#places[0]) {
      this.#places.shift();
      this.#leave(first.answer, first.ticket);
    }
  }
}
