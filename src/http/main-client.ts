/** An HTTP thread's questions to the main thread: bounded, and answered within their time or not at all. */

export interface MainClientOptions<Question> {
  readonly post: (ticket: number, question: Question) => void;
  readonly questionsMax: number;
  readonly waitMsMax: number;
}

export class MainClient<Question, Answer> {
  readonly #options: MainClientOptions<Question>;
  readonly #waiting = new Map<number, (answer: Answer | null) => void>();
  #lastTicket = 0;

  constructor(options: MainClientOptions<Question>) {
    this.#options = options;
  }

  /** `null` when too many ask already, or the main thread has too much to do. */
  ask(question: Question): Promise<Answer | null> {
    const { post, questionsMax, waitMsMax } = this.#options;
    if (this.#waiting.size >= questionsMax) return Promise.resolve(null);
    const ticket = ++this.#lastTicket;
    const { promise, resolve } = Promise.withResolvers<Answer | null>();
    const timer = setTimeout(() => this.receive(ticket, null), waitMsMax);
    this.#waiting.set(ticket, (answer) => {
      clearTimeout(timer);
      resolve(answer);
    });
    post(ticket, question);
    return promise;
  }

  receive(ticket: number, answer: Answer | null): void {
    this.#waiting.get(ticket)?.(answer);
    this.#waiting.delete(ticket);
  }
}
