/**
 * Who wants to be told before one campaign opens: a line for each lead, so that who is due next is known at once and
 * what was set and removed leaves nothing behind. Leads are whole minutes, so there are few lines; some 40 bytes an entry.
 * Keeps: a buyer has one reminder at most.
 */
import { WaitingLine } from "./waiting-line.ts";

export interface WaitingReminder {
  readonly reminderId: number;
  readonly buyerId: string;
  readonly leadS: number;
}

export class Reminders {
  readonly #lines = new Map<number, WaitingLine>();
  #count = 0;
  #leadSMax = 0;

  get count(): number {
    return this.#count;
  }

  /** The longest lead of those who wait, who are due first; 0 when nobody does. */
  get leadSMax(): number {
    return this.#leadSMax;
  }

  /** The buyer's, or `null`. */
  of(buyerId: string): WaitingReminder | null {
    for (const [leadS, line] of this.#lines) {
      const entry = line.entryOf(buyerId);
      if (entry !== null) return { reminderId: entry.entryId, buyerId, leadS };
    }
    return null;
  }

  /** Who is due next: with the longest lead, and of those who set it first. `null` when nobody waits. */
  next(): WaitingReminder | null {
    const first = this.#lines.get(this.#leadSMax)?.first() ?? null;
    if (first === null) return null;
    return { reminderId: first.entryId, buyerId: first.buyerId, leadS: this.#leadSMax };
  }

  set({ reminderId, buyerId, leadS }: WaitingReminder): void {
    let line = this.#lines.get(leadS);
    if (line === undefined) {
      line = new WaitingLine();
      this.#lines.set(leadS, line);
    }
    line.join(reminderId, buyerId);
    this.#count += 1;
    this.#leadSMax = Math.max(this.#leadSMax, leadS);
  }

  /** Takes the buyer's out; throws when it is not the one that is named. */
  end(reminderId: number, buyerId: string): void {
    const found = this.of(buyerId);
    const line = found === null ? undefined : this.#lines.get(found.leadS);
    if (found === null || line === undefined) throw new Error(`reminder ${reminderId} does not wait`);
    line.leave(reminderId, buyerId);
    this.#count -= 1;
    if (line.count > 0) return;
    this.#lines.delete(found.leadS);
    this.#leadSMax = 0;
    for (const leadS of this.#lines.keys()) this.#leadSMax = Math.max(this.#leadSMax, leadS);
  }
}
