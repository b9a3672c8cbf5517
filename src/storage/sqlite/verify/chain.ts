/**
 * Verifies the ledger's chain: every row has the hash of what it says and of the hash before it. Also whether the chain
 * holds what was kept of it elsewhere: a published head, the row of a receipt.
 */
import type { Database } from "bun:sqlite";
import { firstPreviousHash } from "../../../domain/ledger.ts";
import { sha256 } from "../../../host/hash.ts";
import { Check, type Progress, textOf } from "./check.ts";
import { RowCursor } from "./row-cursor.ts";

interface ChainRow {
  /** Its `seq`. */
  readonly id: number;
  readonly hash: string;
  /** What is hashed, after the hash before. */
  readonly text: string;
}

/** Put together by SQLite, where a row costs two thirds of what it costs here; a null leaves nothing. */
const select =
  "SELECT seq AS id, lower(hex(hash)) AS hash, format('%d\n%d\n%s\n%s\n%s\n%s\n%s\n%d\n%d\n%d\n%s', seq, at_ms, type, campaign_id, offer_id, order_id, previous_seq, available, held, sold, lower(hex(details))) AS text FROM events";
const progressEvery = 50_000;

export function checkChain(db: Database, progress: Progress): Check {
  const check = new Check("chain", "row", "every row has the hash of itself and of the one before");
  let previous: Omit<ChainRow, "text"> = { id: 0, hash: firstPreviousHash };
  try {
    const rows = new RowCursor<ChainRow>(db, select, "events", "seq");
    for (let row = rows.next(); row !== null; row = rows.next()) {
      if (sha256(`${previous.hash}\n${row.text}`) !== row.hash) check.fail(brokenText(row, previous.id));
      previous = row;
      check.count += 1;
      if (check.count % progressEvery === 0) progress("row", check.count);
    }
  } catch (cause) {
    check.fail(`the rows after ${previous.id} cannot be read: ${textOf(cause)}`);
  }
  return check;
}

/** Which of two rows was changed, or whether one between was, their hashes alone do not tell. */
function brokenText({ id, text }: ChainRow, previousSeq: number): string {
  const before = previousSeq === 0 ? "as the first of all" : `after event ${previousSeq}`;
  return `event ${id} (${text.split("\n")[2]}) does not have the hash of its row ${before}`;
}

/** A place in the ledger, as somebody has kept it. */
export interface LedgerHead {
  readonly seq: number;
  readonly hash: string;
}

/** What was kept elsewhere is still there: only that tells a ledger that was written anew from beginning to end. */
export function checkHeads(db: Database, heads: readonly LedgerHead[]): Check {
  const check = new Check("heads", "head", "the ledger holds the hashes that were kept of it");
  const find = db.prepare<{ hash: string }, [number]>("SELECT lower(hex(hash)) AS hash FROM events WHERE seq = ?");
  for (const { seq, hash } of heads) {
    check.count += 1;
    const found = find.get(seq);
    if (found === null) check.fail(`event ${seq} is not there, whose hash was kept as ${hash}`);
    else if (found.hash !== hash) check.fail(`event ${seq} has the hash ${found.hash}, kept was ${hash}`);
  }
  return check;
}
