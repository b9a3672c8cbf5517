/**
 * The field's usual way: Bun and Redis. One Lua script decides in memory - the buyer's units, the stock - and appends
 * the order to a stream for somebody to store later. Not durable: no append-only file, no snapshots; what Redis holds
 * when it dies is gone. Starts its own redis-server in the folder and stops it.
 */
import { RedisClient } from "bun";
import { startClock } from "../../src/host/clock.ts";
import { findProgram, freePort, startProgram } from "../programs.ts";
import { type Purchase, runShop, type Shop, type ShopSettings, type Sold } from "./shop.ts";

// Takes first and gives back what was too much: an order costs three commands. Nobody sees what lies between.
const script = `
if ARGV[3] ~= '' then
  local before = redis.call('HGET', KEYS[4], ARGV[3])
  if before then return tonumber(before) end
end
local units = redis.call('HINCRBY', KEYS[2], ARGV[1], 1)
if units > tonumber(ARGV[2]) then
  redis.call('HINCRBY', KEYS[2], ARGV[1], -1)
  return -2
end
local left = redis.call('DECR', KEYS[1])
if left < 0 then
  redis.call('INCR', KEYS[1])
  redis.call('HINCRBY', KEYS[2], ARGV[1], -1)
  return -1
end
local number = tonumber(ARGV[6]) - left
redis.call('XADD', KEYS[3], '*', 'buyer', ARGV[1], 'seq', number, 'quantity', 1, 'amount', 100, 'at', ARGV[4], 'expires', ARGV[5])
if ARGV[3] ~= '' then redis.call('HSET', KEYS[4], ARGV[3], number) end
return number
`;

await runShop(openRedisShop);

async function openRedisShop(settings: ShopSettings): Promise<Shop> {
  const { folder, offerId, soldOutOfferId, stock, limitPerBuyer } = settings;
  const port = freePort();
  const server = await startProgram({
    command: [
      findProgram("redis-server"),
      ...["--port", String(port), "--bind", "127.0.0.1", "--dir", folder],
      ...["--save", "", "--appendonly", "no", "--daemonize", "no"],
    ],
    readiness: (line) => (line.includes("Ready to accept connections") ? port : null),
    clock: startClock(),
  });
  const redis = new RedisClient(`redis://127.0.0.1:${port}`, { enableOfflineQueue: false, autoReconnect: false });
  await redis.connect();
  await redis.set(`${offerId}:stock`, String(stock));
  await redis.set(`${soldOutOfferId}:stock`, "0");
  const hash = String(await redis.send("SCRIPT", ["LOAD", script]));
  const [limit, total] = [String(limitPerBuyer), String(stock)];

  const sell = async (purchase: Purchase): Promise<Sold> => {
    const { offerId, buyerId, key, atMs, expiresAtMs } = purchase;
    const keys = [`${offerId}:stock`, `${offerId}:units`, `${offerId}:orders`, `${offerId}:keys`];
    const values = [buyerId, limit, key === null ? "" : `${buyerId} ${key}`, String(atMs), String(expiresAtMs), total];
    const sold = Number(await redis.send("EVALSHA", [hash, String(keys.length), ...keys, ...values]));
    if (sold === -1) return "sold_out";
    return sold === -2 ? "limit_reached" : sold;
  };
  return {
    sell,
    ordersCount: async () => Number(await redis.send("XLEN", [`${offerId}:orders`])),
    async [Symbol.asyncDispose]() {
      redis.close();
      await server.stop();
    },
  };
}
