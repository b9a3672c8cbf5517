/**
 * A reminder: a buyer wants to be told before a campaign opens, once. One for a buyer in a campaign; another lead
 * replaces it.
 *
 * | state   | entered when                                                          | left when                                      |
 * |---------|-----------------------------------------------------------------------|------------------------------------------------|
 * | waiting | set, while the campaign is announced and not open                     | its time has come, removed, or set differently |
 * | due     | its time has come, or came while nothing ran                          | never                                          |
 * | removed | the buyer removes it, or sets another lead                            | never                                          |
 *
 * What came due while nothing ran comes with the start, late where the sale has opened meanwhile. Nobody is reminded of a
 * sale that has ended: who still waits then waits for nothing.
 */

export const reminderStates = ["waiting", "due", "removed"] as const;
export type ReminderState = (typeof reminderStates)[number];

/** A reminder as it stands in storage; `reminderId` is the `seq` of setting it. */
export interface ReminderRecord {
  readonly reminderId: number;
  readonly campaignId: number;
  /** Empty when the buyer's identity was erased. */
  readonly buyerId: string;
  /** Seconds before the opening, whole minutes of them. */
  readonly leadS: number;
  readonly dueAtMs: number;
  readonly state: ReminderState;
  readonly setAtMs: number;
  /** When it came, or was removed. */
  readonly endedAtMs: number | null;
  readonly endedSeq: number | null;
}
