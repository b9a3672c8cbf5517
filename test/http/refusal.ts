/** What every refusal must be, whatever was asked and however wrongly: RFC 9457, explained, and silent about the inside. */
import { expect } from "bun:test";

export interface Refusal {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface ProblemJson {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly errors?: readonly { readonly field: string; readonly detail: string }[];
  readonly [member: string]: unknown;
}

/** What must never leave: stacks, paths, module names, the database's words. */
export const inside =
  /\/src\/|\/work\/|\/tmp\/|node_modules|\.ts\b|sqlite|drizzle|elysia|typebox|bun:|[A-Z]\w*Error\b|\bat (?:\/|<anonymous>|async )|\bselect .* from\b|\binsert into\b/i;

/** The problem in a refusal, after everything that holds for all of them was checked. */
export function expectRefusal(refusal: Refusal): ProblemJson {
  const { status, headers, text } = refusal;
  expect(headers.get("content-type")).toBe("application/problem+json");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("cache-control")).toBe("no-store");
  expect(text).not.toMatch(inside);
  const problem = JSON.parse(text) as ProblemJson;
  expect(problem.status).toBe(status);
  expect(problem.type).toBe(`/problems/${problem.code}`);
  for (const member of [problem.title, problem.detail, problem.code]) expect(member).toMatch(/\S/);
  if (status === 401) expect(headers.get("www-authenticate")).toStartWith("Bearer");
  if (status === 503) expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
  return problem;
}

const pagesSeen = new Map<string, Promise<void>>();

/** The problem's `type` leads to a page on the same server, for a person to read. */
export function expectPage(url: string, { type, title }: ProblemJson): Promise<void> {
  const address = url + type;
  const known = pagesSeen.get(address) ?? readPage(address, title);
  pagesSeen.set(address, known);
  return known;
}

async function readPage(address: string, title: string): Promise<void> {
  const page = await fetch(address);
  expect(page.status).toBe(200);
  expect(page.headers.get("content-type")).toStartWith("text/html");
  expect(page.headers.get("x-content-type-options")).toBe("nosniff");
  expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(await page.text()).toContain(title);
}
