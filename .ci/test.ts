/**
 * `npm test`: every check there is, in the order in which it fails fastest. Installs what the tests need beyond npm
 * from Debian's packages when it may; with CI=true what is missing then is a failure.
 */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { startClock } from "../src/host/clock.ts";
import { print, printError } from "../src/host/log.ts";

const root = `${import.meta.dir}/..`;
const clock = startClock();

/** The most that one test may take: it starts real processes, and kills them. (bunfig.toml's own setting has no effect.) */
const testMsMax = 120_000;
/** As many as there are cores: browsers compute all the time, and with more at once the tests that measure time would err. */
const filesAtOnce = Math.min(4, availableParallelism());

/** Programs that tests run, each by the names that it has; the first is its package, too. The smaller browser is the quicker. */
const programs = [["curl"], ["strace"], ["chromium-headless-shell", "chromium", "google-chrome"]] as const;

installPrograms();
step("types", [process.execPath, ".ci/types.ts"]);
step("lint and format", [process.execPath, "x", "biome", "check", "--error-on-warnings", "."]);
step("build", [process.execPath, ".ci/build.ts"]);
const output = step("tests", [
  "env",
  "TEST_BINARY=true", // what was just built is what is tested: test/harness.ts
  process.execPath,
  "test",
  `--timeout=${testMsMax}`,
  `--parallel=${filesAtOnce}`,
  ...process.argv.slice(2),
]);
const [passed, failed] = ["pass", "fail"].map(
  (word) => output.match(new RegExp(`^\\s*(\\d+) ${word}$`, "m"))?.[1] ?? "0",
);
print(`${passed} passed, ${failed} failed`);

/** Runs a command in view and answers what it wrote; ends the run when it fails. */
function step(name: string, command: string[]): string {
  const startedMs = clock.elapsedMs();
  print(`--- ${name}`);
  // Through tee: in view while it runs, and here when it has.
  const log = `${root}/dist/${name.replaceAll(" ", "-")}.log`;
  const shell = ["bash", "-c", `set -o pipefail; mkdir -p dist; "$@" 2>&1 | tee "${log}"`, name, ...command];
  const { exitCode } = Bun.spawnSync(shell, { cwd: root, stdin: "ignore", stdout: "inherit", stderr: "inherit" });
  const seconds = ((clock.elapsedMs() - startedMs) / 1_000).toFixed(1);
  if (exitCode !== 0) {
    printError(`--- ${name} failed after ${seconds} s`);
    process.exit(1);
  }
  print(`--- ${name}: ${seconds} s`);
  return existsSync(log) ? new TextDecoder().decode(Bun.spawnSync(["cat", log]).stdout) : "";
}

function installPrograms(): void {
  const missing = () => programs.filter((names) => names.every((name) => Bun.which(name) === null));
  const packages = missing().map(([name]) => name);
  if (packages.length === 0) return;
  print(`--- installing ${packages.join(", ")}`);
  if (process.getuid?.() === 0 && Bun.which("apt-get") !== null) {
    const shell = `apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ${packages.join(" ")}`;
    Bun.spawnSync(["sh", "-c", shell], { stdin: "ignore", stdout: "ignore", stderr: "inherit" });
  }
  const still = missing().map((names) => names.join(" or "));
  if (still.length === 0) return;
  printError(`missing: ${still.join(", ")}; install them, or their tests cannot run`);
  if (process.env["CI"] === "true") process.exit(1);
}
