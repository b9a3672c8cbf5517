/** The addresses of the pages around a payment: the sandbox's, and the one where buyers come back to. */
import { formatId, parseId } from "../domain/ids.ts";
import { returnedPath } from "../payment/provider.ts";
import { framedPage, frameStyleRoute, wordsOf } from "./checkout/frame.ts";
import { escapeHtml } from "./pages.ts";
import type { HttpParts } from "./parts.ts";
import { problem } from "./problem.ts";
import type { Route } from "./route.ts";

export function checkoutPageRoutes(parts: Pick<HttpParts, "payments">): Route[] {
  return [
    {
      name: "sandbox_page",
      method: "GET",
      path: "/sandbox/checkout/:token",
      handle: (request, { token = "" }) => parts.payments.sandboxPages?.show(request, token) ?? problem("not_found"),
    },
    {
      name: "press_sandbox_button",
      method: "POST",
      path: "/sandbox/checkout/:token/:button",
      handle: (request, { token = "", button = "" }) =>
        parts.payments.sandboxPages?.press(request, token, button) ?? problem("not_found"),
    },
    { name: "checkout_returned", method: "GET", path: returnedPath, handle: returned },
    frameStyleRoute(),
  ];
}

/**
 * Says how it went on the provider's page, and leads on to the order. It shows nothing of it: whoever knows its id need
 * not be its buyer.
 */
function returned(request: Request): Response {
  const words = wordsOf(request);
  const { searchParams } = new URL(request.url);
  const result = searchParams.get("checkout") === "paid" ? "paid" : "unpaid";
  const orderId = parseId("ord", searchParams.get("order") ?? "");
  const order = orderId === null ? "" : formatId("ord", orderId);
  const { title, detail } = words.returned[result];
  const body = `<h1>${escapeHtml(title)}</h1>
<p class="detail">${escapeHtml(detail)}</p>${order === "" ? "" : `\n<dl><div><dt>${words.order}</dt><dd><code>${order}</code></dd></div></dl>`}
<p class="links"><a class="next" href="/orders${order === "" ? "" : `/${order}`}">${escapeHtml(order === "" ? words.toOrders : words.toOrder)}</a></p>`;
  const query = new URLSearchParams({ ...(order === "" ? {} : { order }), checkout: result });
  return framedPage(words, { title, body, address: `${returnedPath}?${query}` });
}
