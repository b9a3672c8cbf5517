/**
 * A browser solves a challenge with the worker that the binary serves, under the policy of its pages, asking nobody but
 * this server; with what it sends this server lets in, once.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { call, operatorKey, type Server, startServer, tokenOf } from "../harness.ts";
import { type Browser, findChromium, startChromium } from "./chromium.ts";

const chromium = await findChromium();
const timeout = 60_000; // a browser on a busy machine
const isSkipped = chromium === null && process.env["CI"] !== "true";

/** What a shop's page does: gets the challenge, has it solved in the background, makes the header of it. */
const solve = async (path: string, token: string): Promise<{ header: string; ms: number }> => {
  const answer = await fetch(path, { headers: { authorization: `Bearer ${token}` } });
  const { parameters, signature } = (await answer.json()) as { parameters: object; signature: string };
  const challenge = { parameters, signature };
  const startedMs = performance.now();
  const worker = new Worker("/challenge/worker.js");
  const solution = await new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage({ type: "work", challenge });
  });
  worker.terminate();
  return { header: btoa(JSON.stringify({ challenge, solution })), ms: performance.now() - startedMs };
};

describe.skipIf(isSkipped)(
  isSkipped ? "in a browser (skipped: install chromium, 'apt-get install -y chromium')" : "in a browser",
  () => {
    let server: Server;
    let browser: Browser;

    beforeAll(async () => {
      if (chromium === null) throw new Error("no Chromium: 'apt-get install -y chromium' (needed when CI=true)");
      browser = await startChromium(chromium);
      server = await startServer({ compiled: true });
    }, timeout);
    afterAll(async () => {
      await browser?.[Symbol.asyncDispose]();
      await server?.[Symbol.asyncDispose]();
    });

    test("the worker of the binary solves a challenge that the server made", { timeout }, async () => {
      const offers = [{ sku: "a", title: "A", price_minor: 1, currency: "CNY", stock: 5 }];
      const body = { title: "Sale", challenge: "proof_of_work", pass: true, offers };
      const made = await call(`${server.url}/v1/campaigns`, { method: "POST", as: operatorKey, body });
      const { id } = made.body;
      await call(`${server.url}/v1/campaigns/${id}/publish`, { method: "POST", as: operatorKey });
      const page = await browser.open(`${server.url}/verify`);
      const path = JSON.stringify(`/v1/campaigns/${id}/challenge`);
      const alice = await tokenOf("alice");
      const solved = await page.evaluate<{ header: string; ms: number }>(
        `(${solve})(${path}, ${JSON.stringify(alice)})`,
      );
      const getPass = () =>
        call(`${server.url}/v1/campaigns/${id}/pass`, {
          method: "POST",
          as: alice,
          headers: { "rushbox-challenge": solved.header },
        });
      expect((await getPass()).status).toBe(201);
      expect((await getPass()).body).toMatchObject({ code: "challenge_failed", reason: "replayed" });
      expect(page.complaints).toEqual([]);
      expect(page.requests.filter((url) => !url.startsWith(`${server.url}/`) && !url.startsWith("data:"))).toEqual([]);
    });
  },
);
