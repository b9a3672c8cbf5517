/** One thing that must hold, how much of it was looked at, and the first place where it does not. */
export class Check {
  readonly name: string;
  /** What is counted, in the singular. */
  readonly noun: string;
  readonly promise: string;
  count = 0;
  failureCount = 0;
  firstFailure: string | null = null;

  constructor(name: string, noun: string, promise: string) {
    this.name = name;
    this.noun = noun;
    this.promise = promise;
  }

  fail(failure: string): void {
    this.failureCount += 1;
    this.firstFailure ??= failure;
  }
}

/** What a check has found, as it goes from thread to thread. */
export type CheckResult = Readonly<Omit<Check, "fail">>;

/** Is told now and then how many rows of a kind have passed. */
export type Progress = (noun: string, count: number) => void;

export function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
