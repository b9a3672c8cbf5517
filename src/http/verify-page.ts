/**
 * The page where anybody checks a sale, a receipt or a draw: all of the check happens in the browser, in pages/verify.js
 * and pages/verify-draw.js. Its words stand there in both languages; without JavaScript it says where to read on.
 */

import verifyStyle from "./pages/verify.css" with { type: "file" };
import verifyScript from "./pages/verify.js" with { type: "file" };
import verifyDrawScript from "./pages/verify-draw.js" with { type: "file" };
import { css, html, javascript, page, read } from "./pages.ts";
import type { Route } from "./route.ts";

export function verifyPageRoutes(): Route[] {
  return [
    page("verify_page", "/verify", html, () => verifyPage),
    page("verify_page", "/verify/page.css", css, () => read(verifyStyle)),
    page("verify_page", "/verify/page.js", javascript, () => read(verifyScript)),
    page("verify_page", "/verify/draw.js", javascript, () => read(verifyDrawScript)),
  ];
}

const text = (name: string) => `data-text="${name}"`;

/** The icon is an empty one, so that no browser asks for /favicon.ico. */
const verifyPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Check a sale · 核验一场秒杀</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/verify/page.css">
<script type="module" src="/verify/page.js"></script>
</head>
<body>
<main>
<noscript><p>This page calculates in your browser and needs JavaScript. · 本页在浏览器中计算，需要启用 JavaScript。</p></noscript>
<header><h1 ${text("title")}></h1><button type="button" id="language" ${text("other")}></button></header>
<p class="lead" ${text("lead")}></p>

<section>
<form id="sale">
<label for="campaign" ${text("campaignLabel")}></label>
<div class="row">
<input type="text" id="campaign" required autocomplete="off" autocapitalize="none" spellcheck="false" placeholder="cmp_0000000001" aria-describedby="campaign-hint">
<button type="submit" ${text("check")}></button>
<button type="button" id="stop" hidden ${text("stop")}></button>
</div>
<p class="hint" id="campaign-hint" ${text("campaignHint")}></p>
</form>
<div id="progress"></div>
<div id="verdict" role="status"></div>
</section>

<section>
<h2 ${text("receiptTitle")}></h2>
<p class="hint" ${text("receiptLead")}></p>
<form id="receipt">
<label class="row" for="receipt-text" ${text("receiptLabel")}></label>
<textarea id="receipt-text" required autocomplete="off" spellcheck="false"></textarea>
<div class="row">
<button type="submit" ${text("receiptCheck")}></button>
<label class="file"><span ${text("receiptFile")}></span><input type="file" id="receipt-file" accept="application/json,.json,.txt"></label>
</div>
</form>
<div id="receipt-verdict" role="status"></div>
</section>

<section>
<h2 ${text("drawTitle")}></h2>
<p class="hint" ${text("drawLead")}></p>
<form id="draw">
<label for="draw-campaign" ${text("drawLabel")}></label>
<div class="row">
<input type="text" id="draw-campaign" required autocomplete="off" autocapitalize="none" spellcheck="false" placeholder="cmp_0000000001">
<button type="submit" ${text("drawCheck")}></button>
</div>
</form>
<form id="proof">
<label class="row" for="proof-text" ${text("proofLabel")}></label>
<textarea id="proof-text" required autocomplete="off" spellcheck="false"></textarea>
<div class="row">
<button type="submit" ${text("proofCheck")}></button>
<label class="file"><span ${text("receiptFile")}></span><input type="file" id="proof-file" accept="application/json,.json,.jsonl,.txt"></label>
</div>
</form>
<div id="draw-progress"></div>
<div id="draw-verdict" role="status"></div>
</section>

<section>
<h2 ${text("provesTitle")}></h2>
<ul><li ${text("proves1")}></li><li ${text("proves2")}></li><li ${text("proves3")}></li><li ${text("proves4")}></li></ul>
</section>
</main>
</body>
</html>
`;
