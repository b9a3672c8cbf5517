/** An operator in a browser: signed in at an address of the console, as a role. */
import type { Browser, BrowserContextOptions } from "playwright-core";
import { call, operatorKey, type Server } from "../harness.ts";
import { type Visitor, visit } from "./browser.ts";

/** Visits an address of the console, signed in by a key as `signIn` would keep it. */
export async function operate(
  browser: Browser,
  server: Pick<Server, "url">,
  path: string,
  { key = operatorKey, ...options }: BrowserContextOptions & { key?: string } = {},
): Promise<Visitor> {
  const visitor = await visit(browser, `${server.url}/console`, options);
  await visitor.page.locator('input[type="password"]').fill(key);
  await visitor.page.locator('button[type="submit"]').click();
  await visitor.page.locator("#content").waitFor();
  if (path !== "/console") await visitor.page.goto(server.url + path);
  return visitor;
}

/** The key of a new operator of that role. */
export async function keyOf(server: Pick<Server, "url">, role: "viewer" | "operator"): Promise<string> {
  const body = { name: `${role} ${Math.random()}`, role };
  const { body: made } = await call<{ key: string }>(`${server.url}/v1/operators`, {
    method: "POST",
    as: operatorKey,
    body,
  });
  return made.key;
}
