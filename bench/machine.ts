/**
 * What the figures were measured on: printed with every table, since no figure means anything without it. The fsync
 * probe runs in the folder where the data will lie: on a tmpfs or on a disk that lies, durable is cheap.
 */
import { Database } from "bun:sqlite";
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, rmSync, statfsSync, writeSync } from "node:fs";
import { arch, availableParallelism, cpus, platform, release, totalmem } from "node:os";
import { join } from "node:path";
import type { Clock } from "../src/host/clock.ts";
import { medianOf, percentileOf } from "./bench.ts";

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly filesystem: string;
  readonly bun: string;
  readonly sqlite: string;
  /** Of 200 appended pages of 4 KiB, each synced. */
  readonly fsyncMsMedian: number;
  readonly fsyncMsP99: number;
}

const probeWritesCount = 200;
const probeBytes = 4_096; // a page of the database
/** The magic numbers of statfs(2) that are likely here. */
const filesystems: Readonly<Record<number, string>> = {
  61267: "ext4",
  1481003842: "xfs",
  2435016766: "btrfs",
  16914836: "tmpfs: not a disk",
  2035054128: "overlay",
};

export function isTmpfs(folder: string): boolean {
  return filesystemOf(folder).startsWith("tmpfs");
}

export function probeMachine(folder: string, clock: Clock): Machine {
  const db = new Database(":memory:");
  const { version } = db.query("SELECT sqlite_version() AS version").get() as { version: string };
  db.close();
  const syncs = probeFsync(folder, clock);
  return {
    processor: cpus()[0]?.model ?? "unknown processor",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    filesystem: filesystemOf(folder),
    bun: Bun.version,
    sqlite: version,
    fsyncMsMedian: medianOf(syncs),
    fsyncMsP99: percentileOf(syncs, 0.99),
  };
}

export function describeMachine(machine: Machine): string {
  const { processor, cores, memoryGiB, system, filesystem, bun, sqlite, fsyncMsMedian, fsyncMsP99 } = machine;
  const fsync = `fsync ${fsyncMsMedian.toFixed(2)} ms (p99 ${fsyncMsP99.toFixed(2)})`;
  return `${processor}, ${cores} cores, ${memoryGiB} GiB, ${system}, ${filesystem}, ${fsync}, Bun ${bun}, SQLite ${sqlite}`;
}

/**
 * Watches from now on how much of the machine others take: what all cores did, less what this process and the programs
 * that it started and stopped again did. The answer is a share of all cores, or `null` where the system does not tell.
 */
export function watchOthers(): () => number | null {
  const before = readTicks();
  return () => {
    const after = readTicks();
    if (before === null || after === null) return null;
    const others = after.busy - before.busy - (after.own - before.own);
    return Math.max(0, others) / Math.max(1, after.total - before.total);
  };
}

interface Ticks {
  /** Of this process and of its children that have ended. */
  readonly own: number;
  /** Of all cores: programs, and waiting for the host of a virtual machine; not interrupts, which our own packets cause. */
  readonly busy: number;
  readonly total: number;
}

function readTicks(): Ticks | null {
  if (!existsSync("/proc/self/stat")) return null;
  const numbers = (text: string): number[] => text.trim().split(/\s+/).map(Number);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  // The fields after the name in brackets; utime, stime, cutime and cstime are 14 to 17 of proc(5).
  const own = numbers(readFileSync("/proc/self/stat", "utf8").split(") ").at(-1) ?? "").slice(11, 15);
  const [all = ""] = readFileSync("/proc/stat", "utf8").split("\n", 1);
  const fields = numbers(all.slice("cpu".length)).slice(0, 8);
  const [user = 0, nice = 0, system = 0, , , , , steal = 0] = fields;
  return { own: sum(own), busy: user + nice + system + steal, total: sum(fields) };
}

function probeFsync(folder: string, clock: Clock): readonly number[] {
  const path = join(folder, "fsync-probe");
  const file = openSync(path, "w");
  const page = new Uint8Array(probeBytes).fill(7);
  const durations: number[] = [];
  for (let n = 0; n < probeWritesCount; n++) {
    const startedAtMs = clock.elapsedMs();
    writeSync(file, page);
    fsyncSync(file);
    durations.push(clock.elapsedMs() - startedAtMs);
  }
  closeSync(file);
  rmSync(path);
  return durations.sort((a, b) => a - b);
}

function filesystemOf(folder: string): string {
  const { type } = statfsSync(folder);
  return filesystems[type] ?? `filesystem 0x${type.toString(16)}`;
}
