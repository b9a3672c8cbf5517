/**
 * Guards what makes a draw provable: the tree over the entries is that of RFC 9162, a path leads to its root from its
 * own leaf and place alone, and the order is the documented one, in which no place is likelier for anybody. Held against
 * second implementations, written down here from the definitions without regard to speed.
 */
import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import fc from "fast-check";
import {
  drawSeed,
  inclusionPath,
  MerkleLog,
  merkleRoot,
  pathOfSubtrees,
  queueSeed,
  Ranking,
  rankingOf,
  rootFromPath,
  rootOfSubtrees,
} from "../../src/draw/proof.ts";
import { sha256 } from "../../src/host/hash.ts";

const runs = { numRuns: 200 };
const leavesOf = (count: number): string[] => Array.from({ length: count }, (_, index) => sha256(`entry ${index}`));
const place = fc.integer({ min: 1, max: 300 }).chain((count) => fc.tuple(fc.constant(count), fc.nat(count - 1)));

describe("the tree over the entries", () => {
  /** The tests of Certificate Transparency: their leaves have other lengths than ours, so they hold the definition. */
  const leaves = [
    ...["", "00", "10", "2021", "3031", "40414243", "5051525354555657"],
    "606162636465666768696a6b6c6d6e6f",
  ].map((hex) => Buffer.from(hex, "hex"));
  const roots = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
  ];

  test("is defined here as the tests of Certificate Transparency have it", () => {
    roots.forEach((root, count) => {
      expect(naiveRoot(leaves.slice(0, count)).toString("hex")).toBe(root);
    });
  });

  test("has the defined root after every entry, whatever their number", () => {
    const all = leavesOf(300);
    const log = new MerkleLog();
    for (let count = 0; count <= all.length; count++) {
      expect(log.count).toBe(count);
      expect(log.root()).toBe(naiveRoot(all.slice(0, count).map(bytesOf)).toString("hex"));
      const next = all[count];
      if (next !== undefined) log.append(next);
    }
    expect(merkleRoot(all)).toBe(log.root());
  });

  test("refuses what is no hash, and stays as it was", () => {
    const log = new MerkleLog();
    log.append(sha256("a"));
    const root = log.root();
    for (const leaf of ["", "00", "0".repeat(63), "0".repeat(66), "z".repeat(64)]) {
      expect(() => log.append(leaf)).toThrow();
    }
    expect([log.count, log.root()]).toEqual([1, root]);
  });
});

describe("a path", () => {
  test("is the defined one, and leads from its leaf to the root", () => {
    fc.assert(
      fc.property(place, ([count, index]) => {
        const leaves = leavesOf(count);
        const path = inclusionPath(leaves, index);
        expect(path).toEqual(naivePath(leaves.map(bytesOf), index).map((step) => step.toString("hex")));
        expect(rootFromPath({ leaf: leaves[index] as string, index, count, path })).toBe(merkleRoot(leaves));
      }),
      runs,
    );
  });

  test("leads nowhere with another leaf, place, number, or with a step changed, left out or put in", () => {
    fc.assert(
      fc.property(place, fc.nat(), fc.nat(), ([count, index], at, other) => {
        const leaves = leavesOf(count);
        const root = merkleRoot(leaves);
        const path = inclusionPath(leaves, index);
        const proof = { leaf: leaves[index] as string, index, count, path };
        const step = at % Math.max(1, path.length);
        const changed = path.map((hash, n) => (n === step ? sha256(hash) : hash));
        const wrongs = [
          { ...proof, leaf: sha256("nobody") },
          ...(count > 1 ? [{ ...proof, index: (index + 1 + (other % (count - 1))) % count }] : []),
          ...(count > 1
            ? [
                { ...proof, path: changed },
                { ...proof, path: path.slice(1) },
              ]
            : []),
          { ...proof, path: path.slice(0, -1), count: count * 2 },
          { ...proof, path: [...path, sha256("more")] },
          { ...proof, index: count },
          { ...proof, index: -1 },
          { ...proof, index: index + 0.5 },
          { ...proof, count: 0 },
          { ...proof, count: count + 2 ** 32 },
          { ...proof, leaf: "nothing" },
          { ...proof, path: [...path, "nothing"] },
        ];
        for (const wrong of wrongs) expect(rootFromPath(wrong)).not.toBe(root);
      }),
      runs,
    );
  });

  test("is made of the path in its own subtree and the path of that one", () => {
    fc.assert(
      fc.property(place, fc.constantFrom(1, 2, 8, 64, 1_024), ([count, index], size) => {
        const leaves = leavesOf(count);
        const subtrees: string[][] = [];
        for (let from = 0; from < count; from += size) subtrees.push(leaves.slice(from, from + size));
        const own = Math.floor(index / size);
        const path = [
          ...inclusionPath(subtrees[own] ?? [], index % size),
          ...pathOfSubtrees(subtrees.map(merkleRoot), own),
        ];
        expect(path).toEqual(inclusionPath(leaves, index));
        expect(rootOfSubtrees(subtrees.map(merkleRoot))).toBe(merkleRoot(leaves));
      }),
      runs,
    );
  });

  test("of a leaf that is not there is asked for by mistake", () => {
    for (const index of [-1, 3, 0.5]) expect(() => inclusionPath(leavesOf(3), index)).toThrow();
  });
});

describe("the order", () => {
  const example = {
    offerId: "off_0000000002",
    secret: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
    root: merkleRoot(leavesOf(10)),
    count: 10,
    randomness: null,
  };

  test("of a known draw is the known one", () => {
    const seed = drawSeed(example);
    expect(seed).toBe("16ad6215fc2ee9e24c0e75c7291add3fa8ec1599de4bd264621d4ddad23b5fad");
    expect([...rankingOf(seed, 10)]).toEqual([4, 2, 1, 0, 3, 9, 8, 7, 5, 6]);
    const withBeacon = drawSeed({ ...example, randomness: sha256("a round") });
    expect(withBeacon).toBe("21ab00d49849c60bc4b4a379c4c1d38be09a2e8027682b9b5072230bc04ebf09");
    expect([...rankingOf(withBeacon, 10)]).toEqual([6, 7, 9, 1, 0, 8, 5, 2, 4, 3]);
    const { secret, count } = example;
    expect(queueSeed({ campaignId: "cmp_0000000001", secret, count })).toBe(
      "b9347a6416f0f1294534deae01838ea16c9937e40ae99463d04ec8de6601bdc5",
    );
  });

  test("is what the definition gives, however many are drawn", () => {
    for (const count of [0, 1, 2, 3, 7, 8, 9, 100, 4_096]) {
      const seed = sha256(`seed ${count}`);
      expect([...rankingOf(seed, count)]).toEqual(naiveRanking(seed, count).order);
    }
  });

  test("passes over the words that would make some places likelier", () => {
    const seed = sha256("passed over");
    const { order, passedOver } = naiveRanking(seed, 300_000);
    expect(passedOver).toBeGreaterThan(2);
    expect(rankingOf(seed, order.length)).toEqual(Uint32Array.from(order));
  });

  test("is the same when it is made in slices", () => {
    for (const count of [0, 1, 2, 10, 1_000]) {
      for (const places of [1, 3, 999, 1_000]) {
        const ranking = new Ranking(sha256("slices"), count);
        let slices = 1;
        while (!ranking.run(places)) slices++;
        expect(slices).toBe(Math.max(1, Math.ceil((count - 1) / places)));
        expect(ranking.order).toEqual(rankingOf(sha256("slices"), count));
      }
    }
  });

  test("has everybody in it once", () => {
    const ranking = rankingOf(sha256("everybody"), 100_000);
    expect(new Set(ranking).size).toBe(100_000);
    expect(ranking.every((index) => index < 100_000)).toBe(true);
  });

  test("depends on everything that it is made of", () => {
    const seeds = [
      drawSeed(example),
      drawSeed({ ...example, offerId: "off_0000000003" }),
      drawSeed({ ...example, secret: sha256("another") }),
      drawSeed({ ...example, root: merkleRoot(leavesOf(11)) }),
      drawSeed({ ...example, count: 11 }),
      drawSeed({ ...example, randomness: sha256("a round") }),
    ];
    expect(new Set(seeds).size).toBe(seeds.length);
    expect(new Set(seeds.map((seed) => rankingOf(seed, 100).join())).size).toBe(seeds.length);
  });

  // The seeds are fixed, so these never fail by chance; the bounds are those that chance passes once in a thousand.
  test("is each of the 120 of five as likely as any other", () => {
    const seen = new Map<string, number>();
    const draws = 24_000;
    for (let draw = 0; draw < draws; draw++) {
      const order = rankingOf(sha256(`five ${draw}`), 5).join();
      seen.set(order, (seen.get(order) ?? 0) + 1);
    }
    expect(seen.size).toBe(120);
    expect(chiSquare([...seen.values()], draws / 120)).toBeLessThan(172.8); // 119 degrees of freedom
  });

  test("has each of a hundred in each tenth of the places as often as any other", () => {
    const [count, draws, tenths] = [100, 4_000, 10];
    const seen = new Uint32Array(count * tenths);
    for (let draw = 0; draw < draws; draw++) {
      rankingOf(sha256(`hundred ${draw}`), count).forEach((index, rank) => {
        const cell = index * tenths + Math.floor(rank / tenths);
        seen[cell] = (seen[cell] ?? 0) + 1;
      });
    }
    expect(chiSquare([...seen], draws / tenths)).toBeLessThan(1_027); // (100 - 1) x (10 - 1) degrees of freedom
  });

  function chiSquare(counts: readonly number[], expected: number): number {
    return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  }
});

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex, "hex");
}

function naiveHash(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** RFC 9162, section 2.1.1, word for word. */
function naiveRoot(leaves: readonly Uint8Array[]): Buffer {
  const [first] = leaves;
  if (first === undefined) return naiveHash();
  if (leaves.length === 1) return naiveHash(Buffer.of(0), first);
  const split = naiveSplit(leaves.length);
  return naiveHash(Buffer.of(1), naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split)));
}

/** RFC 9162, section 2.1.3.1, word for word. */
function naivePath(leaves: readonly Uint8Array[], index: number): Buffer[] {
  if (leaves.length === 1) return [];
  const split = naiveSplit(leaves.length);
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  if (index < split) return [...naivePath(left, index), naiveRoot(right)];
  return [...naivePath(right, index - split), naiveRoot(left)];
}

/** The largest power of two smaller than the count. */
function naiveSplit(count: number): number {
  let split = 1;
  while (split * 2 < count) split *= 2;
  return split;
}

/** Word for word, with integers of any size; tells how many words were passed over. */
function naiveRanking(seed: string, count: number): { readonly order: number[]; readonly passedOver: number } {
  let [counter, passedOver] = [0n, 0];
  let words: bigint[] = [];
  const nextWord = (): bigint => {
    if (words.length === 0) {
      const hashed = naiveHash(bytesOf(seed + counter.toString(16).padStart(16, "0"))).toString("hex");
      words = (hashed.match(/.{8}/g) ?? []).map((digits) => BigInt(`0x${digits}`));
      counter += 1n;
    }
    return words.shift() as bigint;
  };
  const order = [...Array(count).keys()];
  for (let last = count - 1; last >= 1; last--) {
    const places = BigInt(last + 1);
    let word = nextWord();
    for (; word >= (2n ** 32n / places) * places; passedOver++) word = nextWord();
    const other = Number(word % places);
    const [a, b] = [order[last] as number, order[other] as number];
    [order[last], order[other]] = [b, a];
  }
  return { order, passedOver };
}
