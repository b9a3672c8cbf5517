/** `schema/openapi.json` is the contract: made of the code, complete, and without a complaint of a linter. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { makeDocument, routesForDocument } from "../../.ci/openapi.ts";
import packageJson from "../../package.json" with { type: "json" };
import { campaignActions } from "../../src/domain/campaign.ts";
import { type ProblemCode, problemKinds } from "../../src/http/problem.ts";
import { routeNames } from "../../src/http/routes.ts";
import { document, documentPath, documentText, examplesOf, operations, schemas } from "./document.ts";
import { violationsOf } from "./json-schema.ts";

setDefaultTimeout(30_000); // a linter takes some seconds, and more on a busy machine

const repository = join(import.meta.dir, "../..");
const notOfTheApi = ["storefront", "console", "embed", "embed_script", "asset", "mcp", "mcp_metadata"];

test("the committed document is the one that the code makes", async () => {
  const made = await makeDocument();
  if (made !== documentText) throw new Error("schema/openapi.json is not what the code makes: run 'npm run openapi'");
});

describe("the document is complete", () => {
  const routes = routesForDocument();

  test("every route is in it, and nothing that is no route", () => {
    const expected = routes
      .filter(({ name }) => !notOfTheApi.includes(name))
      .filter(({ name, path }) => name !== "docs" || /^\/\w+$/.test(path))
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
    expect(new Set(operations.keys())).toEqual(new Set(expected));
  });

  test("every name of a route has a route", () => {
    const named = new Set<string>([...routes.map(({ name }) => name), "unmatched"]);
    expect(routeNames.filter((name) => !named.has(name))).toEqual([]);
  });

  test("an operation's id is its route's word, and no two are the same", () => {
    const ids = [...operations.values()].map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const names: ReadonlySet<string> = new Set(routeNames);
    const others = ids.filter((id) => !names.has(id));
    expect(new Set(others)).toEqual(new Set(campaignActions.map((action) => `${action}_campaign`)));
  });

  test("every problem that the server knows is in it, and no other", () => {
    const used = new Set<string>();
    for (const { responses } of operations.values()) {
      for (const { content } of Object.values(responses)) {
        const problems = content?.["application/problem+json"];
        if (problems !== undefined) for (const [code] of examplesOf(problems)) used.add(code);
      }
    }
    expect(used).toEqual(new Set(Object.keys(problemKinds)));
  });

  for (const [name, operation] of operations) {
    test(`${name} tells who may call it, what comes back, and how each refusal looks`, () => {
      expect(operation.summary).not.toBe("");
      expect(operation.description).not.toBe("");
      expect(operation.security).toBeArray();
      expect(document.tags.map((tag) => tag.name)).toContain(operation.tags[0] ?? "");
      const inPath = [...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter ?? "");
      const parameters = operation.parameters ?? [];
      expect(parameters.filter((parameter) => parameter.in === "path").map((parameter) => parameter.name)).toEqual(
        inPath,
      );
      for (const { description } of parameters) expect(description).not.toBe("");
      const { requestBody, responses } = operation;
      if (requestBody !== undefined) {
        expect(Object.keys(requestBody.content)).toEqual(["application/json"]);
        for (const media of Object.values(requestBody.content)) expectExamples(media, false);
      }
      expect(Object.keys(responses).some((status) => /^[23]/.test(status))).toBe(true);
      for (const [status, { content }] of Object.entries(responses)) {
        if (content === undefined) {
          expect(["303", "304"]).toContain(status);
          continue;
        }
        expect(Object.keys(content)).toHaveLength(1);
        for (const [type, media] of Object.entries(content)) {
          expect(type === "application/problem+json").toBe(/^[45]/.test(status));
          expectExamples(media, true);
          if (type !== "application/problem+json") continue;
          for (const [code, value] of examplesOf(media)) {
            expect(value).toMatchObject({
              code,
              status: Number(status),
              title: problemKinds[code as ProblemCode].title,
            });
          }
        }
      }
    });
  }
});

test("it says version, licence and server without naming a host", () => {
  expect(document.openapi).toBe("3.1.0");
  expect(document.info).toMatchObject({ version: packageJson.version, license: { name: packageJson.license } });
  expect(document.servers.map(({ url }) => url)).toEqual(["/"]);
  expect(documentText).not.toMatch(/https?:\/\/(?![\w-]+\.example\/)/); // RFC 2606: nobody's
});

test("a schema is plain: one type or that and null, and no alternatives to puzzle over", () => {
  expect(documentText).not.toMatch(/"(anyOf|oneOf|allOf|nullable|const)":/);
  for (const [name, schema] of Object.entries(schemas)) expect([name, schema.type]).toEqual([name, "object"]);
});

test("a linter for OpenAPI has nothing to say", async () => {
  const cli = join(repository, "node_modules/@redocly/cli/bin/cli.js");
  const lint = Bun.spawn([process.execPath, cli, "lint", "--extends=recommended", "--format=json", documentPath], {
    cwd: repository,
    env: {
      PATH: process.env["PATH"] ?? "",
      REDOCLY_TELEMETRY: "off",
      REDOCLY_SUPPRESS_UPDATE_NOTICE: "true",
      // Whatever it might want to ask for, it does not get: the address is closed.
      HTTPS_PROXY: "http://127.0.0.1:9",
      HTTP_PROXY: "http://127.0.0.1:9",
    },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [report, exitCode] = await Promise.all([lint.stdout.text(), lint.exited]);
  const { problems } = JSON.parse(report) as { problems: { ruleId: string; message: string }[] };
  expect(problems.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([]);
  expect(exitCode).toBe(0);
});

function expectExamples(media: Parameters<typeof examplesOf>[0], isAnswer: boolean): void {
  const examples = examplesOf(media);
  expect(examples).not.toBeEmpty();
  for (const [name, value] of examples) {
    // A request may have times with another zone, and an answer always tells all that it documents.
    const violations = violationsOf(value, media.schema, schemas).filter(
      (line) => isAnswer || !line.includes("format"),
    );
    expect([name, violations]).toEqual([name, []]);
  }
}

test("a reference leads to a part of it, and none in a circle: the docs' page follows them to their end", () => {
  const ends = (part: unknown, passed: readonly string[]): void => {
    if (typeof part !== "object" || part === null) return;
    const { $ref } = part as { $ref?: unknown };
    if (typeof $ref !== "string") {
      for (const value of Object.values(part)) ends(value, passed);
      return;
    }
    expect(passed).not.toContain($ref);
    const target = $ref.split("/").reduce<unknown>((at, step) => {
      return step === "#" ? document : (at as Record<string, unknown>)[step];
    }, null);
    expect([$ref, typeof target]).toEqual([$ref, "object"]);
    ends(target, [...passed, $ref]);
  };
  ends(document, []);
});
