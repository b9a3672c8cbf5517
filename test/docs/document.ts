/** The committed document, as far as the tests look into it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Schema } from "./json-schema.ts";

export interface MediaJson {
  readonly schema: Schema;
  readonly examples?: Readonly<Record<string, { $ref?: string; summary?: string; value?: unknown }>>;
}

export interface OperationJson {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly security: readonly Readonly<Record<string, unknown>>[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly description: string;
    readonly schema: Schema;
  }[];
  readonly requestBody?: { readonly required: boolean; readonly content: Readonly<Record<string, MediaJson>> };
  readonly responses: Readonly<Record<string, ResponseJson>>;
}

export interface ResponseJson {
  readonly description: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, MediaJson>>;
}

interface DocumentJson {
  readonly openapi: string;
  readonly info: { readonly version: string; readonly license: { readonly name: string; readonly url: string } };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationJson>>>>;
  readonly components: {
    readonly responses: Readonly<Record<string, ResponseJson>>;
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly examples: Readonly<Record<string, { readonly value: unknown }>>;
  };
}

export const documentPath = join(import.meta.dir, "../../schema/openapi.json");
export const documentText = readFileSync(documentPath, "utf8");
export const document = JSON.parse(documentText) as DocumentJson;
export const { schemas } = document.components;

/** All operations, by method and path as `POST /v1/campaigns/{id}/end`; what their responses refer to is put in. */
export const operations: ReadonlyMap<string, OperationJson> = new Map(
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const responses = Object.entries(operation.responses).map(([status, it]) => [status, responseOf(it)] as const);
      return [`${method.toUpperCase()} ${path}`, { ...operation, responses: Object.fromEntries(responses) }] as const;
    }),
  ),
);

function responseOf(response: ResponseJson & { readonly $ref?: string }): ResponseJson {
  if (response.$ref === undefined) return response;
  const shared = document.components.responses[response.$ref.replace("#/components/responses/", "")];
  if (shared === undefined) throw new Error(`${response.$ref} is not there`);
  return shared;
}

/** The values of a body's examples, by name. */
export function examplesOf({ examples = {} }: MediaJson): [string, unknown][] {
  return Object.entries(examples).map(([name, { $ref, value }]) => {
    if ($ref === undefined) return [name, value];
    const shared = document.components.examples[$ref.replace("#/components/examples/", "")];
    if (shared === undefined) throw new Error(`the document has no example ${$ref}`);
    return [name, shared.value];
  });
}
