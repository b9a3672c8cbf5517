/**
 * Reads a JSON body: bounded, of the right type, well-formed, exactly of the schema's shape. What is wrong is told by
 * field and remedy. Used by every route with a body, so that they all refuse alike.
 */
import type { Static, TSchema } from "@sinclair/typebox";
import { type TypeCheck, TypeCompiler, type ValueError } from "@sinclair/typebox/compiler";
import { limits } from "../domain/limits.ts";
import { problem } from "./problem.ts";

const violationsToldMax = 10;
const checks = new WeakMap<TSchema, TypeCheck<TSchema>>();

/** Whether the request comes with a body at all. */
export function hasBody(request: Request): boolean {
  const length = request.headers.get("content-length");
  return length === null ? request.headers.get("transfer-encoding") !== null : length !== "0";
}

/** The body, or the problem to answer with. */
export async function readJson<S extends TSchema>(
  request: Request,
  schema: S,
  bytesMax: number = limits.bodyBytesMax,
): Promise<Static<S> | Response> {
  const type = request.headers.get("content-type");
  if (type === null || !/^application\/json\s*(;\s*charset=utf-8\s*)?$/i.test(type)) {
    return problem("unsupported_media_type");
  }
  const bytes = await readBytes(request, bytesMax);
  return bytes instanceof Response ? bytes : conformJson(bytes, schema);
}

/** A body that was read already, as the schema's type, or the problem to answer with. */
export function conformJson<S extends TSchema>(bytes: Uint8Array, schema: S): Static<S> | Response {
  const value = parseJson(bytes);
  if (value === notJson) return problem("invalid", { detail: "The body is not well-formed JSON in UTF-8." });
  return conform(value, schema);
}

/** The body as it came, or the problem to answer with. */
export async function readBytes(request: Request, bytesMax: number): Promise<Uint8Array | Response> {
  // The words of the problem itself are about the usual bound.
  const tooLarge = () =>
    bytesMax === limits.bodyBytesMax
      ? problem("payload_too_large")
      : problem("payload_too_large", { detail: `Send ${bytesMax / 1_024} KiB at most.` });
  if (Number(request.headers.get("content-length") ?? 0) > bytesMax) return tooLarge();
  try {
    return (await readBounded(request, bytesMax)) ?? tooLarge();
  } catch {
    // Cut off or badly framed: whoever sent it has seldom stayed to read this.
    return problem("invalid", { detail: "The body ended before its end." });
  }
}

/** The value as the schema's type, or the problem that names what is wrong. */
export function conform<S extends TSchema>(value: unknown, schema: S): Static<S> | Response {
  let check = checks.get(schema);
  if (check === undefined) {
    check = TypeCompiler.Compile(schema);
    checks.set(schema, check);
  }
  if (check.Check(value)) return value as Static<S>;
  const errors: { field: string; detail: string }[] = [];
  for (const error of causesOf(check.Errors(value))) {
    const field = fieldOf(error.path);
    if (errors.some((told) => told.field === field)) continue;
    errors.push({ field, detail: detailOf(error) });
    if (errors.length === violationsToldMax) break;
  }
  return problem("invalid", { errors });
}

const notJson = Symbol("not JSON");

/**
 * The value, or `notJson`. Half a surrogate pair, which JSON can escape and UTF-8 cannot write (RFC 7493, 2.1), would
 * be one text in memory and another one on disk.
 */
function parseJson(bytes: Uint8Array): unknown {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return JSON.parse(text, text.includes("\\u") ? wellFormedOnly : undefined);
  } catch {
    return notJson;
  }
}

function wellFormedOnly(name: string, value: unknown): unknown {
  if (name.isWellFormed() && (typeof value !== "string" || value.isWellFormed())) return value;
  throw new SyntaxError("half a surrogate pair");
}

/** At most `bytesMax` bytes, or `null` when there are more. */
async function readBounded(request: Request, bytesMax: number): Promise<Uint8Array | null> {
  if (request.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body) {
    size += chunk.byteLength;
    if (size > bytesMax) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Of what may also be null, and is neither that nor right, what is wrong with it as it would be without null. */
function* causesOf(errors: Iterable<ValueError>): Generator<ValueError> {
  for (const error of errors) {
    const [first] = error.errors;
    if (first === undefined || error.value === undefined) yield error;
    else yield* causesOf(first);
  }
}

/** `/offers/0/sku` -> `offers[0].sku`. */
function fieldOf(path: string): string {
  return (
    path
      .slice(1)
      .replace(/\/(\d+)/g, "[$1]")
      .replaceAll("/", ".") || "body"
  );
}

function detailOf({ message, schema, path, value }: ValueError): string {
  if (message === "Unexpected property") return `is not known here: remove ${path.split("/").at(-1)}`;
  if (value === undefined) return "is required";
  if (Array.isArray(schema["enum"])) return `must be one of ${schema["enum"].join(", ")}`;
  const control = typeof value === "string" ? controlIn(value, schema["pattern"]) : null;
  if (control !== null) return control;
  const { description, examples } = schema;
  const meaning = typeof description === "string" ? ` (${description})` : "";
  const example = Array.isArray(examples) ? `, for example ${JSON.stringify(examples[0])}` : "";
  return `must be ${shapeOf(schema)}${meaning}${example}`;
}

/** The first control character that a text may not have, named by its number since nobody sees it; or `null`. */
function controlIn(text: string, pattern: unknown): string | null {
  if (typeof pattern !== "string") return null;
  const allowed = new RegExp(pattern);
  const mayStand = (character: string) => allowed.test(`x${character}x`);
  const control = text.match(/\p{Cc}/gu)?.find((character) => !mayStand(character));
  if (control === undefined) return null;
  const code = control.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
  return `has the control character U+${code}: take it out${mayStand("\n") ? "; a line ends with U+000A alone" : ""}`;
}

/** What a value of the schema is, in words; its limits are always told, since one of them may be what was missed. */
function shapeOf(schema: TSchema): string {
  switch (schema["type"]) {
    case "integer":
      return `a whole number from ${schema["minimum"]} to ${schema["maximum"]}`;
    case "array":
      return `a list of ${schema["minItems"]} to ${schema["maxItems"]}${schema["uniqueItems"] === true ? ", each once" : ""}`;
    case "object":
      return "a JSON object";
    case "boolean":
      return "true or false";
    case "string":
      if (schema["format"] === "date-time") return "a time";
      if (schema["format"] === "uri" || schema["format"] === "uri-reference")
        return `an address of ${schema["maxLength"]} characters at most`;
      if (schema["maxLength"] === undefined) return "an id";
      if (schema["minLength"] === undefined) return `text of ${schema["maxLength"]} characters at most`;
      if (schema["minLength"] === schema["maxLength"]) return `text of ${schema["maxLength"]} characters`;
      return `text of ${schema["minLength"]} to ${schema["maxLength"]} characters, not only spaces`;
    default:
      return "of the right type";
  }
}
