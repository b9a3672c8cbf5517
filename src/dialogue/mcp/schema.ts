/**
 * The shapes of tools' arguments and answers: TypeBox like all of the wire's, as the protocol's library takes them. What
 * is wrong is told by field, so that a model can correct it.
 */
import type { StandardSchemaWithJSON } from "@modelcontextprotocol/server";
import { Kind, type Static, type TSchema, Type, TypeRegistry } from "@sinclair/typebox";
import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import { formatId, type IdPrefix } from "../../domain/ids.ts";

TypeRegistry.Set<{ enum: string[] }>(
  "Choice",
  (schema, value) => typeof value === "string" && schema.enum.includes(value),
);

const issuesToldMax = 10;
/** Tools are the same for everybody: each schema is compiled, and written as JSON, once. */
const compiled = new WeakMap<TSchema, Compiled>();

interface Compiled {
  readonly check: TypeCheck<TSchema>;
  readonly json: Record<string, unknown>;
}

/** Arguments: what is not known is refused, so that no misspelt one is passed over. */
export function inputOf<P extends Record<string, TSchema>>(properties: P) {
  return Type.Object(properties, { additionalProperties: false });
}

/** One of a closed list of words. */
export function choiceOf<T extends string>(values: readonly T[], description: string) {
  return Type.Unsafe<T>({ [Kind]: "Choice", type: "string", enum: [...values], description });
}

export function orNull<S extends TSchema>(schema: S) {
  return Type.Union([schema, Type.Null()]);
}

export function idOf(prefix: IdPrefix, description: string) {
  return Type.String({
    pattern: `^${prefix}_[0-9a-z]{10}$`,
    description: `${description}, as ${formatId(prefix, 42)}`,
  });
}

export function countOf(description: string, minimum = 0) {
  return Type.Integer({ minimum, description });
}

export function timeOf(description: string) {
  return Type.String({ description: `${description}: RFC 3339, UTC` });
}

/** A schema as the protocol's library takes it. */
export function standardOf<S extends TSchema>(schema: S): StandardSchemaWithJSON<Static<S>, Static<S>> {
  const json = () => compiledOf(schema).json;
  return {
    "~standard": {
      version: 1,
      vendor: "rushbox",
      validate: (value) => validate(schema, value),
      jsonSchema: { input: json, output: json },
    },
  };
}

function validate<S extends TSchema>(schema: S, value: unknown) {
  const { check } = compiledOf(schema);
  if (check.Check(value)) return { value: value as Static<S> };
  const issues: { message: string; path: string[] }[] = [];
  for (const { path, message } of check.Errors(value)) {
    const keys = path.split("/").slice(1);
    if (issues.some((told) => told.path.join() === keys.join())) continue;
    issues.push({ message, path: keys });
    if (issues.length === issuesToldMax) break;
  }
  return { issues };
}

function compiledOf(schema: TSchema): Compiled {
  let known = compiled.get(schema);
  if (known === undefined) {
    const json = JSON.parse(JSON.stringify(schema)) as Record<string, unknown>;
    known = { check: TypeCompiler.Compile(schema), json };
    compiled.set(schema, known);
  }
  return known;
}
