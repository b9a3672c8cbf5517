/**
 * The sandbox of a rehearsal: this program once more, as a process of its own on a free local port, with a fresh folder,
 * keys of its own and payments that it plays itself. It knows nothing of the real server: no setting of this process
 * reaches it. Its standard input is a pipe from here, so it ends when this process does, however that ends.
 *
 * The folder bears this process's number. One that was left behind, since nobody can remove anything after `kill -9`, is
 * removed by the next rehearsal of the same user.
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environmentWithoutSettings, flagsOf, type Settings, settings } from "../config.ts";
import { OperationError } from "../host/operation-error.ts";
import { ownCommand } from "../host/program.ts";
import { newSecret } from "../host/random.ts";
import { ensureChallengeKey } from "../secrets.ts";

const folderPrefix = "rushbox-rehearsal-";
/** As the server has for itself to stop, and one second. */
const stopMsMax = 10_000;
const readyMsMax = 60_000;
const localAddress = "127.0.0.1";

type Child = Bun.Subprocess<"pipe", "ignore", "pipe">;

export class Sandbox {
  readonly url: string;
  readonly folder: string;
  readonly operatorKey: string;
  readonly jwtSecret: string;
  readonly #child: Child;

  private constructor(parts: Pick<Sandbox, "url" | "folder" | "operatorKey" | "jwtSecret"> & { child: Child }) {
    this.url = parts.url;
    this.folder = parts.folder;
    this.operatorKey = parts.operatorKey;
    this.jwtSecret = parts.jwtSecret;
    this.#child = parts.child;
  }

  /** Starts it; nothing is left behind when that fails, or `interrupted` says that it is not wanted any more. */
  static async start(given: Settings, interrupted: AbortSignal): Promise<Sandbox> {
    removeLeftFolders();
    const folder = mkdtempSync(join(tmpdir(), `${folderPrefix}${process.pid}-`));
    const [operatorKey, jwtSecret] = [newSecret(), newSecret()];
    const child = spawn({ ...given, operatorKey, jwtSecret, data: folder });
    const kill = () => child.kill("SIGKILL");
    interrupted.addEventListener("abort", kill);
    try {
      const port = await portOf(child);
      return new Sandbox({ url: `http://${localAddress}:${port}`, folder, operatorKey, jwtSecret, child });
    } catch (cause) {
      kill();
      await child.exited;
      rmSync(folder, { recursive: true, force: true });
      interrupted.throwIfAborted(); // then that is the reason
      throw cause;
    } finally {
      interrupted.removeEventListener("abort", kill);
    }
  }

  /** What its challenges are signed with: a solution that is known from the beginning can be made with it. */
  get challengeKey(): string {
    return ensureChallengeKey({ data: this.folder });
  }

  /** Resolves when it has ended, which before `stop` it should not. */
  get ended(): Promise<number> {
    return this.#child.exited;
  }

  /** Lets it end as it does when told to: its folder is whole then, for verification. */
  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    const code = await Promise.race([this.#child.exited, Bun.sleep(stopMsMax)]);
    if (code === 0) return;
    throw new OperationError({
      operation: "rehearse",
      subject: code === undefined ? "the copy did not stop" : `the copy ended with ${code}`,
      hint: "Try again when the machine has less to do.",
    });
  }

  /** Ends it at once if it has not ended, and removes its folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function spawn({ operatorKey, jwtSecret, ...others }: Settings): Child {
  const told: Settings = {
    ...others,
    host: localAddress,
    port: "0",
    payments: "sandbox",
    trustedProxies: localAddress,
    ledgerHeadEveryS: "0",
  };
  return Bun.spawn([...ownCommand(), "serve", "--until-input-ends", ...flagsOf(told)], {
    // Keys go by the environment: arguments can be read by everybody on the machine.
    env: {
      ...environmentWithoutSettings(),
      [settings.operatorKey.env]: operatorKey ?? "",
      [settings.jwtSecret.env]: jwtSecret ?? "",
    },
    stdin: "pipe",
    stdout: "ignore",
    stderr: "pipe",
  });
}

/** Waits for the line with which it says that it is ready, and reads on, so that the pipe never fills. */
async function portOf(child: Child): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const fail = (subject: string) =>
    reject(new OperationError({ operation: "rehearse", subject, hint: "Try again when the machine has less to do." }));
  const timer = setTimeout(() => fail(`the copy did not start within ${readyMsMax / 1_000} s`), readyMsMax);
  const reading = (async () => {
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of child.stderr) {
      const known = /"message":"ready".*"port":(\d+)/.exec(text);
      if (known !== null) continue;
      text += decoder.decode(chunk, { stream: true });
      const port = /"message":"ready".*"port":(\d+)/.exec(text)?.[1];
      if (port !== undefined) resolve(Number(port));
    }
    fail(`the copy did not start: ${text.trim().split("\n").at(-1) ?? ""}`);
  })();
  reading.catch(reject);
  return promise.finally(() => clearTimeout(timer));
}

/** Folders of rehearsals whose process is no more. */
function removeLeftFolders(): void {
  for (const name of readdirSync(tmpdir())) {
    const owner = new RegExp(`^${folderPrefix}(\\d+)-`).exec(name)?.[1];
    if (owner === undefined || isRunning(Number(owner))) continue;
    try {
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    } catch {
      // Another user's: theirs to remove.
    }
  }
}

function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (cause) {
    return cause instanceof Error && "code" in cause && cause.code === "EPERM";
  }
}
