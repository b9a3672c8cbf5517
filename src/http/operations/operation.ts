/** What is said of an operation, and of whom it is for. */
import type { TSchema } from "@sinclair/typebox";
import type { ProblemCode, ProblemExtras } from "../problem.ts";

export interface Operation {
  /** The same word as the route's name in the metrics, and told apart where one name has several paths. */
  readonly id: string;
  readonly tag: keyof typeof tags;
  readonly summary: string;
  readonly description: string;
  readonly callers: keyof typeof securityOf;
  readonly parameters?: readonly Parameter[];
  readonly body?: { readonly schema: TSchema; readonly isRequired: boolean; readonly examples: Examples };
  /** By status. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** Every code that the operation may answer with; with the extras that it then has, for its example. */
  readonly problems: readonly (ProblemCode | readonly [ProblemCode, ProblemExtras])[];
}

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: true;
  readonly description: string;
  readonly schema: TSchema;
  /** Stands in Swagger UI's field from the beginning: only where that helps to try it. */
  readonly example?: string;
}

export interface Answer {
  readonly description: string;
  /** `application/json` when absent. */
  readonly type?: string;
  /** An answer without a schema has no body. */
  readonly schema?: TSchema;
  readonly examples?: Examples;
  readonly headers?: Readonly<Record<string, string>>;
}

/** By name: a line about it, and the value. */
export type Examples = Readonly<Record<string, readonly [summary: string, value: unknown]>>;

export const tags = {
  Buying: "What a shop's page calls for its buyers: see the sale, buy, look after the order.",
  Operating: "What a shop's back end calls: make a campaign, run it, tell of payments.",
  Administering: "For admins: operators' keys, webhooks, the audit log, erasure.",
  Proof: "The ledger, receipts, and how anybody checks them.",
  "Live streams": "Server-Sent Events: changes as they happen. Made for `EventSource` and `curl -N`.",
  Running: "For whoever runs this server, and the pages about the API itself.",
} as const;

/** Who may call: an empty requirement means that credentials are not needed. */
export const securityOf = {
  everybody: [],
  "everybody, operators see more": [{}, { operator: [] }],
  "everybody, buyers more": [{}, { buyer: [] }],
  buyers: [{ buyer: [] }],
  operators: [{ operator: [] }],
  "buyers and operators": [{ buyer: [] }, { operator: [] }],
} as const;
