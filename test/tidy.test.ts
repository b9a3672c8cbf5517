/**
 * Rules of the house that a program can check: who may import whom, that the map lists every file, and that clock,
 * chance, environment and console have one door each.
 */
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dir, "..");
const sources = filesBelow("src").filter((path) => /\.tsx?$/.test(path) && !path.endsWith(".d.ts"));

/** What a room of src/ may import from other rooms. "wiring" is the files directly in src/. */
const mayImport: Record<string, readonly string[]> = {
  domain: [],
  host: [],
  draw: ["domain", "host"],
  engine: ["domain", "host", "draw"],
  storage: ["domain", "host", "draw", "schema"],
  admission: ["domain", "host"],
  delivery: ["domain", "host"],
  payment: ["domain", "host"],
  dialogue: ["domain", "host", "draw"],
  http: [
    "domain",
    "host",
    "admission",
    "dialogue",
    "draw",
    "engine",
    "delivery",
    "payment",
    "web",
    "schema",
    "repository",
  ],
  web: ["domain", "http"], // of http the types of the wire alone: nothing of it can run in a browser
  cli: ["domain", "host", "dialogue", "draw", "storage", "http", "wiring", "schema", "repository"],
  wiring: [
    "domain",
    "host",
    "admission",
    "dialogue",
    "draw",
    "engine",
    "storage",
    "delivery",
    "payment",
    "http",
    "cli",
  ],
};

/** Named in texts: an address, and a file that a buyer keeps. */
const notOurs = ["beacons.json", "rehearsals.json", "well-known/jwks.json", "receipt.json"];

describe("the house", () => {
  test("rooms import only what stands below them", () => {
    const broken: string[] = [];
    for (const path of sources) {
      for (const target of importsOf(path)) {
        const [from, to] = [roomOf(path), roomOf(target)];
        if (from !== to && !(mayImport[from] ?? []).includes(to)) broken.push(`${path} imports ${target}`);
      }
    }
    expect(broken).toEqual([]);
  });

  test("what decides the sale knows neither SQLite, nor HTTP, nor a clock of its own", () => {
    const pure = sources.filter((path) => /^src\/(domain|engine)\//.test(path) && !path.endsWith("/loop.ts"));
    const broken = pure.filter((path) =>
      /from "(bun:sqlite|elysia|drizzle-orm|node:)|\bawait\b|\basync\b/.test(code(path)),
    );
    expect(broken).toEqual([]);
  });

  test("what checks the proofs in a browser shares no code with what makes them", () => {
    const proofs = sources.filter((path) => path.startsWith("src/web/proof/"));
    const shared = proofs.flatMap(importsOf).filter((target) => !target.startsWith("src/web/proof/"));
    expect(proofs.length).toBeGreaterThan(0);
    expect(shared).toEqual([]);
  });

  test("every file that a text for people names exists", () => {
    const files = [...readdirSync(root), ...["src", "test", "schema", "bench", "docs"].flatMap(filesBelow)];
    const missing = ["README.md", "README.zh.md", "CONTRIBUTING.md", ...filesBelow("docs")].flatMap((text) => {
      const named = readFileSync(join(root, text), "utf8").match(/\w[\w./-]+\.(test\.ts|ts|md|sql|json)\b/g) ?? [];
      return named
        .filter((name) => !(files.some((file) => file === name || file.endsWith(`/${name}`)) || notOurs.includes(name)))
        .map((name) => `${text} names ${name}`);
    });
    expect(missing).toEqual([]);
  });

  test("no room imports itself in a circle", () => {
    const seen = new Map<string, "open" | "done">();
    const circles: string[] = [];
    const visit = (path: string, trail: readonly string[]) => {
      if (seen.get(path) === "done") return;
      if (seen.get(path) === "open") {
        circles.push([...trail.slice(trail.indexOf(path)), path].join(" -> "));
        return;
      }
      seen.set(path, "open");
      for (const target of importsOf(path))
        if (target.startsWith("src/") && /\.tsx?$/.test(target)) visit(target, [...trail, path]);
      seen.set(path, "done");
    };
    for (const path of sources) visit(path, []);
    expect(circles).toEqual([]);
  });

  test("src/README.md has a line for every file, and none for a file that is gone", () => {
    const listed = [...readFileSync(join(root, "src/README.md"), "utf8").matchAll(/^\| `([^`]+)`\s*\|/gm)].map(
      (match) => `src/${match[1]}`,
    );
    const files = filesBelow("src").filter((path) => path !== "src/README.md");
    expect(new Set(listed)).toEqual(new Set(files));
  });

  test("every file says at its head what it owns", () => {
    const silent = [
      ...sources,
      ...filesBelow("test"),
      ...filesBelow("bench"),
      ...filesBelow(".ci"),
      "schema/tables.ts",
    ].filter(
      (path) => path.endsWith(".ts") && !/^(#!.*\n)?\s*(\/\*\*|\/\/)/.test(readFileSync(join(root, path), "utf8")),
    );
    expect(silent).toEqual([]);
  });

  test("nothing is left for later without a reason", () => {
    const marks = [...sources, ...filesBelow("test"), ...filesBelow("bench")].filter(
      (path) =>
        path !== "test/tidy.test.ts" && /\bFIXME\b|\bXXX\b|TODO(?!\()/.test(readFileSync(join(root, path), "utf8")),
    );
    expect(marks).toEqual([]);
  });
});

describe("one door each", () => {
  const doors: readonly [what: string, pattern: RegExp, doors: readonly string[]][] = [
    [
      "clock",
      /\bDate\.now\b|\bperformance\.now\b|\bnew Date\(\)|\bBun\.nanoseconds\b|\bprocess\.hrtime\b/,
      ["src/host/clock.ts", "src/web/shared/clock.ts"],
    ],
    [
      "chance",
      /\bMath\.random\b|\brandomUUID|\bgetRandomValues\b|\brandomBytes\b/,
      ["src/host/random.ts", "src/web/shared/chance.ts"],
    ],
    ["environment", /\bprocess\.env\b|\bBun\.env\b|import\.meta\.env\b/, ["src/config.ts"]],
    [
      "console",
      /\bconsole\.(?:log|error|warn|info|debug|trace)\b|\bprocess\.std(out|err)\.write\b/,
      ["src/host/log.ts"],
    ],
  ];
  for (const [what, pattern, allowed] of doors) {
    test(`${what} is used in ${allowed.join(", ")} alone`, () => {
      const users = sources.filter((path) => pattern.test(code(path)));
      expect(users).toEqual([...allowed]);
    });
  }
});

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
}

/** The file without its comments. */
function code(path: string): string {
  return readFileSync(join(root, path), "utf8")
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/^\s*\/\/.*$|\s\/\/ .*$/gm, "");
}

/** The files of this repository that a file imports, threads that it starts included. */
function importsOf(path: string): string[] {
  const found = [...code(path).matchAll(/(?:from|import|URL\()\s*\(?"(\.{1,2}\/[^"]+)"/g)].map(
    (match) => match[1] ?? "",
  );
  return found.map((target) => join(path, "..", target));
}

function roomOf(path: string): string {
  const [top = "", room = "", ...rest] = path.split("/");
  if (top !== "src") return top === "schema" ? "schema" : "repository";
  return rest.length === 0 ? "wiring" : room;
}
