/**
 * Follows every queue side by side with the events: those who were there at the opening stand as the secret has drawn
 * them, later ones behind; whose turn it is gets the pass, never are more passes out than units to be had, never are more
 * given to agents than their share has room for, and while there is a queue nothing is bought without a pass that is
 * good. Flat arrays of numbers, some 55 bytes an entry.
 */
import type { Database } from "bun:sqlite";
import type { Actor } from "../../../domain/agents.ts";
import { formatId } from "../../../domain/ids.ts";
import { detailsText, entryDetails } from "../../../domain/ledger.ts";
import { queueSeed, rankingOf } from "../../../draw/proof.ts";
import { sha256 } from "../../../host/hash.ts";
import { Check } from "./check.ts";
import type { Erasures } from "./erasures.ts";
import type { Orders } from "./orders.ts";
import { RowCursor } from "./row-cursor.ts";
import { type EventRow, kinds, nameOf } from "./rules.ts";
import type { CampaignRow, Sale } from "./sale.ts";
import { TextNumbers } from "./text-numbers.ts";
import type { Waitlist } from "./waitlist.ts";

interface EntryRow {
  readonly id: number;
  readonly campaignId: number;
  readonly buyerId: string;
  readonly state: (typeof states)[number];
  readonly joinedAtMs: number;
  readonly admittedAtMs: number | null;
  readonly expiresAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly endedSeq: number | null;
  readonly orderId: number | null;
  readonly salt: string | null;
  readonly erasedSeq: number | null;
  readonly orderBuyerId: string | null;
  readonly actor: Actor | null;
}

const select =
  "SELECT queue.id AS id, queue.campaign_id AS campaignId, queue.buyer_id AS buyerId, queue.state AS state, joined_at_ms AS joinedAtMs, admitted_at_ms AS admittedAtMs, queue.expires_at_ms AS expiresAtMs, queue.ended_at_ms AS endedAtMs, ended_seq AS endedSeq, order_id AS orderId, queue.salt AS salt, queue.erased_seq AS erasedSeq, orders.buyer_id AS orderBuyerId, queue.actor AS actor FROM queue LEFT JOIN orders ON orders.id = queue.order_id";

/** The states of an entry; its number is its place. */
const states = ["waiting", "admitted", "completed", "expired", "left"] as const;
const [waiting, admitted, completed, expired, left] = [0, 1, 2, 3, 4] as const;

/** The queue of one campaign. */
interface Room {
  readonly campaign: CampaignRow;
  /** Who joined, in their order; those in front who do not wait any more are passed over. */
  line: number[];
  head: number;
  /** The same of those who did not join as agents. */
  personHead: number;
  /** Passes that are out, and those of agents among them. */
  passes: number;
  agentPasses: number;
  /** Whether those who stand in line have their places. */
  isOrdered: boolean;
  /** Those who wait or have a pass: as long as somebody does, the campaign lets in by it. */
  inside: number;
  openedSeq: number;
  drawnSeq: number | null;
  drawnCount: number | null;
  /** From where on entries may still be inside. */
  firstPlace: number;
  /** Until when all passes are good that were out when they were last renewed. */
  renewedUntilMs: number;
}

export class Queues {
  readonly check = new Check("queues", "entry", "passes went by turn, never more than units, and none was bought past");
  readonly #db: Database;
  readonly #sale: Sale;
  readonly #orders: Orders;
  readonly #waitlist: Waitlist;
  readonly #erasures: Erasures;
  readonly #rows: RowCursor<EntryRow>;
  readonly #rooms = new Map<number, Room>();
  /** The last entry of a buyer in a campaign: its place and 1. */
  readonly #lastOfBuyer: TextNumbers;
  #count = 0;
  /** By place in the order of ids. What is not there is NaN. */
  readonly #ids: Float64Array;
  readonly #rowAdmittedAtMs: Float64Array;
  readonly #rowExpiresAtMs: Float64Array;
  readonly #rowEndedAtMs: Float64Array;
  readonly #rowEndedSeqs: Float64Array;
  readonly #expiresAtMs: Float64Array;
  readonly #campaignIds: Float64Array;
  readonly #rowStates: Uint8Array;
  readonly #states: Uint8Array;
  readonly #isByAgent: Uint8Array;

  constructor(
    db: Database,
    sale: Sale,
    { orders, waitlist, erasures }: { orders: Orders; waitlist: Waitlist; erasures: Erasures },
  ) {
    this.#db = db;
    this.#sale = sale;
    this.#orders = orders;
    this.#waitlist = waitlist;
    this.#erasures = erasures;
    this.#rows = new RowCursor<EntryRow>(db, select, "queue");
    const { size } = db.query("SELECT count(*) + 16 AS size FROM queue").get() as { size: number };
    this.#lastOfBuyer = new TextNumbers(size);
    this.#ids = new Float64Array(size);
    this.#rowAdmittedAtMs = new Float64Array(size);
    this.#rowExpiresAtMs = new Float64Array(size);
    this.#rowEndedAtMs = new Float64Array(size);
    this.#rowEndedSeqs = new Float64Array(size);
    this.#expiresAtMs = new Float64Array(size).fill(Number.NaN);
    this.#campaignIds = new Float64Array(size);
    this.#rowStates = new Uint8Array(size);
    this.#states = new Uint8Array(size);
    this.#isByAgent = new Uint8Array(size);
  }

  /** Takes an event after what it moved was counted, and after its campaign and its waitlist took it; before its order does. */
  see(event: EventRow): void {
    const campaign = event.campaignId === null ? undefined : this.#sale.campaigns.get(event.campaignId);
    if (campaign === undefined) return;
    if (event.kind === kinds.queue_joined) this.#join(campaign, event);
    const room = this.#rooms.get(campaign.id);
    if (room === undefined) {
      if (event.kind === kinds.order_reserved) this.#failPass(campaign, event, null);
      else if (queueKinds.has(event.kind)) this.check.fail(`${nameOf(event)} is about a queue that nobody is in`);
      return;
    }
    switch (event.kind) {
      case kinds.campaign_opened:
        room.openedSeq = event.id;
        return;
      case kinds.order_reserved:
        this.#reserve(room, event);
        this.#checkPasses(room, event);
        return;
      case kinds.order_rereserved:
      case kinds.offer_restocked:
        this.#checkPasses(room, event);
        return;
      case kinds.queue_drawn:
        this.#draw(room, event);
        return;
      case kinds.queue_admitted:
        this.#admit(room, event);
        this.#checkPasses(room, event);
        return;
      case kinds.queue_expired:
      case kinds.queue_left:
        this.#end(room, event);
        return;
      case kinds.passes_renewed:
        if (campaign.replayed !== "open") this.#failState(campaign, event);
        room.renewedUntilMs = event.atMs + campaign.admission.passWindowS * 1_000;
        return;
      case kinds.queue_closed:
        this.#close(room, event);
        return;
    }
  }

  finish(): void {
    this.#rows.skipRest((row) => this.#failUnbegun(row));
    for (let place = 0; place < this.#count; place++) {
      const state = this.#states[place] as number;
      if (state !== waiting && state !== admitted) continue; // compared when it ended
      const problem = this.#problemOfRow(place, state, { atMs: Number.NaN, id: Number.NaN });
      if (problem !== null) this.check.fail(`${this.#nameOf(place)} ${problem}`);
    }
    for (const { id, queueDrawnSeq, queueDrawnCount } of this.#sale.campaigns.values()) {
      const room = this.#rooms.get(id);
      const drawnSeq = room?.drawnSeq ?? null;
      const name = `the queue of campaign ${formatId("cmp", id)}`;
      if (queueDrawnSeq !== drawnSeq) {
        this.check.fail(`${name} was drawn by event ${queueDrawnSeq ?? "none"}, its events say ${drawnSeq ?? "none"}`);
      }
      if (queueDrawnCount !== (room?.drawnCount ?? null)) {
        this.check.fail(
          `${name} was drawn among ${queueDrawnCount ?? "none"}, its events say ${room?.drawnCount ?? "none"}`,
        );
      }
      if (room !== undefined && room.openedSeq > 0 && !room.isOrdered) this.check.fail(`${name} was never drawn`);
    }
  }

  #join(campaign: CampaignRow, event: EventRow): void {
    const row = this.#rows.take(event.id, (skipped) => this.#failUnbegun(skipped));
    if (row === null) {
      this.check.fail(`${nameOf(event)} is about entry ${nameOfEntry(event.id)}, which does not exist`);
      return;
    }
    this.check.count += 1;
    if (this.#count === this.#ids.length) throw new Error("there are as many entries as were counted");
    const place = this.#count++;
    this.#ids[place] = row.id;
    this.#rowAdmittedAtMs[place] = row.admittedAtMs ?? Number.NaN;
    this.#rowExpiresAtMs[place] = row.expiresAtMs ?? Number.NaN;
    this.#rowEndedAtMs[place] = row.endedAtMs ?? Number.NaN;
    this.#rowEndedSeqs[place] = row.endedSeq ?? Number.NaN;
    this.#campaignIds[place] = row.campaignId;
    this.#rowStates[place] = states.indexOf(row.state);
    this.#states[place] = waiting;
    this.#isByAgent[place] = row.actor === "agent" ? 1 : 0;
    const problem = this.#problemOfJoining(row, campaign, event) ?? this.#problemOfBuyer(row, place);
    if (problem !== null) this.check.fail(`${this.#nameOf(place)} ${problem}`);
    const room = this.#roomOf(campaign, place);
    room.inside += 1;
    room.line.push(place);
  }

  #problemOfJoining(row: EntryRow, { replayed, admission }: CampaignRow, event: EventRow): string | null {
    if (row.campaignId !== event.campaignId) return `is of another campaign than ${nameOf(event)}`;
    if (row.joinedAtMs !== event.atMs) return `joined at another time than ${nameOf(event)}`;
    if (admission.mode === "draw" || replayed === null || replayed === "draft" || replayed === "ended") {
      return `joined a queue while its campaign, of a ${admission.mode} sale, was ${replayed ?? "not created"}`;
    }
    if (row.actor !== null && admission.agents.policy === "humans_only") {
      return "is of an agent, as its campaign does not allow";
    }
    if (row.orderId !== (row.state === "completed" ? row.endedSeq : null)) {
      return `is ${row.state}, as its order does not say`;
    }
    if (row.erasedSeq !== null || row.salt === null) return this.#erasures.problemOf(row);
    if (event.details !== sha256(detailsText(row.salt, entryDetails(row)))) {
      return `has another buyer, mark or salt than ${nameOf(event)} was hashed with`;
    }
    // An order that is erased has no buyer to compare.
    const isSame = row.orderBuyerId === null || row.orderBuyerId === "" || row.orderBuyerId === row.buyerId;
    return isSame ? null : "led to an order of another buyer";
  }

  /** A buyer has one place at a time. */
  #problemOfBuyer({ id, campaignId, buyerId }: EntryRow, place: number): string | null {
    if (buyerId === "") return null;
    const before = this.#lastOfBuyer.replace(`${campaignId}\n${buyerId}`, place + 1) - 1;
    if (before < 0 || (this.#states[before] as number) > admitted) return null;
    const found = this.#db
      .query<{ buyers: number }, [number, number]>(
        "SELECT count(DISTINCT buyer_id) AS buyers FROM queue WHERE id IN (?, ?)",
      )
      .get(this.#ids[before] as number, id);
    return found?.buyers === 1 ? `is the second of a buyer who has ${this.#nameOf(before)}` : null;
  }

  #reserve(room: Room, event: EventRow): void {
    const { campaign } = room;
    if (event.previousSeq === null) {
      this.#failPass(campaign, event, room);
      return;
    }
    const place = this.#find(room, event.previousSeq);
    if (place < 0 || this.#states[place] !== admitted) {
      this.check.fail(`${nameOf(event)} reserves with the pass of an entry that has none then`);
      return;
    }
    const untilMs = this.#passUntilMs(room, place);
    if (event.atMs >= untilMs)
      this.check.fail(`${nameOf(event)} reserves with a pass that had run out at ${untilMs} ms`);
    this.#finishEntry(room, place, completed, event);
  }

  /** Where there is a queue, each order names the entry whose pass it was reserved with; elsewhere none does. */
  #failPass({ id, admission }: CampaignRow, event: EventRow, room: Room | null): void {
    const needsPass = admission.mode === "queue" || (room?.inside ?? 0) > 0;
    if (needsPass === (event.previousSeq !== null)) return;
    const name = `campaign ${formatId("cmp", id)}`;
    this.check.fail(
      needsPass
        ? `${nameOf(event)} reserves without a pass in ${name}, which lets in by its queue`
        : `${nameOf(event)} reserves with a pass in ${name}, which has no queue`,
    );
  }

  /** Those who are there at the opening are put in order, at once. */
  #draw(room: Room, event: EventRow): void {
    const { campaign } = room;
    const present = room.line.filter((place) => this.#states[place] === waiting);
    const secret = campaign.secret ?? "";
    if (room.isOrdered || event.id !== room.openedSeq + 1) {
      this.check.fail(`${nameOf(event)} draws a queue that is in order, or not at the opening`);
    } else if (event.details !== sha256(detailsText("", [secret, present.length]))) {
      this.check.fail(`${nameOf(event)} was hashed with another secret, or another count than ${present.length}`);
    }
    const seed = queueSeed({ campaignId: formatId("cmp", campaign.id), secret, count: present.length });
    room.line = Array.from(rankingOf(seed, present.length), (index) => present[index] as number);
    room.head = 0;
    room.personHead = 0;
    room.isOrdered = true;
    room.drawnSeq = event.id;
    room.drawnCount = present.length;
  }

  #admit(room: Room, event: EventRow): void {
    const { campaign } = room;
    if (campaign.replayed !== "open") this.#failState(campaign, event);
    if (!room.isOrdered) this.check.fail(`${nameOf(event)} lets in before the queue was drawn`);
    const next = this.#nextIn(room);
    const place = this.#find(room, event.previousSeq);
    if (place < 0 || place !== next) {
      const whose = next < 0 ? "nobody waits" : `${nameOfEntry(this.#ids[next] as number)} is the first in line`;
      const barred = this.#agentSpareIn(room) > 0 ? "" : ", past agents who have to wait for their share";
      this.check.fail(`${nameOf(event)} does not let in whose turn it is: ${whose}${barred}`);
    }
    if (place < 0 || this.#states[place] !== waiting) return;
    const expiresAtMs = event.atMs + campaign.admission.passWindowS * 1_000;
    this.#states[place] = admitted;
    this.#expiresAtMs[place] = expiresAtMs;
    room.passes += 1;
    room.agentPasses += this.#isByAgent[place] as number;
    if (this.#rowAdmittedAtMs[place] !== event.atMs) {
      this.check.fail(`${this.#nameOf(place)} was let in at another time than ${nameOf(event)}`);
    } else if (event.details !== sha256(detailsText("", [expiresAtMs]))) {
      this.check.fail(`${nameOf(event)} was hashed with another end of the pass than ${expiresAtMs} ms`);
    }
  }

  /** Whose turn it is: the first in line, the first person where agents' passes promise all that agents may have; or -1. */
  #nextIn(room: Room): number {
    const { line } = room;
    const isWaiting = (index: number) => this.#states[line[index] as number] === waiting;
    const isOfAgent = (index: number) => this.#isByAgent[line[index] as number] === 1;
    while (room.head < line.length && !isWaiting(room.head)) room.head += 1;
    if (room.head === line.length || !isOfAgent(room.head) || this.#agentSpareIn(room) > 0)
      return line[room.head] ?? -1;
    while (room.personHead < line.length && (isOfAgent(room.personHead) || !isWaiting(room.personHead))) {
      room.personHead += 1;
    }
    return line[room.personHead] ?? -1;
  }

  /** Units that agents may have and none of their passes promises. */
  #agentSpareIn({ campaign, agentPasses }: Room): number {
    const { sharePercent } = campaign.admission.agents;
    if (sharePercent === null) return Number.POSITIVE_INFINITY;
    let room = 0;
    for (const { id, index, moved } of campaign.offers) {
      const total = moved.available + moved.held + moved.sold;
      const free = this.#waitlist.countOf(id) === 0 ? moved.available : 0;
      const unitsMax = Math.floor((total * sharePercent) / 100);
      room += Math.max(0, Math.min(free, unitsMax - this.#orders.agentUnits(index)));
    }
    return room - agentPasses;
  }

  #end(room: Room, event: EventRow): void {
    const { campaign } = room;
    const place = this.#find(room, event.previousSeq);
    const isExpiry = event.kind === kinds.queue_expired;
    const state = place < 0 ? left : (this.#states[place] as number);
    if (state > admitted || (isExpiry && state !== admitted)) {
      this.check.fail(`${nameOf(event)} is of an entry that ${isExpiry ? "has no pass" : "is not in the queue"} then`);
      return;
    }
    if (campaign.replayed === "ended" || (isExpiry && campaign.replayed !== "open")) this.#failState(campaign, event);
    if (isExpiry && event.atMs < this.#passUntilMs(room, place)) {
      this.check.fail(`${nameOf(event)} takes a pass that is good until ${this.#passUntilMs(room, place)} ms`);
    }
    this.#finishEntry(room, place, isExpiry ? expired : left, event);
  }

  /** All who are in it are out. */
  #close(room: Room, event: EventRow): void {
    const { campaign } = room;
    if (campaign.admission.mode !== "open" || campaign.replayed === "ended") this.#failState(campaign, event);
    for (let place = room.firstPlace; place < this.#count; place++) {
      if (this.#campaignIds[place] !== campaign.id || (this.#states[place] as number) > admitted) continue;
      this.#finishEntry(room, place, left, event);
    }
    Object.assign(room, { line: [], head: 0, personHead: 0, firstPlace: this.#count });
  }

  #finishEntry(room: Room, place: number, state: number, event: EventRow): void {
    const problem = this.#problemOfRow(place, state, event);
    if (problem !== null) this.check.fail(`${this.#nameOf(place)} ${problem}`);
    if (this.#states[place] === admitted) {
      room.passes -= 1;
      room.agentPasses -= this.#isByAgent[place] as number;
    }
    room.inside -= 1;
    this.#states[place] = state;
  }

  /** What is wrong with a row whose entry is left in a state by an event; by none when it is still there. */
  #problemOfRow(place: number, state: number, { atMs, id }: Pick<EventRow, "id" | "atMs">): string | null {
    const row = this.#rowStates[place] as number;
    if (row !== state) return `is ${states[row]}, its events make it ${states[state]}`;
    if (!Object.is(this.#rowEndedSeqs[place], id) || !Object.is(this.#rowEndedAtMs[place], atMs)) {
      return "ended at another time, or by another event, than its events say";
    }
    const hadPass = this.#states[place] === admitted;
    const room = this.#rooms.get(this.#campaignIds[place] as number);
    const untilMs = hadPass && room !== undefined ? this.#passUntilMs(room, place) : Number.NaN;
    if (!hadPass && !Number.isNaN(this.#rowAdmittedAtMs[place])) return "was let in, as no event says";
    if (Object.is(this.#rowExpiresAtMs[place], untilMs)) return null;
    return `has a pass until ${this.#rowExpiresAtMs[place]} ms, its events make it ${untilMs}`;
  }

  /** A pass that is out was out whenever passes were renewed since it was given, and ends the later for it. */
  #passUntilMs(room: Room, place: number): number {
    return Math.max(this.#expiresAtMs[place] as number, room.renewedUntilMs);
  }

  /** A pass promises a unit; units that are owed to a waitlist are to be had by nobody else. */
  #checkPasses({ campaign, passes }: Room, event: EventRow): void {
    if (passes === 0 || campaign.replayed === "ended") return; // with the end a pass is worth nothing any more
    let free = 0;
    for (const { id, moved } of campaign.offers) if (this.#waitlist.countOf(id) === 0) free += moved.available;
    if (passes <= free) return;
    this.check.fail(`${nameOf(event)} leaves ${passes} passes out for ${free} units to be had`);
  }

  #roomOf(campaign: CampaignRow, place: number): Room {
    let room = this.#rooms.get(campaign.id);
    if (room === undefined) {
      const isOrdered = campaign.admission.mode !== "queue" || campaign.replayed !== "scheduled";
      room = {
        ...{
          campaign,
          line: [],
          head: 0,
          personHead: 0,
          passes: 0,
          agentPasses: 0,
          isOrdered,
          inside: 0,
          openedSeq: 0,
          drawnSeq: null,
          drawnCount: null,
        },
        ...{ firstPlace: place, renewedUntilMs: 0 },
      };
      this.#rooms.set(campaign.id, room);
    }
    return room;
  }

  /** The place of an entry of the room, or -1. */
  #find({ campaign }: Room, id: number | null): number {
    let [low, high] = [0, this.#count - 1];
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const at = this.#ids[middle] as number;
      if (at === id) return this.#campaignIds[middle] === campaign.id ? middle : -1;
      if (at < (id ?? 0)) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  #failState({ id, replayed }: CampaignRow, event: EventRow): void {
    this.check.fail(`${nameOf(event)} finds campaign ${formatId("cmp", id)} ${replayed ?? "not created"}`);
  }

  #nameOf(place: number): string {
    return `entry ${nameOfEntry(this.#ids[place] as number)}`;
  }

  #failUnbegun({ id }: EntryRow): void {
    this.check.count += 1;
    this.check.fail(`entry ${nameOfEntry(id)} has no event by which it joined`);
  }
}

/** What there is only where somebody has joined. */
const queueKinds: ReadonlySet<number> = new Set([
  ...[kinds.queue_drawn, kinds.queue_admitted, kinds.queue_expired, kinds.queue_left],
  ...[kinds.passes_renewed, kinds.queue_closed],
]);

function nameOfEntry(id: number): string {
  return formatId("que", id);
}
