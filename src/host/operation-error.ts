/**
 * A failure of the machine or of its settings, as opposed to an outcome of the trade: thrown, never returned. Carries
 * what was attempted on what, and what the person in front of it can do; shown as one line.
 */
export class OperationError extends Error {
  override readonly name = "OperationError";
  readonly operation: string;
  readonly subject: string;
  /** What to do, as an instruction or a command. */
  readonly hint: string;

  constructor(what: { operation: string; subject: string; hint: string; cause?: unknown }) {
    const cause = what.cause instanceof Error ? ` (${what.cause.message.split("\n", 1)[0]})` : "";
    super(`${what.operation}: ${what.subject}${cause}. ${what.hint}`, { cause: what.cause });
    this.operation = what.operation;
    this.subject = what.subject;
    this.hint = what.hint;
  }
}
