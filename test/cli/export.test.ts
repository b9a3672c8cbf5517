/** An export has every order as the API shows it, can be opened without harm, and never grows in memory. */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  buy,
  call,
  createCampaign,
  newFolder,
  operatorKey,
  programOf,
  type Server,
  startServer,
  tokenOf,
} from "../harness.ts";
import { plainEnv, runCommand } from "./command.ts";
import { makeLedger } from "./ledger.ts";

setDefaultTimeout(60_000);

/** Ids of buyers that a spreadsheet or a careless writer of CSV would fall for. */
const buyers = [
  '=HYPERLINK("http://evil")',
  "+1",
  "-2",
  "@SUM(A1)",
  "\t=1",
  'quote"d',
  "comma,",
  "two\nlines",
  "return\rhere",
  "秒杀 买家",
  " space ",
];

describe("the orders of a sale", () => {
  let server: Server;
  let shown: Record<string, unknown>[] = [];

  beforeAll(async () => {
    server = await startServer();
    const { offers } = await createCampaign(server, { stock: 20 });
    for (const buyer of buyers) await buy(server, offers[0]?.id ?? "", await tokenOf(buyer));
    const list = () => call<{ orders: Record<string, unknown>[] }>(`${server.url}/v1/orders`, { as: operatorKey });
    const [paid, cancelled] = (await list()).body.orders;
    const post = (path: string, body?: unknown) => call(server.url + path, { method: "POST", as: operatorKey, body });
    await post(`/v1/orders/${paid?.["id"]}/pay`, { reference: "=cmd|'/c calc'!A0" });
    await post(`/v1/orders/${cancelled?.["id"]}/cancel`);
    shown = (await list()).body.orders.toReversed();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test("as JSON lines are those of the API and the payment's reference, while the server runs", async () => {
    const { stdout, code } = await runCommand(["export", "--format", "jsonl", "--data", server.data]);
    const exported = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(exported.map(({ payment_reference: _, ...order }) => order)).toEqual(shown);
    expect(exported.map((order) => order["payment_reference"]).filter(Boolean)).toEqual(["=cmd|'/c calc'!A0"]);
    expect(code).toBe(0);
  });

  test("as CSV follow RFC 4180, and no field can be run as a formula", async () => {
    const { stdout } = await runCommand(["export", "--data", server.data]);
    const [head = [], ...rows] = parseCsv(stdout);
    expect(head).toEqual([...Object.keys(shown[0] ?? {}), "paid_at", "ended_at", "payment_reference"]);
    expect(rows.map((row) => row.length)).toEqual(rows.map(() => head.length));
    expect(rows.map((row) => row[head.indexOf("buyer_id")])).toEqual(
      buyers.map((id) => (/^[=+\-@\t\r]/.test(id) ? `'${id}` : id)),
    );
    expect(rows.flat().filter((field) => /^[=+\-@\t\r]/.test(field))).toEqual([]);
    expect(rows.at(-1)?.[head.indexOf("payment_reference")]).toBe("'=cmd|'/c calc'!A0");
    expect(rows.map((row) => row[head.indexOf("id")])).toEqual(shown.map((order) => String(order["id"])));
  });

  test("go to a file that is not there yet, and to no other", async () => {
    const out = join(newFolder(), "orders.csv");
    const first = await runCommand(["export", "--data", server.data, "--out", out]);
    const written = readFileSync(out, "utf8");
    const second = await runCommand(["export", "--data", server.data, "--out", out]);
    expect([first.code, first.stdout, second.code]).toEqual([0, "", 1]);
    expect(second.stderr).toContain("exists already");
    expect(parseCsv(written)).toHaveLength(buyers.length + 1);
    expect(readFileSync(out, "utf8")).toBe(written);
  });
});

describe("a large export", () => {
  const ordersCount = 200_000;
  let data = "";

  beforeAll(() => {
    data = newFolder();
    using db = new Database(makeLedger(data));
    db.exec(
      `WITH RECURSIVE n (i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < ${999 + ordersCount}) INSERT INTO orders SELECT i, campaign_id, offer_id, 'buyer-' || i, quantity, amount_minor, state, i, reserved_at_ms, expires_at_ms, paid_at_ms, ended_at_ms, NULL, NULL, salt, NULL, NULL FROM orders, n WHERE id = 7`,
    );
    db.exec(
      `INSERT INTO events SELECT ${1_000 + ordersCount}, at_ms, type, campaign_id, offer_id, order_id, previous_seq, available, held, sold, details, hash FROM events WHERE seq = 72`,
    );
  });

  test("ends quietly when its reader has had enough", async () => {
    const command = `${programOf().join(" ")} export --data ${data} | head -2; echo "exit \${PIPESTATUS[0]}"`;
    const child = Bun.spawn(["bash", "-c", command], { env: plainEnv, stdin: "ignore", stderr: "pipe" });
    const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
    expect(stdout).toMatch(/^id,offer_id,.*\r\nord_.*\r\nexit 0\n$/);
    expect(stderr).toBe("");
  });

  test("has every order in little memory, however slow its reader is", async () => {
    const child = Bun.spawn([...programOf(), "export", "--format", "jsonl", "--data", data], {
      env: plainEnv,
      stdin: "ignore",
      stdout: "pipe",
    });
    let lines = 0;
    let peakKb = 0;
    for await (const chunk of child.stdout) {
      lines += Buffer.from(chunk).toString("latin1").split("\n").length - 1;
      peakKb = peakOf(child.pid) ?? peakKb;
    }
    expect(await child.exited).toBe(0);
    expect(lines).toBe(ordersCount + 31);
    expect(peakKb).toBeGreaterThan(10_000);
    expect(peakKb).toBeLessThan(250_000);
  });
});

/** RFC 4180: fields by commas, records by CRLF, quotes doubled. Throws for a bare quote or line end. */
function parseCsv(text: string): string[][] {
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  const rows: string[][] = [];
  let row: string[] = [];
  while (field.lastIndex < text.length) {
    const match = field.exec(text);
    if (match === null) throw new Error("not RFC 4180");
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
    if (match[3] === "\r\n") {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}

/** The most memory that a running process has had, in kB. Not its `maxRSS`: that begins with its parent's. */
function peakOf(pid: number): number | null {
  const path = `/proc/${pid}/status`;
  try {
    return Number(/VmHWM:\s*(\d+)/.exec(readFileSync(path, "utf8"))?.[1] ?? Number.NaN) || null;
  } catch {
    return null; // it has ended
  }
}
