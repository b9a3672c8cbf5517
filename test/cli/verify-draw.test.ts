/**
 * `verify-draw` holds promise 5 for draws: a draw that was made as promised holds from a folder, from a server, from
 * files; whatever is changed in any of them afterwards is found, and named.
 */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatId } from "../../src/domain/ids.ts";
import type { DrawDocument, DrawEntryTold, DrawProof } from "../../src/draw/document.ts";
import { sha256, sha256OfHex } from "../../src/host/hash.ts";
import { type StandInChain, startChain } from "../draw/chain.ts";
import { buyers, type Drawn, makeDraw } from "../draw/drawn.ts";
import { call, newFolder, type Server, startServer, tokenOf } from "../harness.ts";
import { runCommand } from "./command.ts";
import { tamper } from "./ledger.ts";

const folder = newFolder();
const files = newFolder();
const count = 60;
let chain: StandInChain;
let drawn: Drawn;
let server: Server;
let campaign: string;
let whole: string;
let proof: DrawProof;

beforeAll(async () => {
  chain = startChain();
  const round = 1_000;
  const closesAtMs = (chain.info.genesis_time + (round - 1)) * 1_000 - 30_000;
  drawn = makeDraw(folder, {
    stocks: [9, 2],
    entries: [...buyers(count), ["zoe", 1], ["陈小明", 1], ["wim", 1]],
    leavers: ["buyer-3", "buyer-40"],
    cancels: 4,
    beacon: { chain: chain.info.hash, round },
    value: chain.wordOf(round),
    closesAtMs,
  });
  writeFileSync(join(folder, "beacons.json"), JSON.stringify([chain.info]));
  campaign = formatId("cmp", drawn.campaignId);
  const copy = newFolder(); // a server's clock ends what was long ago
  Bun.spawnSync(["cp", join(folder, "rushbox.db"), join(folder, "beacons.json"), copy]);
  server = await startServer({ data: copy });
  whole = join(files, "draw.jsonl");
  const { code } = await runCommand(["verify-draw", "--url", server.url, "--campaign", campaign, "--keep", whole]);
  expect(code).toBe(0);
  const url = `${server.url}/v1/offers/${formatId("off", drawn.offerIds[0] ?? 0)}/draw/proof`;
  proof = (await call<DrawProof>(url, { as: await tokenOf("buyer-7") })).body;
});
afterAll(async () => {
  chain.stop();
  await server?.[Symbol.asyncDispose]();
});

const plain = (text: string) => text.replaceAll(/\s+/g, " ");

async function verify(...args: readonly string[]): Promise<{ code: number; text: string }> {
  const { code, stdout, stderr } = await runCommand(["verify-draw", ...args]);
  return { code, text: plain(stdout + stderr) };
}

let filesMade = 0;
function fileOf(text: string): string {
  filesMade += 1;
  const path = join(files, `file-${filesMade}`);
  writeFileSync(path, text);
  return path;
}

/** Checks many files in one run, since a run takes a second: what is said of each, by its name. */
const runs = new Map<string, Promise<{ code: number; textOf(name: string): string }>>();
function all(named: readonly (readonly [name: string, text: string])[]) {
  const key = named.map(([name]) => name).join();
  const run = runs.get(key) ?? checkAll(named);
  runs.set(key, run);
  return run;
}

async function checkAll(named: readonly (readonly [name: string, text: string])[]) {
  const paths = new Map(named.map(([name, text]) => [name, fileOf(text)]));
  const { code, text } = await verify(...paths.values());
  return {
    code,
    textOf(name: string): string {
      const file = (paths.get(name) ?? "").slice(files.length + 1);
      const said = text
        .split(`${files}/`)
        .join("")
        .split(/(?=file-\d+: (?:entry|the draw))/);
      const own = said.filter((part) => part.startsWith(`${file}:`));
      if (own.length === 0) throw new Error(`nothing is said of ${name}:\n${text}`);
      return own.join("\n");
    },
  };
}

test("a draw holds in its folder, with everybody's identity", async () => {
  const { code, text } = await verify("--data", folder, "--campaign", campaign);
  expect(text).toContain("Everything holds.");
  expect(code).toBe(0);
  for (const [name, counted] of [
    ["secret", "1 secret"],
    ["beacon", "1 round"],
    ["entries", "60 entries"],
    ["ranks", "60 ranks"],
    ["orders", "13 orders"],
    ["ledger", "3 rows"],
    ["buyers", "60 entries"],
    ["buyers", "3 entries"],
  ]) {
    expect(text).toContain(`ok ${name} ${counted}`);
  }
});

test("a draw holds from its server and from the file that was kept of it, and names nobody", async () => {
  const lines = readFileSync(whole, "utf8").trim().split("\n");
  expect(lines).toHaveLength(1 + count + 3);
  expect(readFileSync(whole, "utf8")).not.toContain("buyer-");
  const fromFile = await verify(whole);
  expect(fromFile.text).toContain("ok entries 60 entries");
  expect(fromFile).toMatchObject({ code: 0 });
  expect((await verify("--url", server.url, "--campaign", campaign, "--keep", whole)).text).toContain("exists");
});

test("a proof holds alone and beside the whole draw", async () => {
  const file = fileOf(JSON.stringify(proof, null, 2));
  const alone = await verify(file);
  expect(alone.text).toContain("ok inclusion 1 entry it is among those that were drawn");
  expect(alone.text).toContain("ok rank 1 rank it follows from the seed");
  expect(alone.code).toBe(0);
  const both = await verify(whole, file);
  expect(both.text).toContain("ok agreement 1 file");
  expect(both.code).toBe(0);
});

describe("a proof that was changed is found out:", () => {
  const another = sha256("another");
  const changes: readonly (readonly [what: string, names: string, (told: DrawProof) => unknown])[] = [
    [
      "another buyer",
      'was made of another buyer, mark or salt than "mallory"',
      (told) => ({ ...told, buyer_id: "mallory" }),
    ],
    ["another salt", "was made of another buyer, mark or salt", (told) => ({ ...told, salt: another.slice(32) })],
    ["another leaf", "its path does not lead to the root", (told) => ({ ...told, leaf: another })],
    ["another place", "its path does not lead to the root", (told) => ({ ...told, index: (told.index ?? 0) + 1 })],
    ["a step less", "its path does not lead to the root", (told) => ({ ...told, path: told.path?.slice(1) })],
    ["no path", "has no path to the root", (told) => ({ ...told, path: null })],
    ["a better rank", "has rank 1, by the seed it has rank", (told) => ({ ...told, rank: told.rank === 1 ? 2 : 1 })],
    ["another secret", "is not the one that was committed to", (told) => inDraw(told, { secret: another })],
    ["another commitment", "is not the one that was committed to", (told) => ({ ...told, commitment: another })],
    ["another root", "its path does not lead to the root", (told) => inDraw(told, { root: another })],
    ["another seed", "does not follow from what it is made of", (told) => inDraw(told, { seed: another })],
    [
      "a draw without its beacon, told as one that still waits",
      "is told as waiting for beacon",
      (told) => inDraw(told, { state: "waiting_for_beacon", beacon: null }),
    ],
    ["a draw that is told as none", "is told as void", (told) => inDraw(told, { state: "void" })],
    ["no secret", "its secret or its seed is not told", (told) => inDraw(told, { secret: null })],
    [
      "another round of the beacon",
      "was drawn by round 999 of the beacon, not by round 1000",
      (told) => inDraw(told, { beacon: chain.wordOf(999) }),
    ],
    [
      "a beacon's word that was not signed",
      "the chain's key did not sign round 1000 so",
      (told) => inDraw(told, { beacon: { ...chain.wordOf(999), round: 1_000 } }),
    ],
    [
      "randomness of one's own",
      "the randomness of round 1000 is not its signature's hash",
      (told) => inDraw(told, { beacon: { ...chain.wordOf(1_000), randomness: another } }),
    ],
    ["no beacon", "was drawn without the beacon that was named", (told) => inDraw(told, { beacon: null })],
    ["a beacon that was not named", "by a beacon that was not named before", (told) => ({ ...told, beacon: null })],
    [
      "another chain's key",
      "does not have its hash",
      (told) => ({ ...told, beacon: { ...told.beacon, info: { ...chain.info, public_key: "f".repeat(192) } } }),
    ],
    [
      "a chain that is not told",
      "give its info with --beacon",
      (told) => ({ ...told, beacon: { ...told.beacon, info: null } }),
    ],
  ];
  const inDraw = (told: DrawProof, change: object) => ({ ...told, draw: { ...told.draw, ...change } });
  test.each(changes)("%s", async (what, names) => {
    const found = await all(changes.map(([what, , apply]) => [what, JSON.stringify(apply(proof))]));
    expect(found.code).toBe(1);
    expect(found.textOf(what)).toContain(
      names.replace("has rank 1,", proof.rank === 1 ? "has rank 2," : "has rank 1,"),
    );
  });

  test("a chain that is not told is taken from a file", async () => {
    const file = fileOf(JSON.stringify({ ...proof, beacon: { ...proof.beacon, info: null } }));
    const good = fileOf(JSON.stringify(chain.info));
    expect((await verify(file, "--beacon", good)).code).toBe(0);
    const other = startChain({ secretKey: Buffer.from(sha256("another"), "hex") });
    other.stop();
    const bad = await verify(file, "--beacon", fileOf(JSON.stringify(other.info)));
    expect(bad.text).toContain(`the beacon is the chain ${chain.info.hash}, not ${other.info.hash}`);
    expect(bad.code).toBe(1);
  });
});

describe("a proof that was kept from before the closing", () => {
  const open = { state: "open", closed_at: null, closed_seq: null, root: null, count: null, secret: null } as const;
  const early = () => ({
    ...{ ...proof, index: null, path: null, rank: null, state: "waiting", order_id: null },
    draw: { ...proof.draw, ...open, beacon: null, seed: null },
  });

  test("holds beside the whole draw and beside the proof that followed", async () => {
    const [before, after] = [fileOf(JSON.stringify(early())), fileOf(JSON.stringify(proof))];
    const { code, text } = await verify(before, whole, after);
    expect(text).toContain("ok kept proofs 1 file");
    expect(text).toContain("ok same entry 2 files");
    expect(code).toBe(0);
  });

  test.each([
    [
      "an entry that is not among those that were drawn",
      { entry_id: "wte_00000zzzzz" },
      "is not among those that were",
    ],
    ["an entry with another leaf", { salt: "ab".repeat(16) }, "is another one among those that were drawn"],
    ["a draw that is told as none later", { draw: "void" }, "elsewhere it is told that there is no draw"],
  ])("shows %s, whichever file comes first", async (_, change, names) => {
    const kept = "salt" in change ? { ...early(), ...change, leaf: leafOf(change.salt) } : { ...early(), ...change };
    const told = kept.draw === "void" ? { ...kept, draw: { ...early().draw, state: "void" } } : kept;
    const file = fileOf(JSON.stringify(told));
    for (const files of [
      [file, whole],
      [whole, file],
    ]) {
      const { code, text } = await verify(...files);
      expect(text).toContain(names);
      expect(code).toBe(1);
    }
  });

  test("shows that a buyer's entry was replaced by another one of theirs", async () => {
    const other = { ...early(), entry_id: "wte_00000zzzzz", salt: "ab".repeat(16), leaf: leafOf("ab".repeat(16)) };
    const { code, text } = await verify(fileOf(JSON.stringify(other)), fileOf(JSON.stringify(proof)));
    expect(text).toContain("the entry of the same buyer was wte_00000zzzzz");
    expect(code).toBe(1);
  });

  const leafOf = (salt: string) => sha256(`${salt}\n["buyer-7"]`);
});

test("the chain that decided is named, and whether it is a public one", async () => {
  const { text } = await verify(whole);
  expect(text).toContain(`The beacon is the chain ${chain.info.hash}, no chain that is known here: is it public?`);
});

describe("a whole draw that was changed is found out:", () => {
  type Lines = [DrawDocument, ...DrawEntryTold[]];
  const entriesOf = (lines: Lines) => lines.slice(1) as DrawEntryTold[];
  const ranked = (lines: Lines, rank: number) => {
    const offer = lines[0].offers[0]?.offer_id;
    return entriesOf(lines).find((entry) => entry.offer_id === offer && entry.rank === rank) as DrawEntryTold;
  };
  const set = (entry: DrawEntryTold, change: Partial<DrawEntryTold>) => void Object.assign(entry, change);
  const changes: readonly (readonly [what: string, names: string, (lines: Lines) => void])[] = [
    ["an entry taken out", "stands at 11, where 10 follows", (lines) => void lines.splice(11, 1)],
    ["the last entry taken out", "has 2 entries, the draw was over 3", (lines) => void lines.pop()],
    [
      "an entry swapped for another",
      "do not give the root",
      (lines) => set(lines[5] as DrawEntryTold, { leaf: sha256("x") }),
    ],
    [
      "two entries swapped",
      "which was made later",
      (lines) => {
        const [a, b] = [lines[5] as DrawEntryTold, lines[6] as DrawEntryTold];
        [lines[5], lines[6]] = [
          { ...b, index: a.index },
          { ...a, index: b.index },
        ];
      },
    ],
    [
      "two ranks swapped",
      "by the seed it has rank",
      (lines) => {
        const [a, b] = [ranked(lines, 1), ranked(lines, 30)];
        set(a, { rank: 30 });
        set(b, { rank: 1 });
      },
    ],
    [
      "an order for somebody whose turn it was not",
      "was offered an order, and entry",
      (lines) => set(ranked(lines, 50), { state: "offered", order_id: "ord_00000000zz" }),
    ],
    [
      "somebody passed over",
      "still waits",
      (lines) => set(ranked(lines, firstOffered(lines)), { state: "waiting", order_id: null }),
    ],
    [
      "an order before its turn",
      "before others who come first",
      (lines) => set(ranked(lines, firstOffered(lines)), { order_id: "ord_00000000zz" }),
    ],
    [
      "an order that nobody can have",
      "as its order does not say",
      (lines) => set(ranked(lines, 50), { order_id: "ord_00000000zz" }),
    ],
  ];
  const firstOffered = (lines: Lines): number => {
    const offer = lines[0].offers[0]?.offer_id;
    const offered = entriesOf(lines).filter(({ state, offer_id: id }) => state === "offered" && id === offer);
    return Math.min(...offered.map(({ rank }) => rank ?? 0));
  };
  test.each(changes)("%s", async (what, names) => {
    const found = await all(
      changes.map(([name, , change]) => {
        const lines = readFileSync(whole, "utf8")
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line)) as Lines;
        change(lines);
        return [name, lines.map((line) => JSON.stringify(line)).join("\n")];
      }),
    );
    expect(found.code).toBe(1);
    expect(found.textOf(what)).toContain(names);
  });

  test("a whole draw that was made anew does not agree with a proof from before", async () => {
    const anew = newFolder();
    const closesAtMs = drawn.closesAtMs;
    const again = makeDraw(anew, { stocks: [9], entries: buyers(count), closesAtMs });
    await using other = await startServer({ data: anew });
    const file = join(files, "anew.jsonl");
    const id = formatId("cmp", again.campaignId);
    const kept = await verify("--url", other.url, "--campaign", id, "--keep", file);
    expect(kept).toMatchObject({ code: 0 });
    expect(kept.text).toContain("The secret decides alone");
    const { code, text } = await verify(fileOf(JSON.stringify(proof)), file);
    expect(text).toContain("tells otherwise:");
    expect(code).toBe(1);
  });
});

describe("a folder that was changed is found out:", () => {
  const first = () => drawn.offerIds[0] ?? 0;
  const ids = "(SELECT id FROM waitlist WHERE offer_id = OFFER ORDER BY id LIMIT 1 OFFSET 20)";
  const changes: readonly (readonly [what: string, names: string, ...statements: string[]])[] = [
    [
      "a buyer's name",
      "was made of another buyer, mark or salt",
      `UPDATE waitlist SET buyer_id = 'mallory' WHERE id = ${ids}`,
    ],
    ["a leaf", "do not give the root", `UPDATE events SET details = x'${"ab".repeat(32)}' WHERE seq = ${ids}`],
    ["an entry", "has 59 entries, the draw was over 60", `DELETE FROM waitlist WHERE id = ${ids}`],
    ["the root", "do not give the root", "UPDATE draws SET root = commitment FROM campaigns WHERE offer_id = OFFER"],
    [
      "the secret",
      "is not the one that was committed to",
      `UPDATE draws SET secret = '${"ab".repeat(32)}' WHERE offer_id = OFFER`,
    ],
    [
      "the secret with its commitment",
      "campaign_published, was hashed with something else",
      `UPDATE draws SET secret = '${"ab".repeat(32)}'`,
      `UPDATE campaigns SET commitment = '${sha256OfHex("ab".repeat(32))}'`,
    ],
    [
      "the beacon's round",
      "was drawn by round 1000 of the beacon, not by round 1001",
      "UPDATE campaigns SET beacon_round = 1001",
    ],
    [
      "who was offered an order",
      "was offered an order, and entry",
      "UPDATE waitlist SET state = 'waiting', order_id = NULL, ended_at_ms = NULL WHERE id = (SELECT id FROM waitlist WHERE offer_id = OFFER AND state = 'offered' ORDER BY order_id LIMIT 1)",
    ],
    [
      "a second entry of one buyer",
      "is another one of its buyer",
      `UPDATE waitlist SET buyer_id = 'buyer-1', salt = (SELECT salt FROM waitlist WHERE buyer_id = 'buyer-1') WHERE id = ${ids}`,
      `UPDATE events SET details = (SELECT details FROM events WHERE seq = (SELECT id FROM waitlist WHERE offer_id = OFFER ORDER BY id LIMIT 1)) WHERE seq = ${ids}`,
    ],
  ];
  for (const [what, names, ...statements] of changes) {
    test(what, async () => {
      const copy = newFolder();
      Bun.spawnSync(["cp", join(folder, "rushbox.db"), join(folder, "beacons.json"), copy]);
      using db = new Database(join(copy, "rushbox.db"));
      tamper(db, ...statements.map((statement) => statement.replaceAll("OFFER", String(first()))));
      db.close();
      const { code, text } = await verify("--data", copy, "--campaign", campaign);
      expect(text).toContain(names);
      expect(code).toBe(1);
    });
  }
});

test("what is no draw is refused, with what to do", async () => {
  const cases: readonly (readonly [code: number, says: string, ...args: string[]])[] = [
    [2, "nothing to check"],
    [2, "Name the campaign with --campaign", "--url", "http://127.0.0.1:1"],
    [2, "It keeps what a server tells", "--campaign", campaign, "--keep", "x"],
    [2, "Give the id of a campaign", "--campaign", "1"],
    [1, "does not exist", "/nowhere"],
    [1, "holds neither a proof nor a draw", fileOf("nonsense")],
    [1, "holds neither a proof nor a draw", fileOf("{}")],
    [1, "holds neither a proof nor a draw", fileOf(`${readFileSync(whole, "utf8")}{}\n`)],
    [1, "has no draw of cmp_00000000zz", "--data", folder, "--campaign", "cmp_00000000zz"],
    [1, "tells of no chain", whole, "--beacon", fileOf("{}")],
  ];
  for (const [code, says, ...args] of cases) {
    const ran = await verify(...args);
    expect(ran.text).toContain(says);
    expect(ran.code).toBe(code);
  }
});
