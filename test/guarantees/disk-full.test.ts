/**
 * Proves what happens on a full disk, on a tmpfs of a few megabytes: under load it fills up, nothing is acknowledged that
 * is not stored, those who wait are told `outcome_unknown`, one clear line says what to do, the process ends with 1; a
 * start on the full disk fails as clearly; with room it goes on where it was. Without root the test runs itself again
 * in a namespace where it is root.
 * Does not prove anything about quotas, thin volumes or network disks.
 */
import { expect, test } from "bun:test";
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { Random } from "../engine/random.ts";
import { createCampaign, spawnServer, startServer } from "../harness.ts";
import { linesForPeople, portOf } from "./ending.ts";
import { canMount, mountSmallDisk } from "./faults.ts";
import { Load, makeBuyers, settleUnknown, Witness } from "./load.ts";
import { wrongIn } from "./soundness.ts";

test.skipIf(!canMount)(
  "on a full disk nothing false is acknowledged, the end is clear, and with room the sale goes on",
  async () => {
    if (process.getuid?.() !== 0) {
      const again = Bun.spawn(["unshare", "-rm", process.execPath, "test", import.meta.path], { stderr: "inherit" });
      expect(await again.exited).toBe(0);
      return;
    }
    using disk = mountSmallDisk(3_072);
    const data = join(disk.path, "data");
    const server = spawnServer({ data, compiled: true });
    const port = await server.ready;
    const { offers } = await createCampaign(
      { url: `http://127.0.0.1:${port}` },
      { stock: 100_000, limitPerBuyer: 1_000 },
    );
    const witness = new Witness();
    const buyers = await makeBuyers(64);
    const random = new Random(1);
    const offerIds = offers.map(({ id }) => id);
    const load = new Load({ port, offers: offerIds, buyers, random, witness, lines: 32 });
    expect(await server.process.exited).toBe(1);
    await load.done;
    expect(linesForPeople(server.log())).toEqual([
      expect.stringMatching(/^rushbox: store: .*full.*Make room on the disk, then start again: it recovers\.$/),
    ]);
    expect(witness.attempts.filter(({ code }) => code === "outcome_unknown").length).toBeGreaterThan(0);
    expect(witness.count("reserved")).toBeGreaterThan(100);
    const { found, ledger } = wrongIn(data, witness);
    expect(found).toEqual([]);

    // Still full: it may start or not, but it must say so, and lose nothing.
    const still = spawnServer({ data, compiled: true });
    const stillPort = await portOf(still);
    if (stillPort === null) {
      expect(still.process.exitCode).toBe(1);
      expect(linesForPeople(still.log())).toEqual([expect.stringMatching(/^rushbox: .*full.*\.$/)]);
    } else {
      still.process.kill("SIGKILL");
      await still.process.exited;
    }
    expect(wrongIn(data, witness).found).toEqual([]);

    disk.resize(65_536);
    await using again = await startServer({ data, compiled: true });
    expect(await settleUnknown(again.port, buyers, witness, ledger)).toEqual([]);
    const more = new Load({ port: again.port, offers: offerIds, buyers, random, witness, lines: 8 });
    const before = witness.count("reserved");
    while (witness.count("reserved") < before + 20) await Bun.sleep(5);
    await more.stop();
    expect(await again.stop()).toBe(0);
    expect(wrongIn(data, witness).found).toEqual([]);
  },
  30_000,
);

test.skipIf(!canMount)(
  "a start on a disk without any room says so in one clear line",
  async () => {
    if (process.getuid?.() !== 0) return; // done by the first test's second run
    using disk = mountSmallDisk(512);
    const data = join(disk.path, "data");
    mkdirSync(data);
    // All the room there is.
    for (let number = 0; number < 1_000; number++) {
      try {
        copyFileSync(import.meta.path, join(disk.path, `filler-${number}`));
      } catch {
        break;
      }
    }
    const server = spawnServer({ data, compiled: true });
    expect(await server.process.exited).toBe(1);
    expect(linesForPeople(server.log())).toEqual([expect.stringMatching(/^rushbox: .*\.$/)]);
    disk.resize(16_384);
    await using again = await startServer({ data, compiled: true });
    expect((await createCampaign(again)).state).toBe("open");
  },
  30_000,
);
