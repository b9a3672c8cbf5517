/**
 * What the ledger says of persons, payments and terms, computed a second time without the program's own code: the hash
 * `details` of each event, from the row that the event stands for. ledger.ts computes the chain itself. Holds for folders
 * in which no buyer was erased. Proves nothing by itself.
 */
import { Database } from "bun:sqlite";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { copyFolder } from "./ledger.ts";

type Row = Readonly<Record<string, string | number | null>>;

/** The events whose details are not those of their rows, in words. */
export function brokenDetails(folder: string): string[] {
  const copy = copyFolder(folder);
  try {
    using db = new Database(join(copy, "rushbox.db"));
    const rows = (table: string) => db.query(`SELECT * FROM ${table} ORDER BY id`).all() as Row[];
    const byId = (table: string) => new Map(rows(table).map((row) => [Number(row["id"]), row]));
    const tables = Object.fromEntries(
      ["orders", "payments", "waitlist", "reminders", "campaigns", "offers"].map(
        (table) => [table, byId(table)] as const,
      ),
    );
    const events = db
      .query("SELECT seq, type, campaign_id, nullif(lower(hex(details)), '') AS details FROM events ORDER BY seq")
      .all() as Row[];
    return events
      .filter((event) => detailsOf(event, (table, id) => tables[table]?.get(id)) !== event["details"])
      .map(({ seq, type }) => `the details of ${type} ${seq} are not those of its row`);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** By type: the table of the row that its details are of, and which of its columns. */
const detailed: Readonly<Record<string, readonly [table: string, columns: readonly string[]]>> = {
  order_reserved: ["orders", ["buyer_id", "quantity", "amount_minor", "expires_at_ms", "idempotency_key"]],
  order_offered: ["orders", ["buyer_id", "quantity", "amount_minor", "expires_at_ms", "idempotency_key"]],
  waitlist_joined: ["waitlist", ["buyer_id"]],
  reminder_set: ["reminders", ["buyer_id", "lead_s"]],
  order_paid: ["payments", ["provider", "reference", "amount_minor", "currency"]],
  order_refund_due: ["payments", ["provider", "reference", "amount_minor", "currency"]],
  payment_refund_due: ["payments", ["provider", "reference", "amount_minor", "currency"]],
  campaign_created: [
    "campaigns",
    ["title", "kind", "opens_at_ms", "payment_window_s", "admission", "needs_pass", "pass_window_s", "challenge"],
  ],
  offer_created: [
    "offers",
    [
      ...["sku", "title", "price_minor", "list_price_minor", "currency", "limit_per_buyer"],
      ...["brand", "category", "image_url"],
    ],
  ],
  campaign_published: ["campaigns", ["closes_at_ms"]],
};

function detailsOf(event: Row, row: (table: string, id: number) => Row | undefined): string | null {
  const known = detailed[String(event["type"])];
  if (known === undefined) return null;
  const [table, columns] = known;
  const about = row(table, Number(event["type"] === "campaign_published" ? event["campaign_id"] : event["seq"]));
  const said = columns.map((column) => (column === "needs_pass" ? about?.[column] === 1 : (about?.[column] ?? null)));
  const isDescribed = ["campaigns", "offers"].includes(table) && event["type"] !== "campaign_published";
  if (isDescribed && about?.["description"] != null) said.push(about["description"]);
  const text = `${about?.["salt"] ?? ""}\n${JSON.stringify(said)}`;
  return new Bun.CryptoHasher("sha256").update(text).digest("hex");
}
