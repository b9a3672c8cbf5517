/**
 * Guards the second implementation that browsers are given: it comes to the same hashes, roots, paths and orders as the
 * first one, and says so of a draw that a program made. verify-draw-page.test.ts has it in a browser.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { DrawEntryTold, DrawProof, OfferDraw } from "../../src/draw/document.ts";
import { drawSeed, inclusionPath, merkleRoot, rankingOf } from "../../src/draw/proof.ts";
import { sha256, sha256OfHex } from "../../src/host/hash.ts";
import { Entries, orderOf, type Proof, problemOfKept, problemOfProof } from "../../src/web/proof/draw.ts";
import { sha256 as sha256OfPage } from "../../src/web/proof/hash.ts";
import { findingWords } from "../../src/web/proof/words.ts";

const runs = { numRuns: 100 };
const secret = "07".repeat(32);
const saltOf = (n: number) => sha256(`salt ${n}`).slice(32);
const leafOf = (n: number) => sha256(`${saltOf(n)}\n["buyer ${n}"]`);
const place = fc.integer({ min: 1, max: 200 }).chain((count) => fc.tuple(fc.constant(count), fc.nat(count - 1)));
const terms = { campaign_id: "cmp_0000000001", commitment: sha256OfHex(secret), closes_at: null, beacon: null };

function drawOf(count: number): OfferDraw {
  const root = merkleRoot(Array.from({ length: count }, (_, n) => leafOf(n)));
  const seed = drawSeed({ offerId: "off_0000000002", secret, root, count, randomness: null });
  const closed = { closed_at: "2026-11-11T12:30:00.000Z", closed_seq: 999 };
  return { offer_id: "off_0000000002", state: "made", ...closed, root, count, secret, beacon: null, seed };
}

function proofOf(count: number, index: number): DrawProof {
  const draw = drawOf(count);
  const leaves = Array.from({ length: count }, (_, n) => leafOf(n));
  return {
    ...{ ...terms, draw, entry_id: "wte_0000000005", entered_at: "2026-11-11T12:00:00.000Z", state: "waiting" },
    ...{ order_id: null, buyer_id: `buyer ${index}`, salt: saltOf(index), leaf: leafOf(index), index },
    ...{ path: inclusionPath(leaves, index), rank: rankingOf(draw.seed ?? "", count).indexOf(index) + 1 },
  };
}

describe("the page's own calculation", () => {
  test("names what does not hold in both languages, with the same values", () => {
    const valuesOf = (said: string) =>
      [...said.matchAll(/\{\w+\}/g)].map(([value]) => value).toSorted((a, b) => (a < b ? -1 : 1));
    for (const [name, [english, chinese]] of Object.entries(findingWords)) {
      expect([name, ...valuesOf(chinese)]).toEqual([name, ...valuesOf(english)]);
    }
  });

  test("has the hashes of SHA-256 for bytes of every length", () => {
    for (let length = 0; length < 700; length++) {
      const bytes = Uint8Array.from({ length }, (_, n) => (n * 7 + length) % 256);
      expect(Buffer.from(sha256OfPage(bytes)).toString("hex")).toBe(sha256OfHex(Buffer.from(bytes).toString("hex")));
    }
  });

  test("puts entries in the same order, words that are passed over included", async () => {
    for (const count of [0, 1, 2, 3, 8, 9, 1_000, 300_000]) {
      const seed = sha256(`order ${count}`);
      expect(await orderOf(seed, count)).toEqual(rankingOf(seed, count));
    }
  });

  test("finds every proof to hold, and none with another leaf, place, path or rank", async () => {
    await fc.assert(
      fc.asyncProperty(place, async ([count, index]) => {
        const proof = proofOf(count, index);
        expect(await problemOfProof(proof)).toBeNull();
        const wrongs: readonly (readonly [string, object])[] = [
          ["otherLeaf", { buyer_id: "mallory" }],
          ["notIncluded", { index: count }],
          ["notIncluded", { index: -1 }],
          ["notIncluded", { path: [...(proof.path ?? []), sha256("more")] }],
          ["notIncluded", { path: null }],
          ...(count > 1 ? [["notIncluded", { index: (index + 1) % count }] as const] : []),
          ...(count > 1 ? [["notIncluded", { path: proof.path?.slice(1) }] as const] : []),
          ["otherRank", { rank: (proof.rank ?? 0) + 1 }],
          ["otherRank", { rank: null }],
          ["otherSecret", { commitment: sha256("another") }],
          ["otherSeed", { draw: { ...proof.draw, seed: sha256("another") } }],
          ["otherStage", { draw: { ...proof.draw, state: "waiting_for_beacon" } }],
          ["otherStage", { draw: { ...proof.draw, state: "void" } }],
          ["otherStage", { draw: { ...proof.draw, secret: null } }],
          ["otherStage", { draw: { ...proof.draw, secret: null, seed: null, state: "waiting_for_beacon" } }],
          ["otherBeacon", { beacon: { chain: sha256("chain"), round: 7, round_at: null, info: null } }],
        ];
        for (const [name, change] of wrongs) {
          expect<string | undefined>((await problemOfProof({ ...proof, ...change } as Proof))?.[0]).toBe(name);
        }
      }),
      runs,
    );
  });

  test("finds a proof from before the closing among the entries, or says that it is not", () => {
    const { entry_id, leaf } = proofOf(3, 1);
    const others = [{ entry_id: "wte_0000000004", leaf: leafOf(0) }];
    expect(problemOfKept({ entry_id, leaf }, [...others, { entry_id, leaf }])).toBeNull();
    for (const entries of [others, [{ entry_id, leaf: leafOf(2) }], []])
      expect(problemOfKept({ entry_id, leaf }, entries)?.[0]).toBe("notDrawn");
  });

  test("finds a whole draw to hold, and names what does not", async () => {
    const draw = drawOf(50);
    const ranking = rankingOf(draw.seed ?? "", 50);
    const entries = Array.from({ length: 50 }, (_, index): DrawEntryTold => {
      const rank = ranking.indexOf(index) + 1;
      const isOffered = rank <= 7 && rank !== 3;
      return {
        ...{ offer_id: draw.offer_id, index, entry_id: `wte_00000000${String(index).padStart(2, "0")}` },
        ...{ leaf: leafOf(index), rank, state: isOffered ? "offered" : rank === 3 ? "left" : "waiting" },
        order_id: isOffered ? `ord_000000000${rank}` : null,
      };
    });
    const find = (rank: number) => entries.findIndex((entry) => entry.rank === rank);
    const problem = async (change: (told: DrawEntryTold[]) => void): Promise<string | undefined> => {
      const told = structuredClone(entries);
      change(told);
      const check = new Entries(draw);
      for (const entry of told) check.add(entry);
      return (await check.finish())?.[0];
    };
    const set = (rank: number, change: object) => (told: DrawEntryTold[]) =>
      void Object.assign(told[find(rank)] ?? {}, change);
    expect(await problem(() => {})).toBeUndefined();
    expect(await problem((told) => void told.pop())).toBe("otherCount");
    expect(await problem((told) => void told.splice(7, 1))).toBe("otherEntry");
    expect(await problem(set(9, { leaf: sha256("x") }))).toBe("otherRoot");
    expect(await problem(set(9, { leaf: "x" }))).toBe("otherEntry");
    expect(await problem(set(9, { rank: 10 }))).toBe("otherRank");
    expect(await problem(set(9, { order_id: "ord_0000000009" }))).toBe("otherState");
    expect(await problem(set(9, { order_id: "ord_0000000009", state: "offered" }))).toBe("passedOver");
    expect(await problem(set(3, { state: "waiting" }))).toBe("passedOver");
    expect(await problem(set(1, { order_id: "ord_000000000z" }))).toBe("outOfTurn");
  });
});
