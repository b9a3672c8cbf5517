/** What an operator did: kept with the change itself, in the same transaction. */

export type Facts = Readonly<Record<string, string | number | boolean | null>>;

export interface AuditRecord {
  readonly atMs: number;
  /** The operator's name. */
  readonly operator: string;
  /** The command, by its name. */
  readonly action: string;
  /** The public id of what it was about. */
  readonly subject: string;
  /** How it ended: the outcome's code. */
  readonly outcome: string;
  /** The subject as it was and as it is then, or `null` where there was or is none. */
  readonly before: Facts | null;
  readonly after: Facts | null;
}
