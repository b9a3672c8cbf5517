/**
 * A drand chain, the public source of chance that a draw may be decided by: a group of organisations signs a message
 * every few seconds, which nobody can know or choose before, and which anybody can check with one public key. What a
 * chain is stands in its info, in drand's own words; the chain's hash covers all of it, so whoever knows the hash
 * needs to believe nobody about the rest.
 */
import { createHash } from "node:crypto";

/** As `<chain>/info` gives it. */
export interface ChainInfo {
  /** Hexadecimal digits, as the key and `groupHash`. */
  readonly hash: string;
  readonly public_key: string;
  /** Seconds between two rounds. */
  readonly period: number;
  /** Of round 1, in seconds since 1970. */
  readonly genesis_time: number;
  readonly groupHash: string;
  readonly schemeID: string;
  readonly metadata: { readonly beaconID: string };
}

/** The one that is understood here, that of drand's "quicknet": rounds stand alone, signatures are points on G1. */
export const chainScheme = "bls-unchained-g1-rfc9380";
const defaultBeaconId = "default";

/** The chain that drand's league of organisations runs for everybody: https://docs.drand.love/developer/http-api. */
export const quicknetHash = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971";

const digits = (count: number) => new RegExp(`^[0-9a-f]{${count}}$`);
const [hashForm, keyForm, groupHashForm] = [digits(64), digits(192), /^([0-9a-f]{2}){1,64}$/];
const secondsMax = 2 ** 32 - 1;
const idLengthMax = 100;

/** What a chain says of itself, or `null` when that is none of the kind that is understood here. */
export function readChain(told: unknown): ChainInfo | null {
  const { hash, public_key, period, genesis_time, groupHash, schemeID, metadata } = (told ?? {}) as Partial<ChainInfo>;
  const beaconID = metadata?.beaconID ?? defaultBeaconId;
  const isText = (text: unknown, form: RegExp): text is string => typeof text === "string" && form.test(text);
  const isTime = (seconds: unknown): seconds is number =>
    Number.isInteger(seconds) && (seconds as number) > 0 && (seconds as number) <= secondsMax;
  if (!isText(hash, hashForm) || !isText(public_key, keyForm) || !isText(groupHash, groupHashForm)) return null;
  if (!isTime(period) || !isTime(genesis_time) || schemeID !== chainScheme) return null;
  if (typeof beaconID !== "string" || beaconID.length > idLengthMax) return null;
  return { hash, public_key, period, genesis_time, groupHash, schemeID, metadata: { beaconID } };
}

/** What the hash of a chain with this info must be: drand's `chain.Info.Hash`. */
export function hashOfChain({ public_key: key, period, genesis_time, groupHash, metadata }: ChainInfo): string {
  const times = Buffer.alloc(12);
  times.writeUInt32BE(period, 0);
  times.writeBigInt64BE(BigInt(genesis_time), 4);
  const { beaconID } = metadata;
  return createHash("sha256")
    .update(times)
    .update(Buffer.from(key, "hex"))
    .update(Buffer.from(groupHash, "hex"))
    .update(beaconID === defaultBeaconId ? "" : beaconID)
    .digest("hex");
}

/** When a round is signed. */
export function timeOfRound({ genesis_time, period }: ChainInfo, round: number): number {
  return (genesis_time + (round - 1) * period) * 1_000;
}

/** The first round that is not signed before a time. */
export function roundFrom(chain: ChainInfo, atMs: number): number {
  const periods = Math.ceil((atMs / 1_000 - chain.genesis_time) / chain.period);
  return Math.max(0, periods) + 1;
}

/** Between the closing of entries and the round that decides: nobody can know it while anything can still be entered. */
const afterClosingMs = 30_000;

/** The round that decides in a draw which closes at a time. */
export function roundOfDraw(chain: ChainInfo, closesAtMs: number): number {
  return roundFrom(chain, closesAtMs + afterClosingMs);
}
