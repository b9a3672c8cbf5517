/** The storefront: what buyers see. What is around every page, and which page an address shows. */
import { render } from "preact";
import { useEffect } from "preact/hooks";
import { ErrorBoundary, LocationProvider, lazy, Route, Router, useLocation } from "preact-iso";
import { keepTime } from "../shared/clock.ts";
import { Button, Mark, Preferences } from "../shared/elements.tsx";
import { wordsOf } from "../shared/language.ts";
import { Chat } from "./chat-button.tsx";
import { ReminderNotices } from "./reminder-told.tsx";
import { keepReminders } from "./reminders.ts";
import { SalePage } from "./sale-page.tsx";
import { SalesPage } from "./sales-page.tsx";
import { api, buyer, shop, startSession } from "./session.ts";

// What a first visit does not need is fetched when it is asked for.
const OrdersPage = lazy(() =>
  import("./orders-page.tsx").then(
    (room) => room.OrdersPage,
    () => NotLoaded,
  ),
);
const OrderPage = lazy(() =>
  import("./order-page.tsx").then(
    (room) => room.OrderPage,
    () => NotLoaded,
  ),
);
const DrawPage = lazy(() =>
  import("./draw-page.tsx").then(
    (room) => room.DrawPage,
    () => NotLoaded,
  ),
);

const words = wordsOf({
  skip: ["Skip to content", "跳到正文"],
  sales: ["Sales", "活动"],
  orders: ["My orders", "我的订单"],
  guest: ["Guest", "游客"],
  check: ["Check a sale", "公开核验"],
  gone: ["There is nothing at this address.", "这里什么也没有。"],
  toSales: ["See all sales", "查看全部活动"],
  notLoaded: ["This page could not be loaded.", "页面加载失败。"],
  notLoadedHint: ["Check your network, then load it again.", "请检查网络，然后重新加载。"],
  reload: ["Load again", "重新加载"],
});

function Storefront() {
  return (
    <LocationProvider scope={/^\/(campaigns\/[^/]+(\/draw)?|orders(\/[^/]+)?)?$/}>
      <a class="skip" href="#content">
        {words.skip}
      </a>
      <Head />
      <main id="content" class="page" tabIndex={-1}>
        <ReminderNotices />
        <ErrorBoundary>
          <Router onRouteChange={readOn}>
            <Route path="/" component={SalesPage} />
            <Route path="/campaigns/:id" component={SalePage} />
            <Route path="/campaigns/:id/draw" component={DrawPage} />
            <Route path="/orders" component={OrdersPage} />
            <Route path="/orders/:id" component={OrderPage} />
            <Route default component={NothingHere} />
          </Router>
        </ErrorBoundary>
      </main>
      <footer class="foot no-print">
        <a href="/verify">{words.check}</a>
        <Preferences />
      </footer>
      <Chat />
    </LocationProvider>
  );
}

let shownPath = location.pathname;

/** Another page begins at its beginning, for the keyboard and a screen reader too; a choice on the same page does not. */
function readOn(): void {
  if (location.pathname === shownPath) return;
  shownPath = location.pathname;
  document.getElementById("content")?.focus({ preventScroll: true });
}

function Head() {
  const { path } = useLocation();
  const current = (of: string) => (path === of ? "page" : undefined);
  return (
    <header class="head no-print">
      <a class="brand" href="/">
        <Mark />
        <span>{shop.value?.name ?? "Rushbox"}</span>
      </a>
      <nav class="row">
        <a href="/" aria-current={current("/")}>
          {words.sales}
        </a>
        <a href="/orders" aria-current={current("/orders")}>
          {words.orders}
        </a>
        {buyer.value !== null && (
          <span class="who muted small">{buyer.value.isGuest ? words.guest : buyer.value.id}</span>
        )}
      </nav>
    </header>
  );
}

function NothingHere() {
  return (
    <div class="stack">
      <h1>{words.gone}</h1>
      <p>
        <a href="/">{words.toSales}</a>
      </p>
    </div>
  );
}

/** In place of a page whose script did not come: browsers remember that, so only a reload asks for it again. */
function NotLoaded() {
  useEffect(() => {
    const reload = () => location.reload();
    addEventListener("online", reload);
    return () => removeEventListener("online", reload);
  }, []);
  return (
    <div class="stack not-there" role="status">
      <h1>{words.notLoaded}</h1>
      <p>{words.notLoadedHint}</p>
      <p>
        <Button onPress={() => location.reload()}>{words.reload}</Button>
      </p>
    </div>
  );
}

keepTime(api);
keepReminders();
void startSession();
render(<Storefront />, document.body);
