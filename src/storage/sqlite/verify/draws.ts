/**
 * Follows every draw side by side with the events: the entries that were hashed, their root and count, the secret that
 * was committed to before, and the order that follows from them. That the public beacon really said what stands here is
 * for its signature to prove: src/draw.
 */
import type { Database } from "bun:sqlite";
import { formatId } from "../../../domain/ids.ts";
import { detailsText } from "../../../domain/ledger.ts";
import { drawSeed, MerkleLog, rankingOf } from "../../../draw/proof.ts";
import { sha256, sha256Into } from "../../../host/hash.ts";
import { Check } from "./check.ts";
import { type EventRow, nameOf } from "./rules.ts";
import { type CampaignRow, hashForm, isSecretOf, type Sale } from "./sale.ts";

interface DrawRow {
  /** Its offer. */
  readonly id: number;
  readonly campaignId: number;
  readonly closedSeq: number;
  readonly root: string;
  readonly count: number;
  readonly madeSeq: number | null;
  readonly secret: string | null;
  readonly beaconRound: number | null;
  readonly beaconRandomness: string | null;
  readonly beaconSignature: string | null;
}

/** What the events make of a draw. */
interface Draw {
  readonly log: MerkleLog;
  closedSeq: number | null;
  madeSeq: number | null;
}

const select =
  "SELECT offer_id AS id, campaign_id AS campaignId, closed_seq AS closedSeq, root, count, made_seq AS madeSeq, secret, beacon_round AS beaconRound, beacon_randomness AS beaconRandomness, beacon_signature AS beaconSignature FROM draws";

export class Draws {
  readonly check = new Check("draws", "draw", "all who entered were drawn among, by a secret settled before");
  readonly #sale: Sale;
  readonly #rows: ReadonlyMap<number, DrawRow>;
  readonly #draws = new Map<number, Draw>();

  constructor(db: Database, sale: Sale) {
    this.#sale = sale;
    this.#rows = new Map((db.query(select).all() as DrawRow[]).map((row) => [row.id, row]));
  }

  /** The leaf of an entry is what its row says of it. */
  enter(event: EventRow): void {
    if (event.offerId === null || event.details === null || !hashForm.test(event.details)) return; // found elsewhere
    let draw = this.#draws.get(event.offerId);
    if (draw === undefined) {
      draw = { log: new MerkleLog(), closedSeq: null, madeSeq: null };
      this.#draws.set(event.offerId, draw);
    }
    draw.log.append(event.details);
  }

  close(event: EventRow): void {
    this.check.count += 1;
    const draw = this.#draws.get(event.offerId ?? 0);
    const problem = draw === undefined ? "closes a draw that nobody entered" : this.#problemOfClosing(draw, event);
    if (problem !== null) this.check.fail(`${nameOf(event)} ${problem}`);
    if (draw !== undefined) draw.closedSeq = event.id;
  }

  /** The order of the entries, as it follows from all that is known then; `null` where it is not known. */
  make(event: EventRow): Uint32Array | null {
    const row = this.#rows.get(event.offerId ?? 0);
    const draw = this.#draws.get(event.offerId ?? 0);
    const problem = this.#problemOfMaking(draw, row, event);
    if (problem !== null) this.check.fail(`${nameOf(event)} ${problem}`);
    if (draw !== undefined) draw.madeSeq = event.id;
    const { secret = null, beaconRandomness: randomness = null } = row ?? {};
    if (draw === undefined || row === undefined || secret === null) return null;
    const { log } = draw;
    const facts = { secret, root: log.root(), count: log.count, randomness };
    return rankingOf(drawSeed({ offerId: formatId("off", row.id), ...facts }), log.count);
  }

  finish(): void {
    for (const { id, closedSeq } of this.#rows.values()) {
      if (this.#draws.get(id)?.closedSeq !== closedSeq)
        this.#fail(id, "was not closed by the event that its row names");
    }
    for (const [id, { closedSeq, madeSeq }] of this.#draws) {
      const row = this.#rows.get(id);
      if ((row?.madeSeq ?? null) !== madeSeq || ((row?.secret ?? null) === null) !== (madeSeq === null)) {
        this.#fail(id, "was not made by the event that its row names");
      }
      const campaign = this.#sale.campaigns.get(this.#sale.offers.get(id)?.campaignId ?? 0);
      if (closedSeq === null && campaign !== undefined && isEndedByClock(campaign)) this.#fail(id, "was never closed");
      // Without a beacon nothing is waited for: the order follows with the closing, at once.
      const isWithheld = closedSeq !== null && madeSeq === null && campaign?.draw?.beacon === null;
      if (isWithheld) this.#fail(id, "was closed and never made");
    }
  }

  #problemOfClosing({ log, closedSeq }: Draw, event: EventRow): string | null {
    const campaign = this.#sale.campaigns.get(event.campaignId ?? 0);
    if (closedSeq !== null) return `closes a draw that event ${closedSeq} closed`;
    if (campaign === undefined || !isEndedByClock(campaign) || campaign.endedAtMs !== event.atMs) {
      return "closes a draw at another time than its campaign";
    }
    const row = this.#rows.get(event.offerId ?? 0);
    if (row === undefined) return "closes a draw that has no row";
    if (row.campaignId !== event.campaignId || row.closedSeq !== event.id) {
      return "closes a draw of another campaign, or one that another event closed, by its row";
    }
    const [root, count] = [log.root(), log.count];
    if (row.root !== root || row.count !== count) {
      return `closes a draw of ${row.count} with the root ${row.root}, by its row: the ${count} entries have ${root}`;
    }
    if (event.details === sha256(detailsText("", [root, count]))) return null;
    return "was hashed with another root or count than the entries have";
  }

  #problemOfMaking(draw: Draw | undefined, row: DrawRow | undefined, event: EventRow): string | null {
    const campaign = this.#sale.campaigns.get(event.campaignId ?? 0);
    if (draw === undefined || draw.closedSeq === null || row === undefined || campaign === undefined) {
      return "makes a draw that is not closed";
    }
    if (draw.madeSeq !== null) return `makes a draw that event ${draw.madeSeq} made`;
    if (row.madeSeq !== event.id) return `makes a draw that event ${row.madeSeq ?? "none"} made, by its row`;
    const terms = campaign.draw;
    if (terms === null || row.secret === null || !isSecretOf(row.secret, terms.commitment)) {
      return "makes a draw with another secret than was committed to";
    }
    const beacon = problemOfBeacon(row, terms.beacon?.round ?? null);
    if (beacon !== null) return beacon;
    if (terms.beacon === null && event.id !== draw.closedSeq + 1) return "makes a draw later than it could";
    const said = row.beaconRound === null ? [row.secret] : [row.secret, row.beaconRound, row.beaconSignature];
    if (event.details === sha256(detailsText("", said))) return null;
    return "was hashed with another secret or beacon than its row has";
  }

  #fail(id: number, problem: string): void {
    this.check.fail(`the draw of offer ${formatId("off", id)} ${problem}`);
  }
}

/** A draw is decided by the round that was named, or by none; the chance in it is the hash of its signature. */
function problemOfBeacon(row: DrawRow, round: number | null): string | null {
  const { beaconRound, beaconRandomness: randomness, beaconSignature: signature } = row;
  if (beaconRound !== round)
    return `is decided by round ${beaconRound ?? "none"} of its beacon, not ${round ?? "none"}`;
  if (round === null) return randomness === null && signature === null ? null : "has a beacon that was not named";
  if (signature === null || !/^([0-9a-f]{2})+$/.test(signature)) return "is decided by a beacon without a signature";
  const hashed = new Uint8Array(32);
  sha256Into(Uint8Array.fromHex(signature), hashed);
  return hashed.toHex() === randomness ? null : "is decided by another chance than its beacon's signature has";
}

function isEndedByClock({ replayed, closesAtMs, endedAtMs }: CampaignRow): boolean {
  return replayed === "ended" && closesAtMs !== null && endedAtMs !== null && endedAtMs >= closesAtMs;
}
