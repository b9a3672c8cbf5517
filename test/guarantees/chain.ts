/**
 * The ledger's hashes computed a second time, without the program's own code: from the rows that each event stands for,
 * by the formula as a stranger would read it. Holds for folders in which no buyer was erased. Proves nothing by itself.
 */
import { Database } from "bun:sqlite";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { copyFolder } from "./ledger.ts";

type Row = Readonly<Record<string, string | number | null>>;

/** What is wrong with the folder's chain, in words: the first row alone, since every one after it would be too. */
export function brokenChain(folder: string): string[] {
  const copy = copyFolder(folder);
  try {
    using db = new Database(join(copy, "rushbox.db"));
    const rows = (table: string) => db.query(`SELECT * FROM ${table} ORDER BY id`).all() as Row[];
    const byId = (table: string) => new Map(rows(table).map((row) => [Number(row["id"]), row]));
    const tables = Object.fromEntries(
      ["orders", "payments", "waitlist", "campaigns", "offers"].map((table) => [table, byId(table)] as const),
    );
    let previous = "0".repeat(64);
    for (const event of db.query("SELECT * FROM events ORDER BY seq").iterate() as IterableIterator<Row>) {
      const details = detailsOf(event, (table, id) => tables[table]?.get(id));
      if (details !== event["details"]) return [`the details of event ${event["seq"]} are not those of its row`];
      const text = [previous, ...hashed.map((column) => event[column] ?? "")].join("\n");
      previous = sha256(text);
      if (previous !== event["hash"]) return [`the chain breaks at event ${event["seq"]}`];
    }
    return [];
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

const hashed = [
  ...["seq", "at_ms", "type", "campaign_id", "offer_id", "order_id", "previous_seq"],
  ...["available", "held", "sold", "details"],
];

/** By type: the table of the row that its details are of, and which of its columns. */
const detailed: Readonly<Record<string, readonly [table: string, columns: readonly string[]]>> = {
  order_reserved: ["orders", ["buyer_id", "quantity", "amount_minor", "expires_at_ms", "idempotency_key"]],
  order_offered: ["orders", ["buyer_id", "quantity", "amount_minor", "expires_at_ms", "idempotency_key"]],
  waitlist_joined: ["waitlist", ["buyer_id"]],
  order_paid: ["payments", ["provider", "reference", "amount_minor", "currency"]],
  order_refund_due: ["payments", ["provider", "reference", "amount_minor", "currency"]],
  payment_refund_due: ["payments", ["provider", "reference", "amount_minor", "currency"]],
  campaign_created: ["campaigns", ["title", "kind", "opens_at_ms", "payment_window_s"]],
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
  return sha256(`${about?.["salt"] ?? ""}\n${JSON.stringify(columns.map((column) => about?.[column] ?? null))}`);
}

function sha256(text: string): string {
  return new Bun.CryptoHasher("sha256").update(text).digest("hex");
}
