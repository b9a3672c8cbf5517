/**
 * Proves that the benchmarks still run and measure what they say: each does its whole work, small, and what came of it is
 * held against what must have. Says nothing about speed.
 */
import { expect, test } from "bun:test";
import { join } from "node:path";

const repository = join(import.meta.dir, "..");

test("the benchmarks that need no other program run, and did the work that they measure", async () => {
  const names = ["engine", "writer", "ledger", "start", "memory"];
  const bench = Bun.spawn([process.execPath, "bench/run.ts", ...names, "--quick"], {
    cwd: repository,
    env: { ...process.env, NO_COLOR: "1" },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [printed, errors] = await Promise.all([new Response(bench.stdout).text(), new Response(bench.stderr).text()]);
  expect(errors).toBe("");
  expect(await bench.exited).toBe(0);
  for (const name of names) expect(printed).toContain(`${name}: `);
  expect(printed).toContain("reserve: seq 10004, held 10000; reserve with a key: seq 10004, held 10000");
  expect(printed).toContain("buyers with 2 of 2 were refused limit_reached, a new buyer got exactly 2");
}, 60_000);

test("a benchmark that does not exist is refused with the names of those that do", async () => {
  const bench = Bun.spawn([process.execPath, "bench/run.ts", "speed"], {
    cwd: repository,
    env: { ...process.env, NO_COLOR: "1" },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [printed, errors] = await Promise.all([new Response(bench.stdout).text(), new Response(bench.stderr).text()]);
  expect(await bench.exited).toBe(2);
  expect(errors).toContain("There is no benchmark speed.");
  expect(printed).toContain("old-orders");
});
