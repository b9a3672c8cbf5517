/** Pages for the reader of the API: Swagger UI, the document, and a page for every kind of problem. All embedded. */
import { type ProblemKind, problem, problemKinds, problemType } from "./problem.ts";
import { pageHeaders } from "./respond.ts";
import type { Route } from "./route.ts";

export function docsRoutes(): Route[] {
  return [
    { name: "problem_page", method: "GET", path: "/problems/:code", handle: (_, { code = "" }) => problemPage(code) },
  ];
}

function problemPage(code: string): Response {
  const kind: ProblemKind | undefined = Object.entries(problemKinds).find(([known]) => known === code)?.[1];
  if (kind === undefined) return problem("not_found");
  const text = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${kind.title}</title><h1>${kind.title}</h1><p><code>${problemType(code)}</code> HTTP ${kind.status}</p><p>${kind.detail}</p></html>`;
  return new Response(text, { headers: { ...pageHeaders, "content-type": "text/html; charset=utf-8" } });
}
