/**
 * Faults of the machine, made on purpose: system calls that fail, hang or kill (strace), and a disk that is full (a small
 * tmpfs). Where the machine cannot make them the test is skipped with a word on standard error, except in continuous
 * integration, where that is a failure. Proves nothing by itself.
 */
import { rmSync } from "node:fs";
import { newFolder } from "../harness.ts";

export interface Fault {
  /** System calls, as `fsync,fdatasync`. */
  readonly calls: string;
  /** What happens to them, as `error=EIO`, `delay_enter=2000000` (microseconds), `signal=KILL`. */
  readonly effect: string;
  /** Which of them, as `3`, `3+` or `3..5`; all when absent. The count is kept for each thread. */
  readonly when?: string;
  /** Only calls on this file. */
  readonly path?: string;
}

/** The command to put before a program. The program is the direct child, so that signals and exit codes are its own. */
export function injection(fault: Fault): string[] {
  const only = fault.path === undefined ? [] : ["-P", fault.path];
  return ["strace", "-D", "-f", "-qq", "-o", "/dev/null", ...only, "-e", `trace=${fault.calls}`, ...injected(fault)];
}

/** The same, or no fault at all, with every one of the `calls` written to a file: see `readRecord`. */
export function recording(file: string, calls: string, fault?: Fault): string[] {
  const faults = fault === undefined ? [] : injected(fault);
  return ["strace", "-D", "-f", "-q", "-y", "-s", "100", "-o", file, "-e", `trace=${calls}`, ...faults];
}

function injected({ calls, effect, when }: Fault): string[] {
  return ["-e", `inject=${calls}:${effect}${when === undefined ? "" : `:when=${when}`}`];
}

/** A system call at its begin or its end, in the order in which they happened over all threads. */
export interface Call {
  readonly moment: "begin" | "end";
  readonly name: string;
  /** The arguments as strace shows them, with the name of the file; at an end also the result. */
  readonly text: string;
}

/** What was recorded about a process that has ended. */
export async function readRecord(file: string, pid: number): Promise<Call[]> {
  let text = "";
  // The recorder writes the end of the process last, with spaces behind a short number.
  while (!new RegExp(`^${pid} +\\+\\+\\+ (exited|killed)`, "m").test(text)) {
    text = await Bun.file(file).text();
    await Bun.sleep(10);
  }
  const begun = new Map<string, string>();
  return text.split("\n").flatMap((line): Call[] => {
    const [, thread = "", rest = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const resumed = /^<\.\.\. (\w+) resumed>(.*)$/.exec(rest);
    if (resumed !== null) {
      const [, name = "", end = ""] = resumed;
      return [{ moment: "end", name, text: `${begun.get(thread) ?? ""}${end}` }];
    }
    const called = /^(\w+)\((.*)$/.exec(rest);
    if (called === null) return [];
    const [, name = "", args = ""] = called;
    if (!args.endsWith("<unfinished ...>"))
      return [
        { moment: "begin", name, text: args },
        { moment: "end", name, text: args },
      ];
    begun.set(thread, args.replace(" <unfinished ...>", ""));
    return [{ moment: "begin", name, text: args }];
  });
}

/** Whether faults can be injected here. Installs strace where that is allowed. */
export const canInject = has("strace") || install("strace") || refuseInContinuousIntegration("strace");

/** Whether a file system can be mounted here. */
export const canMount =
  process.getuid?.() === 0 ||
  (has("unshare") && Bun.spawnSync(["unshare", "-rm", "true"]).exitCode === 0) ||
  refuseInContinuousIntegration("root, or 'unshare -rm'");

/** A file system of this many KiB in memory, empty; unmounted at the end. */
export function mountSmallDisk(kib: number): Disposable & { readonly path: string; resize(kib: number): void } {
  const path = newFolder("rushbox-disk-");
  const mount = (...args: string[]) => run(["mount", ...args, path]);
  mount("-t", "tmpfs", "-o", `size=${kib}k`, "tmpfs");
  return {
    path,
    resize: (size) => mount("-o", `remount,size=${size}k`),
    [Symbol.dispose]() {
      run(["umount", "-l", path]);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

function run(command: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(command);
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${stderr.toString()}`);
}

function has(program: string): boolean {
  return Bun.which(program) !== null;
}

function install(debianPackage: string): boolean {
  if (process.getuid?.() !== 0 || !has("apt-get")) return false;
  const quiet = { stdout: "ignore", stderr: "ignore" } as const;
  Bun.spawnSync(["apt-get", "update", "-qq"], quiet);
  Bun.spawnSync(["apt-get", "install", "-y", "-qq", debianPackage], quiet);
  return has(debianPackage);
}

function refuseInContinuousIntegration(what: string): false {
  if (process.env["CI"] === "true") throw new Error(`continuous integration needs ${what} for these guarantees`);
  process.stderr.write(`skipped: no ${what} on this machine\n`);
  return false;
}
