/** What docs/ledger.md says can be calculated can be: its commands print what it shows, and the program agrees. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ReceiptFacts, textsOfReceipt } from "../../src/domain/receipt.ts";
import { sha256 } from "../../src/host/hash.ts";
import { document, examplesOf } from "./document.ts";

const text = readFileSync(join(import.meta.dir, "../../docs/ledger.md"), "utf8");

test("the commands of the ledger's document print what it shows", async () => {
  const examples = [...text.matchAll(/```sh\n(printf .*)\n```\n\n```\n(.*)\n```/g)];
  expect(examples).toHaveLength(2);
  for (const [, command = "", shown = ""] of examples) {
    const shell = Bun.spawn(["sh", "-c", command], { stdout: "pipe" });
    expect((await shell.stdout.text()).trim()).toBe(shown);
  }
});

test("the receipt that the API's document shows has the hashes of the ledger's document", () => {
  const media = document.paths["/v1/orders/{id}/receipt"]?.["get"]?.responses["200"]?.content?.["application/json"];
  if (media === undefined) throw new Error("the document has no receipt");
  const [[, facts] = []] = examplesOf(media) as [string, ReceiptFacts][];
  if (facts === undefined) throw new Error("the document shows no receipt");
  const texts = textsOfReceipt(facts);
  expect([sha256(texts.details), sha256(texts.hash)]).toEqual([facts.details, facts.hash]);
  for (const hash of [facts.details, facts.hash]) expect(text).toContain(hash);
});
