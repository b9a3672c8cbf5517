/**
 * Stands in for a drand chain: a key pair of its own, rounds that begin when a test says so, and the answers of drand's
 * HTTP API on 127.0.0.1. It signs by the rule that drand's documents give, written here anew.
 */
import { createHash } from "node:crypto";
import { bls12_381 as bls } from "@noble/curves/bls12-381.js";
import type { ChainInfo } from "../../src/draw/chain.ts";

export interface StandInChain {
  readonly url: string;
  readonly info: ChainInfo;
  /** What it says in a round. */
  wordOf(round: number): { round: number; randomness: string; signature: string };
  /** How it breaks: `null` for not at all. Everything that is asked meanwhile fails so. */
  breakage: "down" | "silent" | "nonsense" | "forged" | "other_round" | null;
  /** Rounds that were asked for. */
  readonly asked: number[];
  stop(): void;
}

const sha256 = (...parts: (Uint8Array | string)[]): Buffer => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** A chain whose rounds are `period` seconds apart, the first of them at `genesisS`. */
export function startChain(
  what: { period?: number; genesisS?: number; secretKey?: Uint8Array; nowMs?: () => number } = {},
): StandInChain {
  const { period = 1, genesisS = 1_700_000_000, nowMs = Date.now } = what;
  const secretKey = what.secretKey ?? sha256("the key of a chain for tests");
  const curve = bls.shortSignatures;
  const publicKey = Buffer.from(curve.getPublicKey(secretKey).toBytes(true));
  const group = sha256("the group of a chain for tests");
  const times = Buffer.alloc(12);
  times.writeUInt32BE(period, 0);
  times.writeBigInt64BE(BigInt(genesisS), 4);
  const info: ChainInfo = {
    public_key: publicKey.toString("hex"),
    period,
    genesis_time: genesisS,
    hash: sha256(times, publicKey, group, "tests").toString("hex"),
    groupHash: group.toString("hex"),
    schemeID: "bls-unchained-g1-rfc9380",
    metadata: { beaconID: "tests" },
  };
  const wordOf = (round: number) => {
    const number = Buffer.alloc(8);
    number.writeBigUInt64BE(BigInt(round));
    const point = curve.hash(sha256(number), "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_");
    const signature = Buffer.from(curve.sign(point, secretKey).toBytes(true));
    return { round, randomness: sha256(signature).toString("hex"), signature: signature.toString("hex") };
  };
  const asked: number[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (chain.breakage === "down") return new Response("down", { status: 502 });
      if (chain.breakage === "nonsense") return Response.json({ hash: "another" });
      if (chain.breakage === "silent") await new Promise(() => undefined);
      if (pathname === `/${info.hash}/info`) return Response.json(info);
      const [, digits] = new RegExp(`^/${info.hash}/public/([0-9]+)$`).exec(pathname) ?? [];
      if (digits === undefined) return new Response("not found", { status: 404 });
      const round = Number(digits);
      asked.push(round);
      if (nowMs() < (genesisS + (round - 1) * period) * 1_000) return new Response("too early", { status: 425 });
      if (chain.breakage === "other_round") return Response.json(wordOf(round - 1));
      const value = wordOf(round);
      return Response.json(chain.breakage === "forged" ? { ...wordOf(round + 1), round } : value);
    },
  });
  const chain: StandInChain = {
    ...{ url: `http://127.0.0.1:${server.port}/${info.hash}`, info, wordOf, breakage: null, asked },
    stop: () => void server.stop(true),
  };
  return chain;
}
