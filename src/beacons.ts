/**
 * The public beacons that this folder draws by: the configured chain, asked once for what it is, and all chains before
 * it, kept in the folder, since the draws that they decided stay to be checked. A chain that is kept is not asked again:
 * its hash covers all that it says of itself, so no start depends on it.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "./config.ts";
import { fetchChain } from "./draw/beacon.ts";
import { type ChainInfo, hashOfChain, readChain } from "./draw/chain.ts";
import { OperationError } from "./host/operation-error.ts";
import type { Beacons } from "./http/parts.ts";
import { syncFile } from "./storage/sqlite/open.ts";

/** Throws `OperationError` when the configured chain was never asked and cannot be now. */
export async function openBeacons(config: Pick<Config, "data" | "beaconUrl" | "beaconKey">): Promise<Beacons> {
  const known = readBeacons(config.data);
  if (config.beaconUrl === null || config.beaconKey === null) return { current: null, known };
  const current = await chainOf(config.beaconUrl, config.beaconKey, known);
  if (known.some(({ hash }) => hash === current.hash)) return { current, known };
  const all = [...known, current];
  const path = pathIn(config.data);
  writeFileSync(`${path}.new`, `${JSON.stringify(all, null, 2)}\n`, { mode: 0o600 });
  syncFile(`${path}.new`);
  renameSync(`${path}.new`, path); // whole, or as it was
  syncFile(config.data);
  return { current, known: all };
}

/** The chains that a folder has ever drawn by. */
export function readBeacons(folder: string): ChainInfo[] {
  const path = pathIn(folder);
  if (!existsSync(path)) return [];
  const chains = chainsIn(readFileSync(path, "utf8"));
  if (chains.every((chain) => chain !== null)) return chains;
  throw new OperationError({
    operation: "read",
    subject: `${path} is damaged`,
    hint: "Put a copy of it back, or remove it: the configured beacon is asked anew; chains before it are lost then.",
  });
}

async function chainOf(url: string, publicKey: string, known: readonly ChainInfo[]): Promise<ChainInfo> {
  const kept = known.find(({ hash, public_key: key }) => url.endsWith(`/${hash}`) && key === publicKey);
  if (kept !== undefined) return kept;
  try {
    return await fetchChain(url, publicKey);
  } catch (cause) {
    if (cause instanceof OperationError) throw cause;
    throw new OperationError({
      operation: "ask the beacon",
      subject: `${url} cannot be had`,
      hint: "Start when it answers, or without RUSHBOX_BEACON_URL and RUSHBOX_BEACON_KEY.",
      cause,
    });
  }
}

function chainsIn(text: string): (ChainInfo | null)[] {
  try {
    const told: unknown = JSON.parse(text);
    const chains = Array.isArray(told) ? told.map((chain) => readChain(chain)) : [null];
    return chains.map((chain) => (chain !== null && hashOfChain(chain) === chain.hash ? chain : null));
  } catch {
    return [null];
  }
}

function pathIn(folder: string): string {
  return join(folder, "beacons.json");
}
