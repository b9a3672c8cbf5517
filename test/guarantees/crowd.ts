/**
 * One of several client processes of a rush: its share of the buyers, each of whom clicks three times at once (twice the
 * same click, once another one), pays, gives back, or lets the payment window pass, and comes back until all is sold.
 * Started by exactness.test.ts with its task as the argument; waits for a byte on standard input; writes what everybody
 * was told as one JSON object. Judges nothing.
 */
import { operatorKey } from "../harness.ts";
import { type Ending, Line } from "./line.ts";
import { type Buyer, makeBuyers } from "./load.ts";

export interface CrowdTask {
  readonly port: number;
  readonly campaign: string;
  readonly offer: string;
  readonly stock: number;
  readonly process: number;
  readonly buyers: number;
}

export interface CrowdReport {
  /** Every 201 and 200 of a click. */
  readonly orders: readonly {
    readonly buyer: string;
    readonly key: string;
    readonly id: string;
    readonly status: number;
  }[];
  /** When each `sold_out` was asked for and told. */
  readonly soldOut: readonly (readonly [sentMs: number, toldMs: number])[];
  readonly limitReached: number;
  /** Anything that is none of the above. */
  readonly unexpected: readonly string[];
}

const givesUpAfterMs = 40_000;
const atOnce = 8; // buyers who click at the same time, each on three connections of their own

export async function runCrowd(task: CrowdTask, go: Promise<unknown>): Promise<CrowdReport> {
  const buyers = await makeBuyers(task.buyers, `buyer-${task.process}`);
  const report: Mutable<CrowdReport> = { orders: [], soldOut: [], limitReached: 0, unexpected: [] };
  await go;
  let waiting = [...buyers];
  const startedMs = performance.now();
  for (let round = 0; !(await isAllSold(task)); round++) {
    if (performance.now() - startedMs > givesUpAfterMs) {
      report.unexpected.push("units are left, and nobody can have them");
      break;
    }
    const queue = waiting;
    waiting = [];
    const come = async () => {
      using three = new Three(task.port);
      for (let buyer = queue.pop(); buyer !== undefined; buyer = queue.pop()) {
        if (await visit(task, three, buyer, round, report)) waiting.push(buyer);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, come));
  }
  return report;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer Item)[] ? Item[] : T[K] };

class Three implements Disposable {
  readonly lines: readonly Line[];

  constructor(port: number) {
    this.lines = [new Line(port), new Line(port), new Line(port)];
  }

  [Symbol.dispose](): void {
    for (const line of this.lines) line[Symbol.dispose]();
  }
}

/** A buyer clicks and does with the order, if any, what their number says; `true` when they will come again. */
async function visit(
  { offer }: CrowdTask,
  { lines }: Three,
  buyer: Buyer,
  round: number,
  report: Mutable<CrowdReport>,
): Promise<boolean> {
  const keys = [`first-${round}`, `first-${round}`, `second-${round}`];
  const endings = await Promise.all(
    lines.map(async (line, index) => {
      const key = keys[index] ?? "";
      const sentMs = Date.now();
      const ending = await line.ask({ path: `/v1/offers/${offer}/orders`, as: buyer.token, key });
      note(report, { buyer: buyer.name, key, sentMs }, ending);
      return ending;
    }),
  );
  const bought = new Set(
    endings.flatMap((ending) => (typeof ending === "string" ? [] : (parse(ending.text).id ?? []))),
  );
  let comesAgain = bought.size === 0;
  for (const id of bought) {
    const [line] = lines as [Line];
    const fate = round > 0 ? "pays" : fates[fateOf(buyer.name) % fates.length];
    if (fate === "pays") await line.ask({ path: `/v1/orders/${id}/pay`, as: operatorKey });
    else if (fate === "gives back") await line.ask({ path: `/v1/orders/${id}/cancel`, as: buyer.token });
    comesAgain ||= fate === "gives back";
  }
  return comesAgain;
}

const fates = ["pays", "gives back", "pays", "lets it expire"] as const;

function fateOf(name: string): number {
  return Number(name.split("-").at(-1));
}

function note(
  report: Mutable<CrowdReport>,
  click: { readonly buyer: string; readonly key: string; readonly sentMs: number },
  ending: Ending,
): void {
  if (typeof ending === "string") {
    report.unexpected.push(ending);
    return;
  }
  const { id, code } = parse(ending.text);
  const { buyer, key, sentMs } = click;
  if (id !== undefined && (ending.status === 201 || ending.status === 200)) {
    report.orders.push({ buyer, key, id, status: ending.status });
  } else if (code === "sold_out") report.soldOut.push([sentMs, Date.now()]);
  else if (code === "limit_reached") report.limitReached += 1;
  else report.unexpected.push(`${ending.status} ${ending.text}`);
}

async function isAllSold({ port, campaign, stock }: CrowdTask): Promise<boolean> {
  using line = new Line(port);
  const ending = await line.ask({ method: "GET", path: `/v1/campaigns/${campaign}` });
  if (typeof ending === "string") throw new Error(`the campaign cannot be seen: ${ending}`);
  return (JSON.parse(ending.text) as { offers: [{ sold: number }] }).offers[0].sold === stock;
}

function parse(text: string): { readonly id?: string; readonly code?: string } {
  return JSON.parse(text) as { id?: string; code?: string };
}

if (import.meta.main) {
  const task = JSON.parse(process.argv[2] ?? "") as CrowdTask;
  const go = new Promise((resolve) => process.stdin.once("data", resolve));
  const report = await runCrowd(task, go);
  await Bun.write(Bun.stdout, JSON.stringify(report));
  process.exit(0);
}
