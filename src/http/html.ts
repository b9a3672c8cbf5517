/** A page around its content. Its style and scripts are files of this server: the policy in respond.ts allows no others. */

export interface HtmlPage {
  readonly lang: "en" | "zh-Hans";
  readonly title: string;
  /** The class of the whole page, for its style. */
  readonly kind: string;
  readonly style: string;
  /** Further lines of the head. */
  readonly head?: string;
  readonly body: string;
}

/** The icon is an empty one, so that no browser asks for /favicon.ico. */
export function htmlPage({ lang, title, kind, style, head, body }: HtmlPage): string {
  return `<!doctype html>
<html lang="${lang}" class="${kind}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
${head === undefined ? "" : `${head}\n`}<link rel="stylesheet" href="${style}">
</head>
<body>
${body}
</body>
</html>
`;
}

export function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
