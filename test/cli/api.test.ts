/** What commands read of a server that has too much to do. */
import { afterAll, beforeEach, expect, test } from "bun:test";
import { callApi, type OrderPage, pagesOf } from "../../src/cli/api.ts";

let refusals: number[] = [];
let asked = 0;
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch() {
    asked += 1;
    const status = refusals.shift();
    if (status !== undefined) return Response.json({ title: "Not now" }, { status });
    return Response.json({ orders: [], next_cursor: asked < 4 ? "more" : null });
  },
});
const url = `http://127.0.0.1:${server.port}/v1/orders`;

beforeEach(() => {
  asked = 0;
});
afterAll(() => server.stop(true));

async function read(): Promise<number> {
  let pages = 0;
  for await (const _ of pagesOf<OrderPage>(url, "key")) pages += 1;
  return pages;
}

test("a list that is given up under load is read to its end all the same", async () => {
  refusals = [503, 503];
  expect(await read()).toBe(2); // the third answer has a page after it, the fourth has none
  expect(asked).toBe(4);
});

test("any other refusal of a list is told at once, and so is one of anything else", async () => {
  refusals = [403];
  await expect(read()).rejects.toThrow("403 Not now");
  refusals = [503];
  await expect(callApi(url)).rejects.toThrow("503 Not now");
  expect(asked).toBe(2);
});
