/**
 * The pages of the docs come from the binary alone, under a strict policy: test/web/docs.test.ts has them in a browser.
 * The binary runs in an empty folder, so that nothing is read from the sources by accident.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { problemWordsZh } from "../../src/http/docs/problem-words.ts";
import { pictureNames, picturePath } from "../../src/http/pictures.ts";
import { problemKinds } from "../../src/http/problem.ts";
import { type Server, startServer } from "../harness.ts";
import { documentText } from "./document.ts";

const assets = [
  ...["/docs/page.css", "/docs/open.js", "/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js"],
  ...["/checkout/page.css", "/verify", "/embed.js"],
];
/** But for RFC 2606's, which are nobody's. */
const foreignHost = /https?:\/\/(?![\w-]+\.example\/)|src="\/\/|href="\/\/|url\(\s*['"]?\/\//;

for (const compiled of [false, true]) {
  describe(compiled ? "the binary" : "the sources", () => {
    let server: Server;
    beforeAll(async () => {
      server = await startServer({ compiled });
    });
    afterAll(() => server[Symbol.asyncDispose]());

    test("serves Swagger UI and its files, kept by browsers until they change", async () => {
      for (const path of ["/docs", "/openapi.json", "/docs/licenses.txt", ...assets]) {
        const first = await fetch(`${server.url}${path}`);
        expect([path, first.status]).toEqual([path, 200]);
        expect(await first.text()).not.toBeEmpty();
        expect(first.headers.get("cache-control")).toBe("public, max-age=0, must-revalidate");
        const etag = first.headers.get("etag") ?? "";
        expect(etag).toMatch(/^W\/"\w+"$/); // the same for what is compressed
        const again = await fetch(`${server.url}${path}`, { headers: { "if-none-match": `"other", ${etag}` } });
        expect([path, again.status, await again.text()]).toEqual([path, 304, ""]);
      }
    });

    test("serves every picture as an image of this server that runs and fetches nothing", async () => {
      for (const name of pictureNames) {
        const address = `${server.url}${picturePath(name)}`;
        const first = await fetch(address);
        const etag = first.headers.get("etag") ?? "";
        expect([name, first.status, Object.fromEntries(first.headers)]).toEqual([
          name,
          200,
          expect.objectContaining({
            "content-type": "image/svg+xml",
            "cache-control": "public, max-age=86400",
            "content-security-policy": "default-src 'none'",
            "x-content-type-options": "nosniff",
            etag: expect.stringMatching(/^W\/"\w+"$/),
          }),
        ]);
        const text = await first.text();
        expect(text.length).toBeLessThan(4_096);
        expect(text).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 400 400">[\s\S]*<\/svg>\n$/);
        expect(text).not.toMatch(/<(script|style|foreignObject|image|use|a)\b|\son\w+=|\sstyle=|href|url\(|&/i);
        const again = await fetch(address, { headers: { "if-none-match": etag } });
        expect([name, again.status, await again.text()]).toEqual([name, 304, ""]);
      }
      for (const path of ["/pictures/yacht.svg", "/pictures/phone", "/pictures/phone.svg.svg", "/pictures/"]) {
        expect([path, (await fetch(`${server.url}${path}`)).status]).toEqual([path, 404]);
      }
    });

    test("serves the committed document to the letter", async () => {
      expect(await (await fetch(`${server.url}/openapi.json`)).text()).toBe(documentText);
    });

    test("lets no page load or run anything from elsewhere, nor anything inline", async () => {
      for (const path of ["/docs", "/problems/sold_out", ...assets]) {
        const policy = (await fetch(`${server.url}${path}`)).headers.get("content-security-policy") ?? "";
        const rules = new Map(policy.split("; ").map((rule) => [rule.split(" ")[0] ?? "", rule.split(" ").slice(1)]));
        expect(rules.get("default-src")).toEqual(["'none'"]);
        expect(rules.get("script-src")).toEqual(["'self'"]);
        expect(rules.get("style-src")).toEqual(["'self'"]);
        expect(rules.get("connect-src")).toEqual(["'self'"]);
        expect(policy).not.toMatch(/unsafe|http|\*/);
      }
    });

    test("names no foreign host in a page of its own, its style or its script", async () => {
      const pages = Object.keys(problemKinds).map((code) => `/problems/${code}`);
      const own = ["/docs", "/docs/page.css", "/docs/open.js", "/verify", "/embed.js"];
      for (const path of [...own, "/checkout/page.css", "/checkout/returned", "/openapi.json", ...pages]) {
        expect([path, foreignHost.exec(await (await fetch(`${server.url}${path}`)).text())]).toEqual([path, null]);
      }
    });

    test("explains every problem in English and in Chinese", async () => {
      for (const [code, { title, status }] of Object.entries(problemKinds)) {
        const page = await (await fetch(`${server.url}/problems/${code}`)).text();
        for (const words of [title, problemWordsZh[code as keyof typeof problemKinds].title, `HTTP ${status}`, code]) {
          expect(page).toContain(words);
        }
      }
      expect((await fetch(`${server.url}/problems/nonsense`)).status).toBe(404);
    });

    test("passes on the licences of what the pages contain", async () => {
      const text = await (await fetch(`${server.url}/docs/licenses.txt`)).text();
      for (const words of ["MIT License", "Apache License", "SmartBear", "React"]) expect(text).toContain(words);
    });
  });
}
