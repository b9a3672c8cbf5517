/** How the commands speak: help with an example, one clear line for what went wrong, and an exit code that tells. */
import { Database } from "bun:sqlite";
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "../../package.json";
import { newFolder, startServer } from "../harness.ts";
import { type Ran, runCommand } from "./command.ts";
import { makeLedger } from "./ledger.ts";

setDefaultTimeout(60_000);

const verbs = [
  ...["demo", "serve", "token", "health", "controls", "switch", "load", "verify", "backup", "restore", "export"],
  "migrate",
] as const;

describe("help", () => {
  test("names every command, and every command gives an example", async () => {
    const [program, ...helps] = await Promise.all(
      [["--help"], ...verbs.map((verb) => [verb, "--help"])].map((args) => runCommand(args)),
    );
    for (const verb of verbs) expect(program?.stdout).toMatch(new RegExp(`^  ${verb} `, "m"));
    for (const [index, { code, stdout, stderr }] of helps.entries()) {
      expect(stdout).toMatch(new RegExp(`Examples?:\\n  .*rushbox ${verbs[index]} `));
      expect([code, stderr]).toEqual([0, ""]);
    }
  });

  test("--version prints the version", async () => {
    expect(await runCommand(["--version"])).toEqual({ code: 0, stdout: `rushbox ${version}\n`, stderr: "" });
  });
});

describe("wrong usage exits 2 with what to do on standard error, and nothing on standard output", () => {
  const wrong: readonly [args: string[], says: RegExp, env?: Record<string, string>][] = [
    [[], /Usage: rushbox/],
    [["sell"], /unknown command 'sell'/],
    [["verfy"], /Did you mean verify\?/],
    [["serve", "--prot", "1"], /unknown option '--prot'/],
    [["serve", "now"], /too many arguments/],
    [["serve", "--port", "http"], /--port is "http"\. Give a whole number from 0 to 65535\./],
    [["serve"], /RUSHBOX_POTR is not a setting\. Known are RUSHBOX_PORT, /, { RUSHBOX_POTR: "1" }],
    [["serve"], /RUSHBOX_PORT is "x"/, { RUSHBOX_PORT: "x" }],
    [
      ["serve", "--trusted-proxies", "10.0.0.0/33"],
      /--trusted-proxies names "10\.0\.0\.0\/33"\. Give addresses or net/,
    ],
    [
      ["serve", "--proxy-header", "x-real-ip"],
      /--proxy-header is "x-real-ip"\. Give one of x-forwarded-for, forwarded/,
    ],
    [["serve", "--webhooks-private", "maybe"], /--webhooks-private is "maybe"\. Give one of yes, no/],
    [["serve", "--guests", "yes"], /--guests is "yes"\. Give one of on, off/],
    [
      ["serve", "--guests", "on"],
      /--guests=on and RUSHBOX_JWKS_URL contradict each other\. Guests' tokens are signed here/,
      { RUSHBOX_JWKS_URL: "https://shop.example/jwks" },
    ],
    [["serve", "--shop-name", " "], /--shop-name is " "\. Give one line of 1 to 200 characters\./],
    [["serve"], /RUSHBOX_SHOP_NAME is "A\\u0007"/, { RUSHBOX_SHOP_NAME: "A\u0007" }],
    [["serve", "--sign-in-url", "javascript:alert(1)"], /--sign-in-url is "javascript:alert\(1\)"\. Give an http/],
    [["serve", "--rate-limits", "no"], /--rate-limits is "no"\. Give one of on, off/],
    [
      ["controls", "--limit", "buyer=20"],
      /--limit is "buyer=20"\. Give one of buyer, address, campaign, overall, fail/,
    ],
    [["controls", "--limit", "seller=1/1"], /--limit is "seller=1\/1"/],
    [["switch", "everything", "on"], /Allowed choices are pause_sales, /],
    [["switch", "pause_sales"], /missing required argument 'state'/],
    [["serve", "--payments", "cash"], /--payments is "cash"\. Give one of none, sandbox, stripe\./],
    [["serve", "--payments", "stripe"], /RUSHBOX_STRIPE_SECRET_KEY is missing\. --payments=stripe needs it/],
    [
      ["serve", "--payments", "stripe"],
      /RUSHBOX_STRIPE_WEBHOOK_SECRET is missing/,
      { RUSHBOX_STRIPE_SECRET_KEY: "sk_test_1" },
    ],
    [
      ["serve", "--payments", "sandbox"],
      /RUSHBOX_STRIPE_SECRET_KEY contradicts --payments=sandbox\. Set --payments to stripe/,
      { RUSHBOX_STRIPE_SECRET_KEY: "sk_test_1" },
    ],
    [
      ["serve"],
      /RUSHBOX_PUBLIC_URL is "https:\/\/a\.example\/b"\. Give https:\/\/a\.example alone/,
      { RUSHBOX_PUBLIC_URL: "https://a.example/b" },
    ],
    [["serve", "--stripe-url", "api.stripe.com"], /--stripe-url is "api\.stripe\.com"\. Give an http or https address/],
    [["serve", "--return-url", "thanks"], /--return-url is "thanks"/],
    [["token"], /required option '--buyer <id>'/],
    [["token", "--buyer", "a", "--expires", "soon"], /Give a duration as 500ms, 10s/],
    [["backup"], /required option '--to <file>'/],
    [["restore"], /required option '--from <file>'/],
    [["export", "--state", "sold"], /--state is "sold"\. It must be one of reserved, /],
    [["export", "--format", "xml"], /Allowed choices are csv, jsonl/],
    [["load", "--rate", "0"], /Give a whole number from 1 to/],
    [["load", "--offer", "off_0000000002", "--stock", "5"], /cannot be used with/],
  ];
  test("for every kind of it", async () => {
    const ran = await Promise.all(wrong.map(([args, , env = {}]) => runCommand(args, { env })));
    for (const [index, [, says]] of wrong.entries()) {
      const { code, stdout, stderr } = ran[index] as Ran;
      expect(stderr).toMatch(says);
      expect([code, stdout]).toEqual([2, ""]);
    }
  });
});

describe("a start that fails says so in one line, exits 1 and changes nothing", () => {
  test("the port or the folder is another's", async () => {
    await using server = await startServer();
    const folder = newFolder();
    const [port, data] = await Promise.all([
      runCommand(["serve", "--port", String(server.port), "--data", folder]),
      runCommand(["serve", "--port", "0", "--data", server.data]),
    ]);
    expect(oneLine(port)).toMatch(/^rushbox: listen: 127\.0\.0\.1:\d+ cannot be had.*--port/);
    expect(oneLine(data)).toMatch(/^rushbox: lock: .* is in use by another rushbox\. Stop it first/);
  });

  test("the data is no database, another program's, a newer version's, or does not add up", async () => {
    const [junk, foreign, newer, wrong] = [newFolder(), newFolder(), newFolder(), newFolder()];
    writeFileSync(join(junk, "rushbox.db"), "this is a text");
    using other = new Database(join(foreign, "rushbox.db"));
    other.exec("CREATE TABLE notes (text)");
    using future = new Database(makeLedger(newer));
    future.exec("INSERT INTO migrations VALUES ('9999_future', 'x')");
    using broken = new Database(makeLedger(wrong));
    broken.exec("UPDATE offers SET held = held + 1, sold = sold - 1 WHERE id = 2");
    const before = [junk, foreign, newer, wrong].map(bytesOf);
    const ran = await Promise.all(
      [junk, foreign, newer, wrong].map((data) => runCommand(["serve", "--port", "0", "--data", data])),
    );
    const says = [
      /is damaged or no database/,
      /of another program/,
      /by another version \(migration 9999_future\)/,
      /promise 1 is broken/,
    ];
    for (const [index, result] of ran.entries()) expect(oneLine(result)).toMatch(says[index] as RegExp);
    expect([junk, foreign, newer, wrong].map(bytesOf)).toEqual(before);
  });

  function bytesOf(folder: string): string {
    return new Bun.CryptoHasher("sha256").update(readFileSync(join(folder, "rushbox.db"))).digest("hex");
  }

  function oneLine({ code, stdout, stderr }: Ran): string {
    const lines = stderr.trimEnd().split("\n");
    expect([code, stdout, lines.length]).toEqual([1, "", 1]);
    return lines[0] ?? "";
  }
});

describe("colours and progress are for a terminal alone", () => {
  const inTerminal = (env: string) => [
    "script",
    "-qec",
    `env ${env} ${process.execPath} ${join(import.meta.dir, "../../src/main.ts")} verify ${folder()}`,
    "/dev/null",
  ];
  let made = "";
  const folder = () => {
    if (made === "") {
      made = newFolder();
      makeLedger(made);
    }
    return made;
  };

  test("a terminal gets colours, with NO_COLOR none, and a pipe none even where CI or FORCE_COLOR is set", async () => {
    const write = async (command: string[]) => new Response(Bun.spawn(command, { stdin: "ignore" }).stdout).text();
    const [coloured, plain] = await Promise.all([
      write(inTerminal("TERM=xterm")),
      write(inTerminal("TERM=xterm NO_COLOR=1")),
    ]);
    const piped = await runCommand(["verify", folder()], { env: { CI: "true", FORCE_COLOR: "1" } });
    expect(coloured).toContain("\x1b[32mok");
    expect(plain).toContain("ok      sequence");
    expect(plain).not.toContain("\x1b[3");
    expect(piped.stdout + piped.stderr).not.toContain("\x1b");
  });
});
