/** An operator at a page of the console: signed in by a key, as anyone is. */
import type { Browser, BrowserContextOptions } from "playwright-core";
import { call, operatorKey, type Server } from "../harness.ts";
import { type Visitor, visit } from "./browser.ts";

/** Opens a page of the console and signs in; in English or, by the locale, in Chinese. */
export async function operate(
  browser: Browser,
  server: Pick<Server, "url">,
  path: string,
  { key = operatorKey, ...options }: BrowserContextOptions & { readonly key?: string } = {},
): Promise<Visitor> {
  const visitor = await visit(browser, server.url + path, options);
  const { page } = visitor;
  await page.locator("input[type=password]").fill(key);
  await page.locator("button[type=submit]").click();
  await page.locator("main#content h1").first().waitFor();
  return visitor;
}

/** No two operators of a server have one name. */
let namesGiven = 0;

/** The key of a new operator of that role. */
export async function keyOf(server: Pick<Server, "url">, role: "viewer" | "operator" | "admin"): Promise<string> {
  const made = await call<{ key: string }>(`${server.url}/v1/operators`, {
    method: "POST",
    as: operatorKey,
    body: { name: `${role} ${++namesGiven}`, role },
  });
  if (made.status !== 201) throw new Error(`no operator: ${made.status} ${JSON.stringify(made.body)}`);
  return made.body.key;
}
