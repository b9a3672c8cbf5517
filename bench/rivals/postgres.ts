/**
 * PostgreSQL with everything in one transaction, durable at COMMIT: `UPDATE ... WHERE stock > 0`, the buyer's units
 * under a CHECK, and the INSERT of the order. Written as one statement, so that the hot row stays locked for no round
 * trip but only for the commit: the best that this way can do. Starts its own cluster in the folder and stops it.
 */
import { chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { SQL } from "bun";
import { startClock } from "../../src/host/clock.ts";
import { findProgram, freePort, MissingError, postgresFolders, startProgram } from "../programs.ts";
import { type Purchase, runShop, type Shop, type ShopSettings, type Sold } from "./shop.ts";

/** More only wait for the same row: measured 4, 8 and 16 within noise of each other. */
const connections = 8;
const locale = { LC_ALL: "C", PATH: "/usr/bin:/bin" };
/** SQLSTATE codes. */
const checkViolation = "23514";
const uniqueViolation = "23505";

await runShop(openPostgresShop);

async function openPostgresShop(settings: ShopSettings): Promise<Shop> {
  const { folder, offerId, soldOutOfferId, stock, limitPerBuyer } = settings;
  const port = freePort();
  const asUser = prepareUser(folder);
  const data = join(folder, "cluster");
  const initdb = Bun.spawnSync(
    [...asUser, findProgram("initdb", postgresFolders()), "-D", data, "-U", "bench", "-A", "trust", "--no-sync"],
    { env: locale, stdout: "ignore", stderr: "pipe" },
  );
  if (initdb.exitCode !== 0) throw new MissingError(`initdb failed: ${initdb.stderr.toString().trim()}`);
  const server = await startProgram({
    command: [
      ...asUser,
      findProgram("postgres", postgresFolders()),
      ...["-D", data, "-p", String(port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="],
      ...["-c", "fsync=on", "-c", "synchronous_commit=on", "-c", "max_wal_size=4GB"],
    ],
    environment: locale,
    readiness: (line) => (line.includes("ready to accept connections") ? port : null),
    clock: startClock(),
    stopSignal: "SIGINT", // its "fast" stop: does not wait for clients
  });
  const sql = new SQL({
    adapter: "postgres",
    hostname: "127.0.0.1",
    port,
    username: "bench",
    database: "postgres",
    max: connections,
  });
  await sql`CREATE TABLE offers (id text PRIMARY KEY, stock integer NOT NULL CHECK (stock >= 0))`;
  await sql.unsafe(`
    CREATE TABLE units (
      offer_id text, buyer_id text, units integer NOT NULL CHECK (units <= ${limitPerBuyer}),
      PRIMARY KEY (offer_id, buyer_id)
    )`);
  await sql`
    CREATE TABLE orders (
      id serial PRIMARY KEY, offer_id text NOT NULL, buyer_id text NOT NULL, quantity integer NOT NULL,
      amount_minor integer NOT NULL, state text NOT NULL, reserved_at_ms bigint NOT NULL, expires_at_ms bigint NOT NULL,
      idempotency_key text, UNIQUE (buyer_id, idempotency_key)
    )`;
  await sql`INSERT INTO offers VALUES (${offerId}, ${stock}), (${soldOutOfferId}, 0)`;

  const sell = async ({ offerId, buyerId, key, atMs, expiresAtMs }: Purchase): Promise<Sold> => {
    try {
      const rows: readonly { id: number }[] = await sql`
        WITH taken AS (UPDATE offers SET stock = stock - 1 WHERE id = ${offerId} AND stock > 0 RETURNING id),
        counted AS (
          INSERT INTO units SELECT id, ${buyerId}, 1 FROM taken
          ON CONFLICT (offer_id, buyer_id) DO UPDATE SET units = units.units + 1
        )
        INSERT INTO orders (offer_id, buyer_id, quantity, amount_minor, state, reserved_at_ms, expires_at_ms, idempotency_key)
        SELECT id, ${buyerId}, 1, 100, 'reserved', ${atMs}, ${expiresAtMs}, ${key} FROM taken RETURNING id`;
      return rows[0]?.id ?? "sold_out";
    } catch (error) {
      const state = error instanceof SQL.PostgresError ? error.errno : null;
      if (String(state) === checkViolation) return "limit_reached";
      if (String(state) !== uniqueViolation) throw error;
      const rows: readonly { id: number }[] = await sql`
        SELECT id FROM orders WHERE buyer_id = ${buyerId} AND idempotency_key = ${key}`;
      return rows[0]?.id ?? "not_found";
    }
  };
  return {
    sell,
    async ordersCount() {
      const rows: readonly { orders: number }[] = await sql`SELECT count(*)::integer AS orders FROM orders`;
      return rows[0]?.orders ?? 0;
    },
    async [Symbol.asyncDispose]() {
      await sql.close();
      await server.stop();
    },
  };
}

/** PostgreSQL refuses to run as root: then as the user of Debian's package, who must own the folder. */
function prepareUser(folder: string): readonly string[] {
  mkdirSync(folder, { recursive: true });
  if (process.getuid?.() !== 0) return [];
  const [user, group] = ["-u", "-g"].map((flag) => {
    const { exitCode, stdout } = Bun.spawnSync(["id", flag, "postgres"]);
    if (exitCode !== 0) throw new MissingError("PostgreSQL does not run as root, and there is no user postgres");
    return Number(stdout.toString());
  }) as [number, number];
  chownSync(folder, user, group);
  return [findProgram("setpriv"), `--reuid=${user}`, `--regid=${group}`, "--clear-groups"];
}
