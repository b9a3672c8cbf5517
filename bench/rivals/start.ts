/**
 * Starts a rival as a process of its own, in a folder of its own: its work is on no thread of the benchmark's, and what
 * it leaves on disk goes with the run's folder.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../src/host/clock.ts";
import { MissingError, type Program, startProgram } from "../programs.ts";
import type { ShopSettings } from "./shop.ts";

export type RivalName = "bare" | "redis" | "naive" | "postgres";

/** Throws `MissingError` when the rival says that something it needs is not installed. */
export function startRival(
  name: RivalName,
  settings: ShopSettings,
  clock: Clock,
): Promise<Program<{ readonly port: number }>> {
  const folder = join(settings.folder, name);
  mkdirSync(folder, { recursive: true });
  return startProgram({
    command: [process.execPath, join(import.meta.dir, `${name}.ts`), JSON.stringify({ ...settings, folder })],
    environment: { PATH: "/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin:/opt/homebrew/bin" },
    readiness: (line) => understand(name, line),
    clock,
  });
}

function understand(name: RivalName, line: string): { port: number } | null {
  if (!line.startsWith("{")) return null;
  const said = JSON.parse(line) as { port?: number; missing?: string };
  if (said.missing !== undefined) throw new MissingError(`${name}: ${said.missing}`);
  return said.port === undefined ? null : { port: said.port };
}
