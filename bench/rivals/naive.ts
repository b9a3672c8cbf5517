/**
 * The naive way: every request is a SQLite transaction of its own - look at the stock, count the buyer's units, insert
 * the order, take the unit, commit - with the same settings of durability as Rushbox. Correct, and bound by one fsync
 * per order.
 */
import { Database } from "bun:sqlite";
import { join } from "node:path";
import { type Purchase, runShop, type Shop, type ShopSettings, type Sold } from "./shop.ts";

const schema = `
  CREATE TABLE offers (id TEXT PRIMARY KEY, stock INTEGER NOT NULL CHECK (stock >= 0)) STRICT;
  CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    offer_id TEXT NOT NULL,
    buyer_id TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    amount_minor INTEGER NOT NULL,
    state TEXT NOT NULL,
    reserved_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    idempotency_key TEXT
  ) STRICT;
  CREATE INDEX orders_by_buyer ON orders (offer_id, buyer_id);
  CREATE UNIQUE INDEX orders_by_key ON orders (buyer_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
`;

await runShop(openNaiveShop);

function openNaiveShop({ folder, offerId, soldOutOfferId, stock, limitPerBuyer }: ShopSettings): Shop {
  const db = new Database(join(folder, "naive.db"), { create: true, strict: true });
  db.exec("PRAGMA journal_mode = WAL");
  db.exec("PRAGMA synchronous = FULL");
  db.exec("PRAGMA cache_size = -65536"); // the same as Rushbox's
  db.exec("PRAGMA wal_autocheckpoint = 4000"); // likewise
  db.exec(schema);
  const addOffer = db.prepare("INSERT INTO offers (id, stock) VALUES (?, ?)");
  addOffer.run(offerId, stock);
  addOffer.run(soldOutOfferId, 0);

  const stockOf = db.prepare<{ stock: number }, [string]>("SELECT stock FROM offers WHERE id = ?");
  const unitsOf = db.prepare<{ units: number }, [string, string]>(
    "SELECT coalesce(sum(quantity), 0) AS units FROM orders WHERE offer_id = ? AND buyer_id = ?",
  );
  const orderOfKey = db.prepare<{ id: number }, [string, string]>(
    "SELECT id FROM orders WHERE buyer_id = ? AND idempotency_key = ?",
  );
  const insert = db.prepare<{ id: number }, [string, string, number, number, string | null]>(
    "INSERT INTO orders (offer_id, buyer_id, quantity, amount_minor, state, reserved_at_ms, expires_at_ms, idempotency_key) VALUES (?, ?, 1, 100, 'reserved', ?, ?, ?) RETURNING id",
  );
  const take = db.prepare("UPDATE offers SET stock = stock - 1 WHERE id = ?");
  const count = db.prepare<{ orders: number }, []>("SELECT count(*) AS orders FROM orders");

  const sell = db.transaction((purchase: Purchase): Sold => {
    const { offerId, buyerId, key, atMs, expiresAtMs } = purchase;
    const before = key === null ? null : orderOfKey.get(buyerId, key);
    if (before !== null) return before.id;
    const offer = stockOf.get(offerId);
    if (offer === null) return "not_found";
    if (offer.stock === 0) return "sold_out";
    if ((unitsOf.get(offerId, buyerId)?.units ?? 0) >= limitPerBuyer) return "limit_reached";
    const order = insert.get(offerId, buyerId, atMs, expiresAtMs, key);
    take.run(offerId);
    return order?.id ?? "not_found";
  }).immediate;

  return {
    sell,
    ordersCount: () => count.get()?.orders ?? 0,
    async [Symbol.asyncDispose]() {
      db.close();
    },
  };
}
