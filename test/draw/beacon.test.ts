/**
 * Guards what a draw believes of a public beacon: nothing but what the named chain's key has signed for the very round.
 * Held against drand's own quicknet, whose values are what the League of Entropy published, and a chain of our own.
 */
import { afterAll, describe, expect, test } from "bun:test";
import { fetchBeacon, fetchChain, problemOfBeacon } from "../../src/draw/beacon.ts";
import { type ChainInfo, hashOfChain, readChain, roundFrom, timeOfRound } from "../../src/draw/chain.ts";
import { sha256 } from "../../src/host/hash.ts";
import { startChain } from "./chain.ts";

const quicknet: ChainInfo = {
  public_key:
    "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a",
  period: 3,
  genesis_time: 1_692_803_367,
  hash: "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
  groupHash: "f477d5c89f21a17c863a7f937c6a6d15859414d2be09cd448d4279af331c5d3e",
  schemeID: "bls-unchained-g1-rfc9380",
  metadata: { beaconID: "quicknet" },
};
const round1000 = {
  round: 1_000,
  randomness: "fe290beca10872ef2fb164d2aa4442de4566183ec51c56ff3cd603d930e54fdd",
  signature: "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39",
};

const chain = startChain();
afterAll(() => chain.stop());

describe("a chain", () => {
  test("of drand is understood, and its hash covers what it says of itself", () => {
    expect(readChain({ ...quicknet, more: 1 })).toEqual(quicknet);
    expect(hashOfChain(quicknet)).toBe(quicknet.hash);
    const others = [
      { ...quicknet, period: 4 },
      { ...quicknet, genesis_time: 1_692_803_368 },
      { ...quicknet, public_key: chain.info.public_key },
      { ...quicknet, groupHash: sha256("another") },
      { ...quicknet, metadata: { beaconID: "quicknat" } },
    ];
    for (const other of others) expect(hashOfChain(other)).not.toBe(quicknet.hash);
  });

  test("that is of another kind, or none, is not understood", () => {
    const { metadata: _, ...withoutId } = quicknet;
    expect(readChain(withoutId)?.metadata.beaconID).toBe("default");
    const wrongs: unknown[] = [
      ...[null, undefined, 1, "chain", [], {}],
      { ...quicknet, schemeID: "pedersen-bls-chained" },
      { ...quicknet, public_key: quicknet.public_key.slice(2) },
      { ...quicknet, hash: quicknet.hash.toUpperCase() },
      { ...quicknet, groupHash: 1 },
      { ...quicknet, period: 0 },
      { ...quicknet, period: 1.5 },
      { ...quicknet, genesis_time: "1692803367" },
      { ...quicknet, genesis_time: 2 ** 33 },
      { ...quicknet, metadata: { beaconID: 7 } },
    ];
    for (const wrong of wrongs) expect(readChain(wrong)).toBeNull();
  });

  test("has its next round at a time or just after it, never before", () => {
    expect(timeOfRound(quicknet, 1)).toBe(1_692_803_367_000);
    expect(roundFrom(quicknet, 0)).toBe(1);
    for (let n = 0; n < 100; n++) {
      const atMs = 1_794_398_400_000 + n * 137;
      const round = roundFrom(quicknet, atMs);
      expect(timeOfRound(quicknet, round)).toBeGreaterThanOrEqual(atMs);
      expect(timeOfRound(quicknet, round - 1)).toBeLessThan(atMs);
    }
  });
});

describe("a round's word", () => {
  test("of drand is what its key has signed", async () => {
    expect(await problemOfBeacon(quicknet, round1000)).toBeNull();
  });

  test("is refused when anything of it is another's", async () => {
    const own = chain.wordOf(7);
    expect(await problemOfBeacon(chain.info, own)).toBeNull();
    const next = chain.wordOf(8);
    const wrongs = [
      [{ ...own, round: 8 }, "did not sign"],
      [{ ...next, round: 7 }, "did not sign"],
      [{ ...own, randomness: next.randomness }, "is not its signature's hash"],
      [{ ...own, signature: next.signature }, "is not its signature's hash"],
      [{ ...own, signature: "" }, "has no signature"],
      [{ ...own, signature: own.signature.toUpperCase() }, "has no signature"],
      [{ ...own, signature: "f".repeat(96), randomness: hashOf("f".repeat(96)) }, "did not sign"],
      [round1000, "did not sign"],
    ] as const;
    for (const [value, problem] of wrongs) expect(await problemOfBeacon(chain.info, value)).toContain(problem);
    expect(await problemOfBeacon({ ...chain.info, public_key: "f".repeat(192) }, own)).toContain("did not sign");
  });
});

describe("a beacon", () => {
  test("is asked for its chain and its rounds", async () => {
    const info = await fetchChain(chain.url, chain.info.public_key);
    expect(info).toEqual(chain.info);
    expect(await fetchBeacon(chain.url, info, 12)).toEqual(chain.wordOf(12));
  });

  test("that is not the configured one is refused, with what to do", async () => {
    await expect(fetchChain(chain.url, quicknet.public_key)).rejects.toThrow("has the public key");
    const other = chain.url.replace(chain.info.hash, quicknet.hash);
    await expect(fetchChain(other, chain.info.public_key)).rejects.toThrow("404");
  });

  test("is not believed while it is down, too early, forged or speaks of another round", async () => {
    const early = roundFrom(chain.info, Date.now() + 3_600_000);
    await expect(fetchBeacon(chain.url, chain.info, early)).rejects.toThrow("425");
    for (const [breakage, problem] of [
      ["down", "502"],
      ["forged", "did not sign"],
      ["other_round", "another round was answered"],
    ] as const) {
      chain.breakage = breakage;
      await expect(fetchBeacon(chain.url, chain.info, 12)).rejects.toThrow(problem);
    }
    chain.breakage = null;
  });
});

function hashOf(hex: string): string {
  return new Bun.CryptoHasher("sha256").update(Buffer.from(hex, "hex")).digest("hex");
}
