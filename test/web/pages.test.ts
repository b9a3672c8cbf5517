/**
 * The pages as files: small, the same for everybody, kept by whoever may keep them, and held to a policy that lets in
 * nothing from elsewhere.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Server, startServer } from "../harness.ts";

let server: Server;

beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const addresses = [
  ...["/", "/campaigns/cmp_0000000001", "/campaigns/cmp_0000000001/draw", "/orders", "/orders/ord_0000000001"],
  ...["/verify", "/embed/cmp_0000000001"],
];
const consoleAddresses = ["/console", "/console/orders", "/console/campaigns/cmp_0000000001"];

describe("a page", () => {
  for (const path of [...addresses, ...consoleAddresses]) {
    test(`${path} is asked for again at every visit, and not sent again when it is the same`, async () => {
      const first = await fetch(server.url + path);
      expect(first.status).toBe(200);
      expect(first.headers.get("content-type")).toBe("text/html; charset=utf-8");
      expect(first.headers.get("cache-control")).toBe("public, max-age=0, must-revalidate");
      const etag = first.headers.get("etag") ?? "";
      const second = await fetch(server.url + path, { headers: { "if-none-match": etag } });
      expect(second.status).toBe(304);
    });
  }

  test("has a policy without 'unsafe', without other hosts for scripts, in nobody's frame", async () => {
    const policy = (await fetch(server.url)).headers.get("content-security-policy") ?? "";
    expect(policy).not.toContain("unsafe");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("style-src 'self';");
    expect(policy).toContain("connect-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
  });

  test("names no other host", async () => {
    for (const path of ["/", "/console", "/verify", "/embed/cmp_0000000001"]) {
      const page = await (await fetch(server.url + path)).text();
      expect(page.match(/(?:src|href)="(?!\/|data:,)[^"]*"/g)).toBeNull();
    }
  });
});

describe("what a page loads", () => {
  test("has a hash in its name and is kept for good", async () => {
    for (const path of [...(await assetsOf("/")), ...(await assetsOf("/verify")), ...(await assetsOf("/embed/x"))]) {
      expect(path).toMatch(/^\/assets\/[\w-]+-[0-9a-z]{8}\.(js|css)$/);
      const response = await fetch(server.url + path);
      expect(response.status).toBe(200);
      expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    }
  });

  test("is compressed as well as the browser takes it, and as it is for who takes nothing", async () => {
    const [script = ""] = (await assetsOf("/")).filter((path) => path.endsWith(".js"));
    const get = (encoding: string) =>
      fetch(server.url + script, { headers: { "accept-encoding": encoding }, decompress: false });
    const plain = await get("identity");
    expect(plain.headers.get("content-encoding")).toBeNull();
    const text = await plain.text();
    const brotli = await get("gzip, deflate, br");
    expect(brotli.headers.get("content-encoding")).toBe("br");
    expect(brotli.headers.get("vary")).toBe("accept-encoding");
    const gzip = await get("gzip;q=1.0, br;q=0");
    expect(gzip.headers.get("content-encoding")).toBe("gzip");
    expect(new TextDecoder().decode(Bun.gunzipSync(await gzip.bytes()))).toBe(text);
    expect(await (await fetch(server.url + script)).text()).toBe(text);
  });

  test("takes 100 KB at most at a first visit of the storefront, all of it", async () => {
    let bytes = 0;
    for (const path of ["/", ...(await assetsOf("/"))]) {
      const response = await fetch(server.url + path, { headers: { "accept-encoding": "br" }, decompress: false });
      bytes += (await response.arrayBuffer()).byteLength;
    }
    expect(bytes).toBeGreaterThan(1_000);
    expect(bytes).toBeLessThan(100_000);
  });

  test("that is not there is a 404, not a page", async () => {
    expect((await fetch(`${server.url}/assets/none-00000000.js`)).status).toBe(404);
    expect((await fetch(`${server.url}/assets/__proto__`)).status).toBe(404);
    expect((await fetch(`${server.url}/console/a/b/c`)).status).toBe(404);
  });
});

async function assetsOf(path: string): Promise<string[]> {
  const page = await (await fetch(server.url + path)).text();
  return [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, address]) => address ?? "");
}
