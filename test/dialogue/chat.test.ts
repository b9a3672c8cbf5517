/**
 * Conversations on a running server: how many turns are understood, by who wrote them, and that what was asked for then
 * happened. All talk at once on one server with sales of every kind.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type Server, startServer, tokenOf } from "../harness.ts";
import { makeSales, Talker } from "./chat-sales.ts";
import type { Conversation } from "./conversation-format.ts";
import { conversations as own } from "./conversations.ts";
import { conversations as byOthers } from "./conversations-by-others.ts";

setDefaultTimeout(60_000); // a server is started and two hundred conversations are held: seconds on a busy machine

let server: Server;

beforeAll(async () => {
  server = await startServer({ env: { RUSHBOX_PAYMENTS: "sandbox" } });
  await makeSales(server);
});
afterAll(() => server[Symbol.asyncDispose]());

interface Held {
  readonly turns: number;
  readonly understood: number;
  readonly failures: readonly string[];
}

let held = 0;

async function hold({ name, language, turns }: Conversation): Promise<Held> {
  held += 1;
  const talker = new Talker(server, await tokenOf(`talker-${held}`));
  const failures: string[] = [];
  let understood = 0;
  for (const turn of turns) {
    const answer = await talker.say(turn.says);
    const expected = [turn.understood].flat();
    const { intent } = answer.understood ?? { intent: `nothing: ${JSON.stringify(answer)}` };
    if (expected.includes(intent as never)) understood += 1;
    else failures.push(`${language} "${name}": "${turn.says}" is ${expected.join(" or ")}, understood as ${intent}`);
    if (turn.outcome !== undefined && answer.outcome !== turn.outcome) {
      failures.push(`${language} "${name}": "${turn.says}" ends in ${turn.outcome}, not ${answer.outcome}`);
    }
    if (turn.reply !== undefined && !answer.reply.includes(turn.reply)) {
      failures.push(`${language} "${name}": "${turn.says}" is not answered with ${turn.reply}: ${answer.reply}`);
    }
  }
  return { turns: turns.length, understood, failures };
}

async function holdAll(conversations: readonly Conversation[]): Promise<{ rate: number; failures: readonly string[] }> {
  const all = await Promise.all(conversations.map(hold));
  const turns = all.reduce((sum, one) => sum + one.turns, 0);
  const understood = all.reduce((sum, one) => sum + one.understood, 0);
  return { rate: understood / turns, failures: all.flatMap(({ failures }) => failures) };
}

describe("conversations", () => {
  test("of whoever wrote the rules are all understood, and end as they should", async () => {
    expect(own.length).toBeGreaterThanOrEqual(130);
    const { failures } = await holdAll(own);
    expect(failures).toEqual([]);
  });

  test("of somebody who had not seen the rules are understood in nineteen turns of twenty", async () => {
    expect(byOthers.length).toBeGreaterThanOrEqual(80);
    const { rate, failures } = await holdAll(byOthers);
    if (failures.length > 0) process.stderr.write(`understood ${(rate * 100).toFixed(1)} %:\n${failures.join("\n")}\n`);
    expect(rate).toBeGreaterThanOrEqual(0.95);
  });
});
