/**
 * Our own server as a buyer meets it: the compiled binary when it is built, else the sources; started in a folder of
 * its own with the full path on, authentication and limits included. One HTTP thread, like every rival: on two cores
 * that is the default, on more it keeps the comparison one of like with like.
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { newSecret } from "../src/host/random.ts";
import type { BenchContext, Rushbox } from "./bench.ts";
import { MissingError, type Program, startProgram } from "./programs.ts";

export const secret = newSecret();
const operatorKey = newSecret();

const root = join(import.meta.dir, "..");
const binary = join(root, "dist", "rushbox");
const entry = join(root, "src", "main.ts");

export interface SaleIds {
  readonly campaignId: string;
  readonly offerIds: readonly string[];
}

export interface OfferSettings {
  readonly sku: string;
  readonly stock: number;
  readonly limitPerBuyer: number;
}

/** The command of the server, and how to name it: with a warning when the binary is older than the sources. */
export function findRushbox(path: string | undefined): Rushbox {
  if (path !== undefined) return { command: [path], description: `Rushbox is ${path}` };
  if (!existsSync(binary)) {
    const command = existsSync(entry) ? [process.execPath, entry] : null;
    return {
      command,
      description: "Rushbox runs from src/, slower to start: there is no dist/rushbox (npm run build)",
    };
  }
  const builtAtMs = statSync(binary).mtimeMs;
  const newer = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).some(
    (file) => file.endsWith(".ts") && statSync(join(root, "src", file)).mtimeMs > builtAtMs,
  );
  const description = newer ? "Rushbox is dist/rushbox, OLDER than src/ (npm run build)" : "Rushbox is dist/rushbox";
  return { command: [binary], description };
}

/** Throws `MissingError` when there is nothing to start. */
export async function startRushbox(
  { rushbox: { command }, clock }: Pick<BenchContext, "rushbox" | "clock">,
  folder: string,
): Promise<Program<{ readonly port: number }>> {
  if (command === null) throw new MissingError("neither dist/rushbox nor src/main.ts is there");
  return startProgram({
    command: [...command, "serve", "--port", "0", "--data", folder],
    environment: {
      RUSHBOX_OPERATOR_KEY: operatorKey,
      RUSHBOX_JWT_SECRET: secret,
      RUSHBOX_HTTP_THREADS: "1",
    },
    readiness: portOfReadyLine,
    clock,
  });
}

/** Creates and opens a campaign over HTTP. Buyers are limited, as they always are, so that nobody meets the limit. */
export async function openCampaign(port: number, offers: readonly OfferSettings[]): Promise<SaleIds> {
  await limitBuyers(port, { quota: 1_000_000, window_s: 1 });
  const campaign = (await operate(port, "/v1/campaigns", {
    title: "Bench",
    payment_window_s: 604_800, // nothing expires while it is measured
    offers: offers.map(({ sku, stock, limitPerBuyer }) => ({
      ...{ sku, title: sku, price_minor: 100, currency: "CNY" },
      ...{ stock, limit_per_buyer: limitPerBuyer },
    })),
  })) as { id: string; offers: readonly { id: string }[] };
  await operate(port, `/v1/campaigns/${campaign.id}/publish`);
  return { campaignId: campaign.id, offerIds: campaign.offers.map(({ id }) => id) };
}

/** Adds units to an offer. */
export async function restock(port: number, offerId: string, quantity: number): Promise<void> {
  await operate(port, `/v1/offers/${offerId}/restock`, { quantity });
}

/** How often each buyer may try; nothing with a program that is too old to know limits. */
export async function limitBuyers(port: number, buyer: { quota: number; window_s: number } | null): Promise<void> {
  const headers = { authorization: `Bearer ${operatorKey}` };
  const { status } = await fetch(`http://127.0.0.1:${port}/v1/controls`, { headers });
  if (status === 200) await operate(port, "/v1/controls", { rate_limits: { buyer } });
}

/** Units of an offer that are held or sold. */
export async function unitsTaken(port: number, { campaignId }: SaleIds, offerId: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/campaigns/${campaignId}`);
  const campaign = (await response.json()) as { offers: readonly { id: string; held: number; sold: number }[] };
  const offer = campaign.offers.find(({ id }) => id === offerId);
  return offer === undefined ? Number.NaN : offer.held + offer.sold;
}

async function operate(port: number, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${operatorKey}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

function portOfReadyLine(line: string): { port: number } | null {
  if (!line.startsWith("{")) return null;
  const said = JSON.parse(line) as { message?: string; port?: number };
  return said.message === "ready" && said.port !== undefined ? { port: said.port } : null;
}
