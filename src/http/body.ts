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
export async function readJson<S extends TSchema>(request: Request, schema: S): Promise<Static<S> | Response> {
  const type = request.headers.get("content-type");
  if (type === null || !/^application\/json\s*(;\s*charset=utf-8\s*)?$/i.test(type)) {
    return problem("unsupported_media_type");
  }
  if (Number(request.headers.get("content-length") ?? 0) > limits.bodyBytesMax) return problem("payload_too_large");
  const bytes = await readBounded(request);
  if (bytes === null) return problem("payload_too_large");
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return problem("invalid", { detail: "The body is not well-formed JSON in UTF-8." });
  }
  return conform(value, schema);
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
  for (const error of check.Errors(value)) {
    const field = fieldOf(error.path);
    if (errors.some((told) => told.field === field)) continue;
    errors.push({ field, detail: detailOf(error) });
    if (errors.length === violationsToldMax) break;
  }
  return problem("invalid", { errors });
}

/** At most `bodyBytesMax` bytes, or `null` when there are more. */
async function readBounded(request: Request): Promise<Uint8Array | null> {
  if (request.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body) {
    size += chunk.byteLength;
    if (size > limits.bodyBytesMax) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
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
  const field = path.split("/").at(-1) ?? "";
  if (message === "Unexpected property") return `is not known here: remove ${field}`;
  if (value === undefined) return "is required";
  if (Array.isArray(schema["enum"])) return `must be one of ${schema["enum"].join(", ")}`;
  const description: unknown = schema.description;
  return `${message.charAt(0).toLowerCase()}${message.slice(1)}${typeof description === "string" ? ` (${description})` : ""}`;
}
