/**
 * Pages for the reader of the API: Swagger UI, the document, and a page for every kind of problem. Everything comes
 * from this program's own file: no page names another host, and the policy in respond.ts would stop it if one did.
 *
 * Files are read when somebody first asks for them, and then kept: two megabytes in a thread that has shown /docs.
 */

import swaggerLicense from "swagger-ui-dist/LICENSE" with { type: "file" };
import swaggerNotice from "swagger-ui-dist/NOTICE" with { type: "file" };
import swaggerStyle from "swagger-ui-dist/swagger-ui.css" with { type: "file" };
import swaggerScript from "swagger-ui-dist/swagger-ui-bundle.js" with { type: "file" };
import swaggerParts from "swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt" with { type: "file" };
import ownLicense from "../../LICENSE" with { type: "file" };
import document from "../../schema/openapi.json" with { type: "file" };
import { attemptOutcomes, canRetryHelp } from "../domain/outcome.ts";
import openScript from "./docs/open.js" with { type: "file" };
import pageStyle from "./docs/page.css" with { type: "file" };
import { problemWordsZh } from "./docs/problem-words.ts";
import {
  type Content,
  contentOf,
  css,
  escapeHtml,
  html,
  htmlPage,
  javascript,
  page,
  pageResponse,
  plain,
  read,
} from "./pages.ts";
import { type ProblemCode, type ProblemKind, problem, problemKinds, problemType } from "./problem.ts";
import type { Route } from "./route.ts";

export function docsRoutes(): Route[] {
  return [
    page("docs", "/docs", html, () => docsPage),
    page("docs", "/docs/page.css", css, () => read(pageStyle)),
    page("docs", "/docs/open.js", javascript, () => read(openScript)),
    page("docs", "/docs/swagger-ui.css", css, () => read(swaggerStyle)),
    page("docs", "/docs/swagger-ui-bundle.js", javascript, () => read(swaggerScript)),
    page("docs", "/docs/licenses.txt", plain, licenses),
    page("openapi", "/openapi.json", "application/json", () => read(document as unknown as string)),
    {
      name: "problem_page",
      method: "GET",
      path: "/problems/:code",
      handle: (request, { code }) => answerProblemPage(request, code),
    },
  ];
}

const docsPage = htmlPage({
  lang: "en",
  title: "Rushbox API",
  kind: "docs",
  style: "/docs/page.css",
  head: `<link rel="stylesheet" href="/docs/swagger-ui.css">
<script defer src="/docs/swagger-ui-bundle.js"></script>
<script defer src="/docs/open.js"></script>`,
  body: `<div id="swagger-ui"></div>
<noscript><p>This page needs JavaScript; the document itself is <a href="/openapi.json">openapi.json</a>.</p></noscript>`,
});

/** The licences of what is in these pages, as they ask to be passed on. */
async function licenses(): Promise<string> {
  const parts = [
    ["Rushbox", ownLicense],
    ["Swagger UI, used for /docs", swaggerLicense],
    ["Swagger UI: notice", swaggerNotice],
    ["Swagger UI: what its script contains", swaggerParts],
  ] as const;
  const texts = await Promise.all(
    parts.map(
      async ([title, path]) => `${title}\n${"=".repeat(title.length)}\n\n${(await Bun.file(path).text()).trim()}\n`,
    ),
  );
  return texts.join("\n\n");
}

function answerProblemPage(request: Request, code = ""): Response | Promise<Response> {
  const known = problemCodes.find((candidate) => candidate === code);
  if (known === undefined) return problem("not_found");
  const content = problemPages.get(known) ?? contentOf(problemPage(known));
  problemPages.set(known, content);
  return pageResponse(request, html, content);
}

const problemPages = new Map<ProblemCode, Content>();
const problemCodes = Object.keys(problemKinds) as ProblemCode[];

function problemPage(code: ProblemCode): string {
  const { status, title, detail, retryAfterS }: ProblemKind = problemKinds[code];
  const chinese = problemWordsZh[code];
  const [retry, retryZh] = retryWords(code, retryAfterS);
  const links = problemCodes.map(
    (other) => `<li><a href="${problemType(other)}"${other === code ? ' aria-current="page"' : ""}>${other}</a></li>`,
  );
  return htmlPage({
    lang: "en",
    title: `${title} · ${chinese.title}`,
    kind: "problem",
    style: "/docs/page.css",
    body: `<main>
<article>
<p class="code"><code>${code}</code> · HTTP ${status}</p>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(detail)}</p>
<p class="retry">${retry}</p>
<section lang="zh-Hans">
<h2>${escapeHtml(chinese.title)}</h2>
<p>${escapeHtml(chinese.detail)}</p>
<p class="retry">${retryZh}</p>
</section>
</article>
<nav aria-label="All problems">
<a href="/docs">Rushbox API</a>
<ul>
${links.join("\n")}
</ul>
</nav>
</main>`,
  });
}

/** Whether the same request again can end differently, in both languages. */
function retryWords(code: ProblemCode, retryAfterS: number | undefined): readonly [string, string] {
  const outcome = attemptOutcomes.find((known) => known === code);
  const canHelp = outcome === undefined ? code === "internal" || code === "attempt_unknown" : canRetryHelp(outcome);
  if (!canHelp) return ["The same request will be refused again.", "原样重复请求仍会被拒绝。"];
  if (retryAfterS === undefined) return ["The same request can succeed later.", "稍后重复同一请求可能成功。"];
  return [
    `The same request can succeed later: see Retry-After, ${retryAfterS} s as a rule.`,
    `稍后重复同一请求可能成功：见 Retry-After，通常为 ${retryAfterS} 秒。`,
  ];
}
