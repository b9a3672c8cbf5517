/**
 * A browser solves a challenge with the worker that the binary serves, under the policy of its pages, asking nobody but
 * this server; with what it sends this server lets in, once.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { call, operatorKey, type Server, startServer, tokenOf } from "../harness.ts";
import { browserMs, startBrowser, visit } from "./browser.ts";

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [browser, server] = await Promise.all([startBrowser(), startServer()]);
}, browserMs);
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

/** What a shop's page does: gets the challenge, has it solved in the background, makes the header of it. */
const solve = async ({ path, token }: { path: string; token: string }): Promise<{ header: string; ms: number }> => {
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

test("the worker that is served solves a challenge that the server made", async () => {
  const offers = [{ sku: "a", title: "A", price_minor: 1, currency: "CNY", stock: 5 }];
  const body = { title: "Sale", challenge: "proof_of_work", pass: true, offers };
  const made = await call(`${server.url}/v1/campaigns`, { method: "POST", as: operatorKey, body });
  const { id } = made.body;
  await call(`${server.url}/v1/campaigns/${id}/publish`, { method: "POST", as: operatorKey });
  await using visitor = await visit(browser, `${server.url}/verify`);
  const alice = await tokenOf("alice");
  const solved = await visitor.page.evaluate(solve, { path: `/v1/campaigns/${id}/challenge`, token: alice });
  const getPass = () =>
    call(`${server.url}/v1/campaigns/${id}/pass`, {
      method: "POST",
      as: alice,
      headers: { "rushbox-challenge": solved.header },
    });
  expect((await getPass()).status).toBe(201);
  expect((await getPass()).body).toMatchObject({ code: "challenge_failed", reason: "replayed" });
  expect(visitor.complaints).toEqual([]);
});
