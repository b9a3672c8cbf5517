/**
 * Who wants to be told before one campaign opens: each buyer's lead, and a line for each lead, so that who is due next and
 * what a buyer has are known at once, however many leads there are. Flat arrays, some 45 bytes an entry beside its
 * buyer's id.
 * Keeps: a buyer has one reminder at most.
 */
import { BuyerTable } from "./buyer-table.ts";

export interface WaitingReminder {
  readonly reminderId: number;
  readonly buyerId: string;
  readonly leadS: number;
}

export class Reminders {
  readonly #buyers = new BuyerTable();
  /** By buyer: their reminder, or 0, and its lead. */
  #reminderIds = new Float64Array(32);
  #leadsS = new Uint32Array(32);
  readonly #lines = new Map<number, Line>();
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
    const buyer = this.#buyers.find(buyerId);
    const reminderId = buyer < 0 ? 0 : (this.#reminderIds[buyer] as number);
    return reminderId === 0 ? null : { reminderId, buyerId, leadS: this.#leadsS[buyer] as number };
  }

  /** Who is due next: with the longest lead, and of those who set it first. `null` when nobody waits. */
  next(): WaitingReminder | null {
    const leadS = this.#leadSMax;
    const first = this.#lines.get(leadS)?.first(this.#reminderIds) ?? null;
    return first === null ? null : { reminderId: first.reminderId, buyerId: this.#buyers.text(first.buyer), leadS };
  }

  set({ reminderId, buyerId, leadS }: WaitingReminder): void {
    const buyer = this.#buyers.intern(buyerId);
    if (buyer >= this.#reminderIds.length) this.#grow();
    if (this.#reminderIds[buyer] !== 0) throw new Error("a buyer has one reminder of a campaign");
    this.#reminderIds[buyer] = reminderId;
    this.#leadsS[buyer] = leadS;
    let line = this.#lines.get(leadS);
    if (line === undefined) {
      line = new Line();
      this.#lines.set(leadS, line);
    }
    line.join(reminderId, buyer, this.#reminderIds);
    this.#count += 1;
    this.#leadSMax = Math.max(this.#leadSMax, leadS);
  }

  /** Takes the buyer's out; throws when it is not the one that is named. */
  end(reminderId: number, buyerId: string): void {
    const buyer = this.#buyers.find(buyerId);
    const leadS = this.#leadsS[buyer] ?? 0;
    const line = this.#lines.get(leadS);
    if (line === undefined || this.#reminderIds[buyer] !== reminderId) {
      throw new Error(`reminder ${reminderId} does not wait`);
    }
    this.#reminderIds[buyer] = 0;
    this.#count -= 1;
    line.count -= 1;
    if (line.count > 0) return;
    this.#lines.delete(leadS);
    if (leadS < this.#leadSMax) return;
    this.#leadSMax = 0;
    for (const other of this.#lines.keys()) this.#leadSMax = Math.max(this.#leadSMax, other);
  }

  #grow(): void {
    const [reminderIds, leadsS] = [this.#reminderIds, this.#leadsS];
    this.#reminderIds = new Float64Array(reminderIds.length * 2);
    this.#leadsS = new Uint32Array(leadsS.length * 2);
    this.#reminderIds.set(reminderIds);
    this.#leadsS.set(leadsS);
  }
}

/**
 * Those with one lead in the order of setting it. Whoever has another reminder by now, or none, is passed by, and swept out
 * when half of a full line is such: it stays as long as the most who ever waited in it, a few times over.
 */
class Line {
  /** How many wait. */
  count = 0;
  /** The first position at which somebody may still wait, and the first that is free. */
  #head = 0;
  #size = 0;
  #reminderIds = new Float64Array(32);
  #buyers = new Uint32Array(32);

  join(reminderId: number, buyer: number, idsOfBuyers: Float64Array): void {
    if (this.#size === this.#reminderIds.length) this.#makeRoom(idsOfBuyers);
    this.#reminderIds[this.#size] = reminderId;
    this.#buyers[this.#size] = buyer;
    this.#size += 1;
    this.count += 1;
  }

  first(idsOfBuyers: Float64Array): { readonly reminderId: number; readonly buyer: number } | null {
    if (this.count === 0) return null;
    while (!this.#waits(this.#head, idsOfBuyers)) this.#head += 1;
    return { reminderId: this.#reminderIds[this.#head] as number, buyer: this.#buyers[this.#head] as number };
  }

  #waits(position: number, idsOfBuyers: Float64Array): boolean {
    return idsOfBuyers[this.#buyers[position] as number] === this.#reminderIds[position];
  }

  /** Either way as many joins are ahead as the work takes steps, so that a join takes few on the whole. */
  #makeRoom(idsOfBuyers: Float64Array): void {
    let to = 0;
    for (let from = this.#head; from < this.#size; from++) {
      if (!this.#waits(from, idsOfBuyers)) continue;
      this.#reminderIds[to] = this.#reminderIds[from] as number;
      this.#buyers[to] = this.#buyers[from] as number;
      to += 1;
    }
    this.#size = to;
    this.#head = 0;
    if (to * 2 <= this.#reminderIds.length) return;
    const [reminderIds, buyers] = [this.#reminderIds, this.#buyers];
    this.#reminderIds = new Float64Array(reminderIds.length * 2);
    this.#buyers = new Uint32Array(buyers.length * 2);
    this.#reminderIds.set(reminderIds);
    this.#buyers.set(buyers);
  }
}
