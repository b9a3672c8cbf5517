/** An HTTP thread's questions to the risk desk on the main thread: bounded, and answered within a moment or not at all. */
import type { DeskAnswer, DeskQuestion, ToDesk } from "../admission/risk/mailbox.ts";
import { limits } from "../domain/limits.ts";

const waitMsMax = 2_000;

export class DeskClient {
  readonly #post: (message: ToDesk) => void;
  readonly #waiting = new Map<number, (answer: DeskAnswer | null) => void>();
  #lastTicket = 0;

  constructor(post: (message: ToDesk) => void) {
    this.#post = post;
  }

  /** `null` when too many ask already, or the main thread has too much to do. */
  ask(question: DeskQuestion): Promise<DeskAnswer | null> {
    if (this.#waiting.size >= limits.deskQuestionsMax) return Promise.resolve(null);
    const ticket = ++this.#lastTicket;
    const { promise, resolve } = Promise.withResolvers<DeskAnswer | null>();
    const timer = setTimeout(() => this.receive(ticket, null), waitMsMax);
    this.#waiting.set(ticket, (answer) => {
      clearTimeout(timer);
      resolve(answer);
    });
    this.#post({ type: "question", ticket, question });
    return promise;
  }

  receive(ticket: number, answer: DeskAnswer | null): void {
    this.#waiting.get(ticket)?.(answer);
    this.#waiting.delete(ticket);
  }
}
