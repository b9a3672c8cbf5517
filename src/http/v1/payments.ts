/**
 * Money by a payment provider: the page on which an order is paid, the provider's webhook, and the refund. The provider
 * is asked on this thread, beside everything else, and never by the engine; what its webhook says the engine decides.
 */
import { formatId, parseId } from "../../domain/ids.ts";
import { limits } from "../../domain/limits.ts";
import type { OrderRecord } from "../../domain/order.ts";
import type { Clock } from "../../host/clock.ts";
import { log } from "../../host/log.ts";
import { type Checkout, type PaymentProvider, ProviderFailure, type WebhookNotice } from "../../payment/provider.ts";
import { hasBody, readBytes, readJson } from "../body.ts";
import { isOperator, refuseByRole, requireOperator } from "../guard.ts";
import type { HttpParts } from "../parts.ts";
import { problem } from "../problem.ts";
import { json, wireTime } from "../respond.ts";
import type { Route } from "../route.ts";
import { RefundBody } from "../schemas.ts";
import { refusalOf } from "./campaigns.ts";
import { headOf, ownOrder, render, stored } from "./orders.ts";

type Parts = Pick<HttpParts, "auth" | "catalogue" | "client" | "clock" | "gate" | "metrics" | "orders" | "payments">;
type PaidNotice = Extract<WebhookNotice, { kind: "paid" }>;

/** Less than the server's own patience with a silent connection, so that the buyer gets an answer. */
const checkoutMsMax = 8_000;
/** Every buyer meets a provider that is down: the log says so once in this time. */
const warnEveryMs = 10_000;

export function paymentRoutes(parts: Parts): Route[] {
  const desk = new CheckoutDesk();
  return [
    {
      name: "create_checkout",
      method: "POST",
      path: "/v1/orders/:id/checkout",
      handle: (request, { id }) => checkout(parts, desk, request, id),
    },
    {
      name: "refund_order",
      method: "POST",
      path: "/v1/orders/:id/refund",
      handle: (request, { id }) => refund(parts, request, id),
    },
    {
      name: "return_payment",
      method: "POST",
      path: "/v1/orders/:id/payments/:payment/returned",
      handle: (request, { id, payment }) => returned(parts, request, id, payment),
    },
    {
      name: "payment_webhook",
      method: "POST",
      path: "/v1/payments/:provider/webhook",
      handle: (request, { provider }) => webhook(parts, request, provider),
    },
  ];
}

async function checkout(parts: Parts, desk: CheckoutDesk, request: Request, id = ""): Promise<Response> {
  const own = await ownOrder(parts, request, id);
  if (own instanceof Response) return own;
  const { caller, order } = own;
  const refusedByRole = refuseByRole(caller, "operator");
  if (refusedByRole !== null) return refusedByRole;
  const { provider } = parts.payments;
  if (provider === null) return problem("payments_off");
  if (order.state !== "reserved") return problem("transition_not_allowed", { members: { state: order.state } });
  if (!desk.hasRoom) return problem("overloaded");
  if (isOperator(caller)) {
    // Nobody waits for the audit log: the provider takes longer.
    const command = {
      type: "note_action",
      action: "create_checkout",
      subject: formatId("ord", order.orderId),
    } as const;
    if (parts.client.send(command, headOf(caller)) === null) return problem("overloaded");
  }
  const { view } = parts.catalogue.offerBySeq(order.offerId);
  const opened = await desk.open(provider, { ...order, title: view.title, currency: view.currency }, parts.clock);
  if (opened === null) return problem("provider_unavailable");
  const body = JSON.stringify({ url: opened.url, expires_at: wireTime(opened.expiresAtMs) });
  return json(body, { status: 201, headers: { location: opened.url } });
}

async function refund(parts: Parts, request: Request, id = ""): Promise<Response> {
  const operator = await requireOperator(parts.auth, request, "operator");
  if (operator instanceof Response) return operator;
  const body = hasBody(request) ? await readJson(request, RefundBody) : {};
  if (body instanceof Response) return body;
  const own = await ownOrder(parts, request, id);
  if (own instanceof Response) return own;
  const { orderId, campaignId, buyerId } = own.order;
  const returnsUnits = body.return_units ?? true;
  const command = { type: "refund", orderId, campaignId, buyerId, returnsUnits } as const;
  const refused = refusalOf(await parts.client.send(command, headOf(operator)));
  return refused ?? json(render(parts, stored(parts, orderId)));
}

/** The shop has returned a payment of its own that is `refund_due`. Rushbox has the others returned, and knows. */
async function returned(parts: Parts, request: Request, id = "", payment = ""): Promise<Response> {
  const operator = await requireOperator(parts.auth, request, "operator");
  if (operator instanceof Response) return operator;
  const own = await ownOrder(parts, request, id);
  if (own instanceof Response) return own;
  const { orderId, campaignId, buyerId } = own.order;
  const paymentId = parseId("pay", payment);
  const known = parts.orders.paymentsOf(orderId).find((candidate) => candidate.paymentId === paymentId);
  if (known?.provider !== "shop") return problem("not_found");
  const command = { type: "confirm_refund", orderId, campaignId, buyerId, paymentId: known.paymentId } as const;
  const refused = refusalOf(await parts.client.send(command, headOf(operator)));
  return refused ?? json(render(parts, stored(parts, orderId)));
}

/** Answered 200 once what it says is stored; whatever is not known is answered 503, so that it comes again. */
async function webhook(parts: Parts, request: Request, name = ""): Promise<Response> {
  const { provider } = parts.payments;
  if (provider === null || provider.name !== name) return problem("not_found");
  const body = await readBytes(request, limits.webhookBytesMax);
  if (body instanceof Response) return body;
  const notice = await provider.readWebhook(body, request.headers);
  switch (notice.kind) {
    case "forged":
      return problem("signature_invalid");
    case "ignored":
      return taken("ignored");
    case "paid":
      return takePayment(parts, provider, notice);
  }
}

async function takePayment(
  { client, metrics, orders }: Parts,
  provider: PaymentProvider,
  notice: PaidNotice,
): Promise<Response> {
  const { orderId, reference, amountMinor, currency } = notice;
  const order = orders.order(orderId);
  if (order?.expiresAtMs !== notice.orderExpiresAtMs) return orderUnknown(metrics, provider, notice);
  const { campaignId, buyerId } = order;
  const payment = { provider: provider.name, reference, amountMinor, currency };
  const answer = await client.send({ type: "pay", orderId, campaignId, buyerId, payment });
  switch (answer?.code) {
    case undefined:
      return problem("overloaded");
    case "outcome_unknown":
      return problem("outcome_unknown");
    case "moved":
      return taken("paid");
    case "refund_due":
      return taken("refund_due");
    default:
      throw new Error(`unexpected answer ${answer?.code}`);
  }
}

/**
 * Money for an order that is not here, or not the one that was paid for: another system's on the same account, or one
 * that a restored backup has not, whose id another order has now. It
 * is taken, since it would not be found at the next try either, and told to whoever can return it.
 */
function orderUnknown(
  metrics: Parts["metrics"],
  { name }: PaymentProvider,
  { orderId, reference, amountMinor, currency }: PaidNotice,
): Response {
  metrics.add(metrics.series("rushbox_payments_unclaimed_total"), 1);
  log("error", "a payment arrived for an order that is not here: look whose it is, return it by hand if nobody's", {
    provider: name,
    order: formatId("ord", orderId),
    reference,
    amount_minor: amountMinor,
    currency,
  });
  return taken("order_unknown");
}

function taken(outcome: "paid" | "refund_due" | "ignored" | "order_unknown"): Response {
  return json(JSON.stringify({ outcome }));
}

/** Opens checkouts at the provider: so many at a time, each within its time, and quiet about a provider that is down. */
class CheckoutDesk {
  #underWay = 0;
  #warnedAtMs = Number.NEGATIVE_INFINITY;

  get hasRoom(): boolean {
    return this.#underWay < limits.checkoutsInFlightMax;
  }

  /** `null` when the provider refuses, or has not answered in time. */
  open(
    provider: PaymentProvider,
    order: Pick<OrderRecord, "orderId" | "quantity" | "amountMinor" | "expiresAtMs"> & {
      readonly title: string;
      readonly currency: string;
    },
    clock: Clock,
  ): Promise<Checkout | null> {
    this.#underWay += 1;
    const asked = provider
      .checkout(order)
      .catch((cause: unknown) => this.#failed(cause, clock))
      .finally(() => {
        this.#underWay -= 1;
      });
    return Promise.race([asked, Bun.sleep(checkoutMsMax).then(() => null)]);
  }

  #failed(cause: unknown, clock: Clock): null {
    const nowMs = clock.elapsedMs();
    if (nowMs < this.#warnedAtMs + warnEveryMs) return null;
    this.#warnedAtMs = nowMs;
    const why = cause instanceof Error ? cause.message : String(cause);
    log(cause instanceof ProviderFailure && cause.isTemporary ? "warn" : "error", "a checkout could not be opened", {
      why,
    });
    return null;
  }
}
