/**
 * Makes `schema/openapi.json`, the contract, from the routes and what src/http/operations.ts says about them.
 * @elysiajs/swagger gathers the operations and puts the document together; it runs here only, never in the server: its
 * page loads Swagger UI from a foreign host. The committed file is what the binary serves, and a test makes it anew.
 *
 * What is handed to the plugin, and why: whole operations as `detail`, because from schemas on a route it would make
 * three content types for every body, and would drop `additionalProperties`; `openapi: 3.1.0`, because it says 3.0.3
 * by itself, which has no type `null`; `excludeStaticFile: false`, because it takes a path with a dot for a file.
 */
import { swagger } from "@elysiajs/swagger";
import type { TSchema } from "@sinclair/typebox";
import { Elysia } from "elysia";
import packageJson from "../package.json" with { type: "json" };
import { type Answer, type Operation, securityOf, tags } from "../src/http/operations/operation.ts";
import { namedSchemas, operationOf } from "../src/http/operations.ts";
import type { HttpParts } from "../src/http/parts.ts";
import { type ProblemCode, type ProblemExtras, problem, problemKinds } from "../src/http/problem.ts";
import type { Route } from "../src/http/route.ts";
import { allRoutes } from "../src/http/server.ts";

const target = `${import.meta.dir}/../schema/openapi.json`;
/** The examples of problems that are the same in every operation, by code; filled while operations are described. */
type SharedExamples = Partial<Record<ProblemCode, object>>;

/** The plugin's type is of OpenAPI 3.0. */
type SwaggerDocument = NonNullable<NonNullable<Parameters<typeof swagger>[0]>["documentation"]>;

const specPath = "/made-document"; // only asked for below

/** The document as text, exactly as it is committed. */
export async function makeDocument(): Promise<string> {
  const app = new Elysia();
  const examples: SharedExamples = {};
  const details = new Map<Route, object>();
  for (const route of routesForDocument()) {
    const operation = operationOf(route);
    details.set(route, operation === null ? { hide: true } : await detailOf(operation, examples));
  }
  const documentation = {
    openapi: "3.1.0",
    info,
    servers: [{ url: "/", description: "This server" }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    components: {
      schemas: Object.fromEntries(Object.entries(namedSchemas).map(([name, schema]) => [name, schemaJson(schema)])),
      examples: Object.fromEntries(
        Object.keys(problemKinds).flatMap((code) => {
          const example = examples[code as ProblemCode];
          return example === undefined ? [] : [[code, example]];
        }),
      ),
      securitySchemes,
    },
  };
  app.use(swagger({ documentation: documentation as SwaggerDocument, specPath, excludeStaticFile: false }));
  for (const [{ method, path }, detail] of details) app.route(method, path, () => "", { detail });
  const response = await app.handle(new Request(`http://localhost${specPath}`));
  return `${JSON.stringify(sharingResponses((await response.json()) as DocumentJson), null, 2)}\n`;
}

interface ResponseJson {
  readonly content?: Readonly<Record<string, { readonly examples?: object }>>;
}

interface DocumentJson {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: Record<string, object> }>>>>;
  readonly components: object;
}

/** A response that many operations have stands in the components, named by its problems: a quarter less to read. */
function sharingResponses(document: DocumentJson): DocumentJson {
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  const counts = new Map<string, number>();
  for (const { responses } of operations) {
    for (const response of Object.values(responses)) {
      const text = JSON.stringify(response);
      counts.set(text, (counts.get(text) ?? 0) + 1);
    }
  }
  const textByName = new Map<string, string>();
  for (const [text, count] of [...counts].sort(([, left], [, right]) => right - left)) {
    const { content = {} } = JSON.parse(text) as ResponseJson;
    const name = Object.keys(content["application/problem+json"]?.examples ?? {}).join("_or_");
    if (count > 2 && name !== "" && !textByName.has(name)) textByName.set(name, text);
  }
  const nameByText = new Map([...textByName].map(([name, text]) => [text, name]));
  for (const { responses } of operations) {
    for (const [status, response] of Object.entries(responses)) {
      const name = nameByText.get(JSON.stringify(response));
      if (name !== undefined) responses[status] = { $ref: `#/components/responses/${name}` };
    }
  }
  const responses = Object.fromEntries([...textByName].map(([name, text]) => [name, JSON.parse(text)]));
  return { ...document, components: { ...document.components, responses } };
}

const info = {
  title: "Rushbox",
  version: packageJson.version,
  summary: "Flash sales (秒杀): exact, durable, fair, provable.",
  description: [
    "Sells a limited quantity in a limited time to far more people than can have it.",
    "",
    "**To try it here:** choose *Authorize* and give a buyer's token (`rushbox token --buyer alice` makes one) under *buyer*,",
    "or the operator's key under *operator*. Find an offer's id in *All campaigns*, then buy it.",
    "",
    "**What holds everywhere.** Times are RFC 3339 in UTC with milliseconds. Money is a whole number of minor units with an",
    "ISO 4217 code. A refusal is never a 200: it is a problem of RFC 9457 (`application/problem+json`) with a `code` to",
    "decide by and a `type` that leads to a page about it. A request body or a query parameter that is not known is",
    "refused; answers may get new members, so ignore those that you do not know. An address that takes other methods",
    "answers 405 with `Allow`, one that does not exist 404.",
  ].join("\n"),
  license: { name: "MIT", url: "/docs/licenses.txt" },
};

const securitySchemes = {
  buyer: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description:
      "A buyer's token: a JWT whose `sub` is the buyer, signed by the shop. For trying out: `rushbox token --buyer alice`.",
  },
  operator: {
    type: "http",
    scheme: "bearer",
    description: "The operator's key: `RUSHBOX_OPERATOR_KEY`, or the one that was made at the first start.",
  },
};

/** The routes, made of parts that are never asked: only their names, methods and paths matter here. */
export function routesForDocument(): Route[] {
  const parts = { metrics: { series: () => 0, histogram: () => () => {} }, embedOrigins: [] };
  return allRoutes(parts as unknown as HttpParts);
}

async function detailOf(operation: Operation, shared: SharedExamples): Promise<object> {
  const { id, tag, summary, description, callers, parameters, body, answers, problems } = operation;
  const responses: Record<string, object> = {};
  for (const [status, answer] of Object.entries(answers)) responses[status] = answerJson(answer);
  for (const [status, response] of await problemResponses(problems, shared)) responses[status] = response;
  return {
    tags: [tag],
    summary,
    description,
    operationId: id,
    security: securityOf[callers],
    ...(parameters === undefined
      ? {}
      : { parameters: parameters.map((parameter) => ({ ...parameter, schema: schemaJson(parameter.schema) })) }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: body.isRequired,
            content: { "application/json": { schema: refJson(body.schema), examples: examplesJson(body.examples) } },
          },
        }),
    responses,
  };
}

function answerJson({ description, type = "application/json", schema, examples = {}, headers = {} }: Answer): object {
  return {
    description,
    ...headersJson(headers),
    ...(schema === undefined
      ? {}
      : { content: { [type]: { schema: refJson(schema), examples: examplesJson(examples) } } }),
  };
}

function examplesJson(examples: Exclude<Answer["examples"], undefined>): object {
  return Object.fromEntries(Object.entries(examples).map(([name, [summary, value]]) => [name, { summary, value }]));
}

function headersJson(headers: Readonly<Record<string, string>>): object {
  const entries = Object.entries(headers);
  if (entries.length === 0) return {};
  return {
    headers: Object.fromEntries(
      entries.map(([name, description]) => {
        const type = name === "Retry-After" ? "integer" : "string";
        return [name, { description, schema: { type } }];
      }),
    ),
  };
}

/** One response for every status, with all codes that have it. */
async function problemResponses(problems: Operation["problems"], shared: SharedExamples): Promise<[string, object][]> {
  const byStatus = new Map<number, { code: ProblemCode; extras?: ProblemExtras }[]>();
  for (const entry of problems) {
    const known = typeof entry === "string" ? { code: entry } : { code: entry[0], extras: entry[1] };
    const { status } = problemKinds[known.code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), known]);
  }
  return Promise.all(
    [...byStatus].map(async ([status, codes]): Promise<[string, object]> => {
      const examples: Record<string, object> = {};
      const headers: Record<string, string> = {};
      for (const { code, extras } of codes) {
        const response = problem(code, extras);
        const { title } = problemKinds[code];
        // The body as the server answers it: made by the same function.
        const example = { summary: title, value: await response.json() };
        if (extras === undefined) shared[code] = example;
        examples[code] = extras === undefined ? { $ref: `#/components/examples/${code}` } : example;
        for (const [name, text] of Object.entries(problemHeaders)) {
          if (response.headers.has(name)) headers[name] = text;
        }
        if (code === "method_not_allowed") headers["Allow"] = "The methods that this address takes.";
      }
      const description = codes.map(({ code }) => `\`${code}\`: ${problemKinds[code].title}.`).join(" ");
      const content = { "application/problem+json": { schema: refJson(namedSchemas["Problem"] as TSchema), examples } };
      return [String(status), { description, ...headersJson(headers), content }];
    }),
  );
}

const problemHeaders = {
  "Retry-After": "Seconds after which trying again makes sense.",
  "WWW-Authenticate": "The scheme to use: `Bearer`.",
};

const nameOf = new Map(Object.entries(namedSchemas).map(([name, schema]) => [schema, name]));

/** A schema by its name when it has one. */
function refJson(schema: TSchema): unknown {
  const name = nameOf.get(schema);
  return name === undefined ? schemaJson(schema) : { $ref: `#/components/schemas/${name}` };
}

/** A TypeBox schema as plain JSON Schema; "this or null" as one type, which is what it is. */
function schemaJson(schema: TSchema): unknown {
  const plain: Record<string, unknown> = "type" in schema ? { type: schema["type"] } : {};
  for (const [key, value] of Object.entries<unknown>(schema)) {
    if (key === "items") plain[key] = refJson(value as TSchema);
    else if (key === "properties") {
      const properties = Object.entries(value as Record<string, TSchema>);
      plain[key] = Object.fromEntries(properties.map(([name, property]) => [name, refJson(property)]));
    } else if (key !== "anyOf") plain[key] = value;
  }
  const [main, none] = (schema["anyOf"] ?? []) as TSchema[];
  if (main === undefined) return plain;
  if (none?.["type"] !== "null") throw new Error("a union in the wire's schemas is of something and null");
  const { type, enum: values, ...rest } = schemaJson(main) as { type: string; enum?: unknown[] };
  return { type: [type, "null"], ...(values === undefined ? {} : { enum: [...values, null] }), ...rest, ...plain };
}

if (import.meta.main) {
  await Bun.write(target, await makeDocument());
}
