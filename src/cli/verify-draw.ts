/**
 * `rushbox verify-draw`: checks a draw from what is public of it, an entrant's proof, or a data folder, without asking
 * anybody to be believed; and names the first thing that does not hold.
 */
import type { Database } from "bun:sqlite";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import type { TSchema } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { Command, InvalidArgumentError, Option } from "commander";
import { readBeacons } from "../beacons.ts";
import { readConfig, type Settings } from "../config.ts";
import { formatId, parseId } from "../domain/ids.ts";
import { detailsText, publishingDetails } from "../domain/ledger.ts";
import { limits } from "../domain/limits.ts";
import { type ChainInfo, quicknetHash, readChain, timeOfRound } from "../draw/chain.ts";
import {
  EntriesCheck,
  isBeaconLate,
  problemBetween,
  problemBetweenEntries,
  problemOfBeaconTold,
  problemOfEntryIn,
  problemOfInclusion,
  problemOfLeaf,
  problemOfRank,
  problemOfSecret,
  problemOfSeed,
  problemOfState,
} from "../draw/check.ts";
import {
  type DrawDocument,
  type DrawEntryTold,
  type DrawProof,
  type DrawTermsTold,
  entryToldOf,
  type OfferDraw,
  type OwnDrawEntry,
  offerDrawOf,
  seedOf,
  termsToldOf,
} from "../draw/document.ts";
import { rankingOf } from "../draw/proof.ts";
import { sha256 } from "../host/hash.ts";
import { print } from "../host/log.ts";
import { OperationError } from "../host/operation-error.ts";
import { DrawAnswer, DrawEntriesAnswer, DrawProofAnswer } from "../http/schemas.ts";
import { SqliteDrawReader } from "../storage/sqlite/draw-reader.ts";
import { openReader } from "../storage/sqlite/open.ts";
import { SqliteReader } from "../storage/sqlite/reader.ts";
import { Check, type CheckResult } from "../storage/sqlite/verify/check.ts";
import { callApi } from "./api.ts";
import { addSettings, colors, countOf, countText } from "./command.ts";
import { printResults } from "./verify.ts";

interface Options {
  /** A campaign's number. */
  readonly campaign?: number | undefined;
  readonly url?: string | undefined;
  readonly keep?: string | undefined;
  readonly beacon?: string;
}

export function verifyDrawCommand(): Command {
  const command = new Command("verify-draw")
    .summary("check that a draw was made as it was promised")
    .description(
      "Check a draw: that its secret is the one that was committed to, that its beacon said so, that its entries are those that were fixed at the closing, that every rank follows from the seed and every order from the ranks. From files (an entrant's proof, or the whole draw as --keep writes it), from a server, or from a data folder, where identities are checked too. Several files are held against each other. Exit 0 when everything holds, else 1.",
    )
    .argument("[file...]", "proofs as the API gives them, or whole draws as --keep writes them");
  return addSettings(command, ["data"])
    .addOption(
      new Option("--campaign <id>", "the campaign whose draws are checked, in --data or at --url").argParser(
        campaignOf,
      ),
    )
    .option("--url <address>", "read the public draw of the campaign from this server, instead of a data folder")
    .option("--keep <file>", "with --url: write the whole draw into a new file")
    .option(
      "--beacon <file>",
      "what the beacon's chain says of itself, from <chain>/info, where it is not known otherwise",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  rushbox verify-draw proof.json\n  rushbox verify-draw --url https://shop.example --campaign cmp_0000000001 --keep draw.jsonl\n  rushbox verify-draw draw.jsonl proof-from-before.json\n  rushbox verify-draw --data ./data --campaign cmp_0000000001",
    )
    .action(async (files: readonly string[], flags: Settings & Options) => {
      const { campaign, url, keep, beacon, ...settings } = flags;
      assertUsage(files, { campaign, url, keep });
      const verification = new Verification(beacon === undefined ? null : chainIn(beacon));
      for (const file of files) await verification.verifyFile(file);
      if (campaign !== undefined && url !== undefined) await verification.verifyServer(url, campaign, keep);
      else if (campaign !== undefined) await verification.verifyFolder(readConfig(settings).data, campaign);
      process.exitCode = verification.finish() ? 0 : 1;
    });
}

class Verification {
  readonly #chain: ChainInfo | null;
  readonly #told: { readonly from: string; readonly terms: DrawTermsTold; readonly draw: OfferDraw }[] = [];
  readonly #proofs: { readonly from: string; readonly proof: DrawProof }[] = [];
  /** Whole draws, closed. */
  readonly #entries: { readonly from: string; readonly offer: string; readonly entries: readonly DrawEntryTold[] }[] =
    [];
  #failureCount = 0;

  constructor(chain: ChainInfo | null) {
    this.#chain = chain;
  }

  async verifyFile(file: string): Promise<void> {
    const text = readText(file);
    const proof = conforming<DrawProof>(DrawProofAnswer, parse(text));
    if (proof !== null) {
      await this.#verifyProof(file, proof);
      return;
    }
    const [first, ...lines] = linesOf(text);
    const document = conforming<DrawDocument>(DrawAnswer, first ?? parse(text));
    if (document === null || document.offers.length === 0) throw noDraw(file);
    const page = conforming<{ entries: DrawEntryTold[] }>(DrawEntriesAnswer, { entries: lines, next_after: null });
    if (page === null) throw noDraw(file);
    const entries = Map.groupBy(page.entries, ({ offer_id: id }) => id);
    for (const draw of document.offers) {
      await this.#verifyDraw(file, document, draw, lines.length === 0 ? null : (entries.get(draw.offer_id) ?? []));
    }
  }

  async verifyServer(url: string, campaign: number, keep: string | undefined): Promise<void> {
    const server = url.replace(/\/$/, "");
    const told: unknown = await callApi(`${server}/v1/campaigns/${formatId("cmp", campaign)}/draw`);
    const document = conforming<DrawDocument>(DrawAnswer, told);
    if (document === null || document.campaign_id !== formatId("cmp", campaign)) throw noDraw(server);
    if (keep !== undefined) begin(keep, document);
    for (const draw of document.offers) {
      const entries: DrawEntryTold[] = [];
      for (let after: number | null = draw.count === null ? null : 0; after !== null; ) {
        const address = `${server}/v1/offers/${draw.offer_id}/draw/entries?limit=${limits.ledgerPageSizeMax}&after=${after}`;
        const page = conforming<{ entries: DrawEntryTold[]; next_after: number | null }>(
          DrawEntriesAnswer,
          await callApi(address),
        );
        if (page === null) throw noDraw(address);
        if (keep !== undefined && page.entries.length > 0) appendFileSync(keep, textOf(page.entries));
        entries.push(...page.entries);
        after = page.next_after;
      }
      await this.#verifyDraw(server, document, draw, draw.count === null ? null : entries);
    }
  }

  async verifyFolder(folder: string, campaignId: number): Promise<void> {
    using db = openReader(folder);
    db.exec("BEGIN"); // one snapshot, whatever a running server adds
    const id = formatId("cmp", campaignId);
    const campaign = new SqliteReader(db).campaigns().find((record) => record.id === campaignId);
    if (campaign === undefined || campaign.admission.mode !== "draw" || campaign.commitment === null) {
      const subject = `${folder} has no draw of ${id}`;
      throw new OperationError({
        operation: "verify-draw",
        subject,
        hint: "Name a campaign that is drawn, once published.",
      });
    }
    const chains = readBeacons(folder);
    const terms = termsToldOf(campaign, (hash) => chains.find((chain) => chain.hash === hash) ?? null);
    const reader = new SqliteDrawReader(db);
    const draws = reader.drawsOf(campaignId);
    const identities = new Identities();
    const offers = new SqliteReader(db).offers().filter((offer) => offer.campaignId === campaignId);
    for (const { id: offerId } of offers) {
      const draw = offerDrawOf(offerId, campaign.state, draws.find((closed) => closed.offerId === offerId) ?? null);
      const own = [...ownEntriesOf(reader, offerId)];
      const entries = draw.count === null ? null : toldOf(offerId, draw, own);
      const checks = [
        identities.check(own),
        ...(draw.count === null ? [] : [ledgerCheck(db, campaignId, terms, draw)]),
      ];
      await this.#verifyDraw(folder, terms, draw, entries, checks);
    }
  }

  /** Prints how it ended; answers whether everything holds. */
  finish(): boolean {
    const isGood = this.#failureCount === 0;
    const bad = `${countOf(this.#failureCount, "place")} where it does not hold.`;
    print(isGood ? `\n${colors.green("Everything holds.")}` : `\n${colors.red(bad)}`);
    return isGood;
  }

  async #verifyProof(file: string, proof: DrawProof): Promise<void> {
    const { draw, entry_id: id, rank, state } = proof;
    const where = rank === null ? "" : `, rank ${countText(rank)} of ${countText(draw.count ?? 0)}`;
    print(`\n${file}: entry ${id} in the draw of offer ${draw.offer_id}${where} (${state})`);
    const results = [
      result("entry", "entry", "it is the hash of who entered it", problemOfLeaf(proof)),
      ...(await this.#resultsOfTerms(file, proof, draw)),
    ];
    if (draw.root !== null) {
      results.push(result("inclusion", "entry", "it is among those that were drawn", problemOfInclusion(proof)));
    }
    if (draw.seed !== null || rank !== null) {
      results.push(result("rank", "rank", "it follows from the seed", problemOfRank(proof)));
    }
    const between = new Check("same entry", "file", "what was told of this entry before is the same");
    for (const other of this.#proofs.filter((one) => one.proof.draw.offer_id === draw.offer_id)) {
      this.#hold(between, other.from, problemBetweenEntries(proof, other.proof));
    }
    for (const { from, offer, entries } of this.#entries) {
      if (offer === draw.offer_id) this.#hold(between, from, problemOfEntryIn(proof, entries));
    }
    if (between.count > 0) results.push(between);
    this.#proofs.push({ from: file, proof });
    this.#print(results);
    this.#note(proof, draw);
  }

  async #verifyDraw(
    from: string,
    terms: DrawTermsTold,
    draw: OfferDraw,
    entries: readonly DrawEntryTold[] | null,
    more: readonly CheckResult[] = [],
  ): Promise<void> {
    print(`\n${from}: the draw of offer ${draw.offer_id} (${draw.state.replaceAll("_", " ")})`);
    const results = await this.#resultsOfTerms(from, terms, draw);
    if (entries !== null) {
      const check = new EntriesCheck(draw);
      for (const entry of entries) check.take(entry);
      const offered = entries.filter(({ state }) => state === "offered").length;
      const { count } = check;
      results.push(
        result("entries", "entry", "they give the root that was fixed at the closing", check.problemOfRoot(), count),
        result("ranks", "rank", "they follow from the seed", check.problemOfRanks(), draw.seed === null ? 0 : count),
        result("orders", "order", "they went down the list", check.problemOfOrders(), offered),
      );
    }
    if (entries !== null && draw.root !== null) {
      const kept = new Check("kept proofs", "file", "their entries are among those that were drawn");
      for (const { from: file, proof } of this.#proofs.filter((one) => one.proof.draw.offer_id === draw.offer_id)) {
        this.#hold(kept, file, problemOfEntryIn(proof, entries));
      }
      if (kept.count > 0) results.push(kept);
      this.#entries.push({ from, offer: draw.offer_id, entries });
    }
    this.#print([...results, ...more]);
    this.#note(terms, draw);
  }

  async #resultsOfTerms(from: string, terms: DrawTermsTold, draw: OfferDraw): Promise<CheckResult[]> {
    const results: CheckResult[] = [];
    const earlier = this.#told.filter((other) => other.draw.offer_id === draw.offer_id);
    if (earlier.length > 0) {
      const between = new Check("agreement", "file", "what was told of this draw before is the same");
      for (const other of earlier) {
        this.#hold(between, other.from, problemBetween(other, { terms, draw }));
      }
      results.push(between);
    }
    this.#told.push({ from, terms, draw });
    const secrets = draw.secret === null ? 0 : 1;
    results.push(
      result("state", "draw", "it is what everything else says", problemOfState(terms, draw)),
      result("secret", "secret", "it is the one that was committed to", problemOfSecret(terms, draw), secrets),
    );
    if (terms.beacon !== null || draw.beacon !== null) {
      const problem = await problemOfBeaconTold(terms, draw, this.#chain ?? terms.beacon?.info ?? null);
      const rounds = draw.beacon === null ? 0 : 1;
      results.push(result("beacon", "round", "it was named before, and its chain signed it", problem, rounds));
    }
    if (draw.seed !== null)
      results.push(result("seed", "seed", "it follows from what was drawn by", problemOfSeed(draw)));
    return results;
  }

  #hold(check: Check, from: string, problem: string | null): void {
    check.count += 1;
    if (problem !== null) check.fail(`${from} tells otherwise: ${problem}`);
  }

  /** What holds, and proves less than it seems to. */
  #note(terms: DrawTermsTold, draw: OfferDraw): void {
    const chain = this.#chain ?? terms.beacon?.info ?? null;
    const note = (text: string) => print(`  ${colors.yellow("note  ")}  ${text}`);
    if (terms.beacon === null) {
      note("The secret decides alone: whoever knew it could have chosen what to enter. See docs/draw.md.");
      return;
    }
    const league =
      terms.beacon.chain === quicknetHash ? "drand's quicknet" : "no chain that is known here: is it public?";
    note(`The beacon is the chain ${terms.beacon.chain}, ${league}`);
    if (chain !== null && isBeaconLate(terms, draw, chain)) {
      const signedAt = new Date(timeOfRound(chain, terms.beacon.round)).toISOString();
      note(`The entries were closed at ${draw.closed_at}, when the beacon's round of ${signedAt} was known already.`);
    }
  }

  #print(results: readonly CheckResult[]): void {
    this.#failureCount += printResults(results);
  }
}

/** Nobody has two entries of one campaign, and each leaf is the hash of who entered. */
class Identities {
  /** By buyer: the entry that still counts. */
  readonly #entries = new Map<string, string>();

  /** The entries of one offer. */
  check(entries: readonly OwnDrawEntry[]): CheckResult {
    const check = new Check("buyers", "entry", "each is the hash of who entered it, and nobody has two");
    const inOffer = new Set<string>();
    for (const { entryId, buyerId, actor, salt, leaf, state } of entries) {
      if (buyerId === null || salt === null) continue; // erased
      check.count += 1;
      const id = formatId("wte", entryId);
      const mark = actor === null ? {} : ({ by_agent: true } as const);
      const problem = problemOfLeaf({ entry_id: id, buyer_id: buyerId, ...mark, salt, leaf });
      if (problem !== null) check.fail(problem);
      const other = this.#entries.get(buyerId);
      if (inOffer.has(buyerId)) check.fail(`entry ${id} is another one of its buyer in this draw`);
      else if (other !== undefined && state !== "left") check.fail(`entries ${other} and ${id} are of one buyer`);
      inOffer.add(buyerId);
      if (state !== "left") this.#entries.set(buyerId, id);
    }
    return check;
  }
}

/** The ledger's rows about the draw were hashed with what is told of it. That the ledger is whole, `verify` checks. */
function ledgerCheck(db: Database, campaignId: number, terms: DrawTermsTold, draw: OfferDraw): CheckResult {
  const check = new Check("ledger", "row", "it says the same; that it is whole, 'rushbox verify' checks");
  const rows = db
    .query(
      "SELECT seq, type, nullif(lower(hex(details)), '') AS details, offer_id AS offerId FROM events WHERE campaign_id = ? AND type IN ('campaign_published', 'draw_closed', 'draw_made') ORDER BY seq",
    )
    .all(campaignId) as { seq: number; type: string; details: string | null; offerId: number | null }[];
  const hold = (type: string, details: readonly unknown[]): void => {
    check.count += 1;
    const row = rows.find(
      (found) => found.type === type && (found.offerId === null || formatId("off", found.offerId) === draw.offer_id),
    );
    if (row === undefined) check.fail(`no row ${type} is in the ledger`);
    else if (row.details !== sha256(detailsText("", details)))
      check.fail(`row ${row.seq}, ${type}, was hashed with something else`);
  };
  const { commitment, closes_at: closesAt, beacon: named } = terms;
  const beacon = named === null ? null : { chain: named.chain, round: named.round };
  hold(
    "campaign_published",
    publishingDetails(closesAt === null ? null : Date.parse(closesAt), { commitment, beacon }),
  );
  hold("draw_closed", [draw.root, draw.count]);
  const { secret, beacon: value } = draw;
  if (secret !== null) hold("draw_made", [secret, ...(value === null ? [] : [value.round, value.signature])]);
  return check;
}

function* ownEntriesOf(reader: SqliteDrawReader, offerId: number): Generator<OwnDrawEntry> {
  for (let from = 0; ; ) {
    const page = reader.ownEntriesFrom(offerId, from, limits.ledgerPageSizeMax);
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    from = last.entryId + 1;
  }
}

/** The entries of a folder as the API tells them. */
function toldOf(offerId: number, draw: OfferDraw, entries: readonly OwnDrawEntry[]): DrawEntryTold[] {
  const seed = seedOf(draw);
  const ranks = new Map<number, number>();
  if (seed !== null) for (const [at, index] of rankingOf(seed, draw.count ?? 0).entries()) ranks.set(index, at + 1);
  return entries.map((entry, index) => entryToldOf(entry, { offerId, index, rank: ranks.get(index) ?? null }));
}

function result(name: string, noun: string, promise: string, problem: string | null, count = 1): CheckResult {
  const check = new Check(name, noun, promise);
  check.count = count;
  if (problem !== null) check.fail(problem);
  return check;
}

function assertUsage(files: readonly string[], { campaign, url, keep }: Options): void {
  const refuse = (subject: string, hint: string) => new OperationError({ operation: "configure", subject, hint });
  if (url !== undefined && campaign === undefined) throw refuse("--url alone", "Name the campaign with --campaign.");
  if (files.length === 0 && campaign === undefined) {
    throw refuse("nothing to check", "Name a file, or a campaign with --campaign.");
  }
  if (keep === undefined) return;
  if (url === undefined) throw refuse("--keep without --url", "It keeps what a server tells: name it with --url.");
  if (existsSync(keep)) throw refuse(`${keep} exists`, "Name a new file: nothing is written over.");
}

function campaignOf(text: string): number {
  const campaign = parseId("cmp", text);
  if (campaign === null) throw new InvalidArgumentError("Give the id of a campaign, as cmp_0000000001.");
  return campaign;
}

function chainIn(file: string): ChainInfo {
  const chain = readChain(parse(readText(file)));
  if (chain !== null) return chain;
  throw new OperationError({
    operation: "verify-draw",
    subject: `${file} tells of no chain that is understood here`,
    hint: "Give what <chain>/info answers, as JSON.",
  });
}

function readText(file: string): string {
  if (existsSync(file)) return readFileSync(file, "utf8");
  throw new OperationError({ operation: "verify-draw", subject: `${file} does not exist`, hint: "Name a file." });
}

/** The lines of JSON; none where some line is none. */
function linesOf(text: string): unknown[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const values = lines.map((line) => parse(line));
  return values.includes(undefined) ? [] : values;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The value when it has the shape, or `null`. */
function conforming<T>(schema: TSchema, value: unknown): T | null {
  return TypeCompiler.Compile(schema).Check(value) ? (value as T) : null;
}

function noDraw(where: string): OperationError {
  return new OperationError({
    operation: "verify-draw",
    subject: `${where} holds neither a proof nor a draw`,
    hint: "Give a proof as the API answers it, or a draw as --keep writes it.",
  });
}

function begin(file: string, document: DrawDocument): void {
  writeFileSync(file, `${JSON.stringify(document)}\n`, { flag: "wx" });
}

function textOf(entries: readonly DrawEntryTold[]): string {
  return entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");
}
