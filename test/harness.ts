/**
 * A running Rushbox for tests: a real process on 127.0.0.1 and a free port with a data folder of its own, and a small
 * client that speaks the wire contract. Ends only the processes that it started.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type JWTPayload, SignJWT } from "jose";

export const operatorKey = "operator-key-for-tests";
export const jwtSecret = "jwt-secret-for-tests-0123456789abcdef";
const repository = join(import.meta.dir, "..");
const binary = process.env["TEST_RUSHBOX_BINARY"] ?? join(repository, "dist/rushbox");

export interface ServerOptions {
  /** An existing data folder; else a new one, removed at the end. */
  readonly data?: string;
  /** Run the compiled binary from an empty folder, or the sources; when absent, see `programOf`. */
  readonly compiled?: boolean;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A command to put before the program, as `strace` or `prlimit` with their arguments. */
  readonly wrapper?: readonly string[];
}

export interface Server {
  readonly url: string;
  readonly port: number;
  readonly data: string;
  readonly process: Bun.Subprocess;
  /** Everything it wrote to standard error so far. */
  log(): string;
  /** Ends it with a signal and answers the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * The command that runs Rushbox: the binary, or the sources. Where a test does not say which, the whole suite runs the
 * binary, which it has just built and which starts in a third of the time; a file that is run alone the sources.
 */
export function programOf(compiled: boolean = process.env["TEST_BINARY"] === "true"): string[] {
  if (!compiled) return [process.execPath, join(repository, "src/main.ts")];
  if (!existsSync(binary)) throw new Error("dist/rushbox is missing: run 'npm run build' first");
  return [binary];
}

/** A folder that is removed when the tests end. */
export function newFolder(prefix = "rushbox-test-"): string {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  folders.push(folder);
  return folder;
}

const folders: string[] = [];
process.once("exit", () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Starts a server and waits until it is ready. Throws with its log when it does not become so. */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const data = options.data ?? newFolder();
  const started = spawnServer({ ...options, data });
  const port = await started.ready;
  const server: Server = {
    url: `http://127.0.0.1:${port}`,
    port,
    data,
    process: started.process,
    log: started.log,
    async stop(signal = "SIGTERM") {
      if (started.process.exitCode === null) started.process.kill(signal);
      return started.process.exited;
    },
    async [Symbol.asyncDispose]() {
      await server.stop("SIGKILL");
      if (options.data === undefined) rmSync(data, { recursive: true, force: true });
    },
  };
  return server;
}

/** Starts a server without waiting: for starts that fail, or are killed half-way. */
export function spawnServer(options: ServerOptions & { data: string }): {
  readonly process: Bun.Subprocess;
  readonly ready: Promise<number>;
  log(): string;
} {
  const command = [
    ...(options.wrapper ?? []),
    ...programOf(options.compiled),
    "serve",
    "--port",
    "0",
    "--data",
    options.data,
  ];
  const child = Bun.spawn([...command, ...(options.args ?? [])], {
    cwd: tmpdir(),
    env: {
      PATH: process.env["PATH"] ?? "",
      RUSHBOX_OPERATOR_KEY: operatorKey,
      RUSHBOX_JWT_SECRET: jwtSecret,
      RUSHBOX_LOAD_SHEDDING: "off", // nor is a busy machine what most of them are about
      RUSHBOX_RATE_LIMITS: "off", // a test's few buyers ask as fast as they can
      ...options.env,
    },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  let text = "";
  const ready = (async () => {
    const decoder = new TextDecoder();
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const reading = (async () => {
      for await (const chunk of child.stderr) {
        text += decoder.decode(chunk, { stream: true });
        const line = text.split("\n").find((candidate) => candidate.includes('"message":"ready"'));
        if (line !== undefined) resolve((JSON.parse(line) as { port: number }).port);
      }
      reject(new Error(`rushbox did not become ready:\n${text}`));
    })();
    reading.catch(reject);
    return promise;
  })();
  ready.catch(() => {}); // whoever does not wait for it does not want to hear of it
  return { process: child, ready, log: () => text };
}

/** A buyer's JWT. */
export function tokenOf(buyer: string, expires: string | number = "1h", secret = jwtSecret): Promise<string> {
  return sign({ sub: buyer }, expires, secret);
}

/** The JWT of an agent that acts in the buyer's name (RFC 8693). */
export function agentTokenOf(buyer: string): Promise<string> {
  return sign({ sub: buyer, act: { sub: "assistant" } }, "1h", jwtSecret);
}

function sign(claims: JWTPayload, expires: string | number, secret: string): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: "HS256" })
    .setIssuedAt()
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode(secret));
}

export interface Reply<T = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

/** One request; `as` is a buyer's token or the operator's key. */
export async function call<T = Record<string, unknown>>(
  url: string,
  init: { method?: string; as?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Reply<T>> {
  const headers: Record<string, string> = { ...init.headers };
  if (init.as !== undefined) headers["authorization"] = `Bearer ${init.as}`;
  if (init.body !== undefined) headers["content-type"] = "application/json";
  const response = await fetch(url, {
    method: init.method ?? "GET",
    headers,
    redirect: "manual",
    ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: (text === "" ? {} : JSON.parse(text)) as T };
}

export interface CampaignJson {
  readonly id: string;
  readonly state: string;
  readonly opens_at: string | null;
  readonly closes_at: string | null;
  readonly commitment?: string;
  readonly secret?: string | null;
  readonly drawn_count?: number | null;
  readonly offers: readonly OfferJson[];
}

export interface OfferJson {
  readonly id: string;
  readonly sku: string;
  readonly total: number;
  readonly available: number;
  readonly held: number;
  readonly sold: number;
  readonly waiting: number;
}

export interface OrderJson {
  readonly id: string;
  readonly offer_id: string;
  readonly buyer_id: string;
  readonly by_agent: boolean;
  readonly quantity: number;
  readonly state: string;
  readonly seq: number;
  readonly expires_at: string;
}

/** A campaign of one offer (or those given), published unless `publish` is false. */
export async function createCampaign(
  server: Pick<Server, "url">,
  what: {
    stock?: number;
    limitPerBuyer?: number;
    paymentWindowS?: number;
    opensAt?: string;
    closesAt?: string;
    offers?: readonly Record<string, unknown>[];
    publish?: boolean;
    waitlist?: boolean;
    admission?: "open" | "queue" | "draw";
    pass?: boolean;
    passWindowS?: number;
    challenge?: "proof_of_work" | "captcha";
    agents?: { policy: string; share_percent?: number };
  } = {},
): Promise<CampaignJson> {
  const offers = what.offers ?? [
    {
      sku: "sku-1",
      title: "Goods",
      price_minor: 100,
      currency: "CNY",
      stock: what.stock ?? 10,
      limit_per_buyer: what.limitPerBuyer ?? 1,
    },
  ];
  const body = {
    title: "Test sale",
    ...(what.paymentWindowS === undefined ? {} : { payment_window_s: what.paymentWindowS }),
    ...(what.opensAt === undefined ? {} : { opens_at: what.opensAt }),
    ...(what.closesAt === undefined ? {} : { closes_at: what.closesAt }),
    ...(what.waitlist === undefined ? {} : { waitlist: what.waitlist }),
    ...(what.admission === undefined ? {} : { admission: what.admission }),
    ...(what.pass === undefined ? {} : { pass: what.pass }),
    ...(what.passWindowS === undefined ? {} : { pass_window_s: what.passWindowS }),
    ...(what.challenge === undefined ? {} : { challenge: what.challenge }),
    ...(what.agents === undefined ? {} : { agents: what.agents }),
    offers,
  };
  const created = await call<CampaignJson>(`${server.url}/v1/campaigns`, { method: "POST", as: operatorKey, body });
  if (created.status !== 201) throw new Error(`no campaign: ${created.status} ${JSON.stringify(created.body)}`);
  if (what.publish === false) return created.body;
  const published = await call<CampaignJson>(`${server.url}/v1/campaigns/${created.body.id}/publish`, {
    method: "POST",
    as: operatorKey,
  });
  if (published.status !== 200) throw new Error(`not published: ${published.status} ${JSON.stringify(published.body)}`);
  return published.body;
}

/** One attempt to buy. */
export function buy(
  server: Pick<Server, "url">,
  offerId: string,
  as: string,
  how: { key?: string; quantity?: number; prefer?: string; pass?: string | null } = {},
): Promise<Reply<OrderJson & { code?: string; reason?: string; admission?: string }>> {
  return call(`${server.url}/v1/offers/${offerId}/orders`, {
    method: "POST",
    as,
    ...(how.quantity === undefined ? {} : { body: { quantity: how.quantity } }),
    headers: {
      ...(how.key === undefined ? {} : { "idempotency-key": how.key }),
      ...(how.prefer === undefined ? {} : { prefer: how.prefer }),
      ...(typeof how.pass === "string" ? { "rushbox-pass": how.pass } : {}),
    },
  });
}
