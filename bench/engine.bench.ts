/**
 * How fast the engine alone decides: no disk, no threads, no HTTP. Each sample is a whole sale from an empty engine, so
 * that the growth of its tables is paid for, and events are taken away in batches as the loop does.
 */
import { Bench as TinyBench } from "tinybench";
import type { Command } from "../src/domain/command.ts";
import type { Outcome } from "../src/domain/outcome.ts";
import { Engine } from "../src/engine/engine.ts";
import type { Clock } from "../src/host/clock.ts";
import { type Bench, type BenchContext, durability, type Figure, type Findings, takeTurns } from "./bench.ts";
import { openCampaignIn, reserveCommand } from "./sale.ts";

const sizes = {
  quick: { decisions: 10_000, decisionsLarge: 20_000, timeMs: 50 },
  full: { decisions: 100_000, decisionsLarge: 1_000_000, timeMs: 500 },
};
const batchCommands = 512;
const offerId = 2; // the first offer of the first campaign

export const engineBench: Bench = {
  name: "engine",
  question: "How many decisions a second does the engine make alone?",
  run: runEngineBench,
};

interface Scenario {
  readonly what: string;
  readonly decisions: number;
  readonly isKeyed: boolean;
  readonly code: Outcome["code"];
  /** Whether everybody has bought before the time counts. */
  readonly isAfterSale: boolean;
}

async function runEngineBench({ clock, rounds, size }: BenchContext): Promise<Findings> {
  const { decisions, decisionsLarge, timeMs } = sizes[size];
  const reserve = { decisions, isKeyed: false, code: "reserved", isAfterSale: false } as const;
  const scenarios: readonly Scenario[] = [
    { ...reserve, what: "reserve" },
    { ...reserve, what: "reserve with a key", isKeyed: true },
    { ...reserve, what: "refuse: limit reached", code: "limit_reached", isAfterSale: true },
    { ...reserve, what: "replay: same key", isKeyed: true, code: "replayed", isAfterSale: true },
    { ...reserve, what: "reserve with a key, large", isKeyed: true, decisions: decisionsLarge },
  ];
  const results = new Map<string, string>();
  // No warm-up: a sample is a whole sale, and the median of several leaves the slow first one out.
  const measure = (scenario: Scenario) => async (): Promise<number> => {
    await Bun.sleep(0); // what runs here blocks: an interrupt is heard in between
    const bench = new TinyBench({ time: timeMs, iterations: 1, warmup: false, throws: true });
    addScenario(bench, scenario, clock, results);
    const [task] = bench.runSync();
    if (task?.result.state !== "completed") throw new Error(`${scenario.what}: ${task?.result.state}`);
    return (scenario.decisions * 1_000) / task.result.latency.p50;
  };
  const turns = new Map(scenarios.map((scenario) => [scenario.what, measure(scenario)]));
  return findingsOf(scenarios, await takeTurns(rounds, turns), results);
}

function addScenario(bench: TinyBench, scenario: Scenario, clock: Clock, results: Map<string, string>): void {
  const { what, code, isAfterSale } = scenario;
  const nowMs = clock.nowMs();
  let engine = new Engine();
  const sale = (expected: Outcome["code"]): number => runSale(engine, scenario, { expected, clock, nowMs });
  bench.add(what, () => ({ overriddenDuration: sale(code) }), {
    beforeEach() {
      engine = new Engine();
      openCampaignIn(engine, { nowMs, limitPerBuyer: 1, offersCount: 1 });
      if (isAfterSale) sale("reserved");
    },
    afterEach() {
      results.set(what, `${what}: seq ${engine.state.lastSeq}, held ${engine.state.offer(offerId).held}`);
    },
  });
}

/**
 * Decides everybody's attempt and answers the milliseconds that the decisions took. The commands of each batch are made
 * outside of that time, and just before it: a million of them kept in memory would be the collector's work, not the engine's.
 */
function runSale(
  engine: Engine,
  { what, decisions, isKeyed }: Scenario,
  { expected, clock, nowMs }: { expected: Outcome["code"]; clock: Clock; nowMs: number },
): number {
  let elapsedMs = 0;
  let unexpectedCount = 0;
  for (let first = 0; first < decisions; first += batchCommands) {
    const commands: Command[] = [];
    for (let n = first; n < Math.min(first + batchCommands, decisions); n++) {
      commands.push(reserveCommand(offerId, n, isKeyed ? n : null));
    }
    // As the loop reads them: a text that was put together, not read, would be joined at the first look at it.
    const asRead = JSON.parse(JSON.stringify(commands)) as Command[];
    const startedAtMs = clock.elapsedMs();
    for (const command of asRead) {
      if (engine.execute(command, nowMs).code !== expected) unexpectedCount += 1;
    }
    engine.takeEvents();
    engine.state.takeChanges();
    elapsedMs += clock.elapsedMs() - startedAtMs;
  }
  if (unexpectedCount > 0) throw new Error(`${what}: ${unexpectedCount} outcomes were not ${expected}`);
  return elapsedMs;
}

function findingsOf(
  scenarios: readonly Scenario[],
  measured: ReadonlyMap<string, readonly number[]>,
  results: ReadonlyMap<string, string>,
): Findings {
  const figures: Figure[] = scenarios.map(({ what, decisions }) => ({
    what: `${what} (${decisions.toLocaleString("en-US")})`,
    unit: "/s",
    values: measured.get(what) ?? [],
    durability: durability.none,
  }));
  const verdicts = ["reserve", "reserve with a key"].map((what) => ({
    question: `engine alone: ${what}`,
    unit: "/s",
    values: measured.get(what) ?? [],
    target: { atLeast: 1_000_000 },
  }));
  return { figures, verdicts, notes: [`results: ${[...results.values()].join("; ")}`] };
}
