/** The console: what operators see. The door, the frame, and which page an address shows. */
import { useSignal } from "@preact/signals";
import { render } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { ErrorBoundary, LocationProvider, lazy, Route, Router, useLocation } from "preact-iso";
import { keepTime } from "../shared/clock.ts";
import { Button, Mark, Preferences } from "../shared/elements.tsx";
import { language, wordsOf } from "../shared/language.ts";
import { Door } from "./door.tsx";
import { api, isSignedIn, may, operator, roleNames, signIn, signOut } from "./session.ts";

// Each page is fetched when it is first opened.
const DashboardPage = lazy(() => import("./dashboard/dashboard-page.tsx").then((room) => room.DashboardPage));
const SwitchesPage = lazy(() => import("./switches/switches-page.tsx").then((room) => room.SwitchesPage));
const CampaignsPage = lazy(() => import("./campaigns/campaigns-page.tsx").then((room) => room.CampaignsPage));
const CampaignFormPage = lazy(() => import("./campaigns/campaign-form-page.tsx").then((room) => room.CampaignFormPage));
const CampaignPage = lazy(() => import("./campaigns/campaign-page.tsx").then((room) => room.CampaignPage));
const ReportPage = lazy(() => import("./reports/report-page.tsx").then((room) => room.ReportPage));
const RehearsalsPage = lazy(() => import("./rehearsals/rehearsals-page.tsx").then((room) => room.RehearsalsPage));
const RehearsalPage = lazy(() => import("./rehearsals/rehearsal-page.tsx").then((room) => room.RehearsalPage));
const OrdersPage = lazy(() => import("./orders/orders-page.tsx").then((room) => room.OrdersPage));
const OrderPage = lazy(() => import("./orders/order-page.tsx").then((room) => room.OrderPage));
const RiskPage = lazy(() => import("./risk/risk-page.tsx").then((room) => room.RiskPage));
const WebhooksPage = lazy(() => import("./webhooks/webhooks-page.tsx").then((room) => room.WebhooksPage));
const OperatorsPage = lazy(() => import("./operators/operators-page.tsx").then((room) => room.OperatorsPage));
const AuditPage = lazy(() => import("./audit/audit-page.tsx").then((room) => room.AuditPage));

const words = wordsOf({
  skip: ["Skip to content", "跳到正文"],
  console: ["Console", "控制台"],
  signOut: ["Sign out", "退出"],
  gone: ["There is nothing at this address.", "这里什么也没有。"],
  toDashboard: ["To the dashboard", "回到实况"],
  sections: ["Sections", "栏目"],
  mine: ["Me", "我的"],
  titleOfAll: ["Rushbox console", "Rushbox 控制台"],
});

/** What stands in the navigation, in this order. */
const sections = wordsOf({
  dashboard: ["Dashboard", "实况"],
  campaigns: ["Campaigns", "活动"],
  orders: ["Orders", "订单"],
  risk: ["Risk", "风控"],
  rehearsals: ["Rehearsal", "演练"],
  switches: ["Switches", "开关"],
  webhooks: ["Webhooks", "回调"],
  operators: ["Operators", "人员"],
  audit: ["Audit log", "审计"],
});
type Section = keyof typeof sections;

const adminOnly: readonly Section[] = ["webhooks", "operators", "audit"];
const addressOf = (section: Section) => (section === "dashboard" ? "/console" : `/console/${section}`);

function Console() {
  if (!isSignedIn.value) return <Door />;
  return (
    <LocationProvider scope={/^\/console(\/|$)/}>
      <a class="skip" href="#content">
        {words.skip}
      </a>
      <div class="frame">
        <Side />
        <main id="content" class="content" tabIndex={-1}>
          <ErrorBoundary>
            <Router>
              <Route path="/console" component={DashboardPage} />
              <Route path="/console/switches" component={SwitchesPage} />
              <Route path="/console/campaigns" component={CampaignsPage} />
              <Route path="/console/campaigns/new" component={CampaignFormPage} />
              <Route path="/console/campaigns/:id" component={CampaignPage} />
              <Route path="/console/reports/:id" component={ReportPage} />
              <Route path="/console/rehearsals" component={RehearsalsPage} />
              <Route path="/console/rehearsals/:id" component={RehearsalPage} />
              <Route path="/console/orders" component={OrdersPage} />
              <Route path="/console/orders/:id" component={OrderPage} />
              <Route path="/console/risk" component={RiskPage} />
              <Route path="/console/webhooks" component={WebhooksPage} />
              <Route path="/console/operators" component={OperatorsPage} />
              <Route path="/console/audit" component={AuditPage} />
              <Route default component={NothingHere} />
            </Router>
          </ErrorBoundary>
        </main>
      </div>
    </LocationProvider>
  );
}

function Side() {
  const { path } = useLocation();
  const shown = (Object.keys(sections) as Section[]).filter((section) => !adminOnly.includes(section) || may("admin"));
  const nav = useRef<HTMLElement>(null);
  const isUnfolded = useSignal(false);
  // On a phone they are a row that is wider than the screen.
  useEffect(() => scrollToOpen(nav.current), [path, language.value]);
  const isHere = (section: Section) =>
    section === "dashboard" ? path === "/console" : path.startsWith(addressOf(section));
  const here = shown.find(isHere);
  // Tabs of one operator are told apart by it. How many alarms there are stands before, and stays.
  useEffect(() => {
    const alarms = /^\(\d+\) /.exec(document.title)?.[0] ?? "";
    document.title = alarms + [here && sections[here], words.titleOfAll].filter(Boolean).join(" · ");
  }, [here, language.value]);
  return (
    <header class={`side no-print ${isUnfolded.value ? "unfolded" : ""}`}>
      <a class="brand" href="/console">
        <Mark />
        <span>{words.console}</span>
      </a>
      <nav ref={nav} aria-label={words.sections}>
        {shown.map((section) => (
          <a key={section} href={addressOf(section)} aria-current={isHere(section) ? "page" : undefined}>
            {sections[section]}
          </a>
        ))}
      </nav>
      <button
        type="button"
        class="button small unfold"
        aria-expanded={isUnfolded.value}
        aria-controls="who"
        onClick={() => (isUnfolded.value = !isUnfolded.value)}
      >
        {words.mine}
      </button>
      <div id="who" class="who">
        <span class="muted small">
          {operator.value && `${operator.value.name} · ${roleNames[operator.value.role]}`}
        </span>
        <Button kind="quiet" size="small" onPress={signOut}>
          {words.signOut}
        </Button>
        <Preferences />
      </div>
    </header>
  );
}

/** Moves the row of sections alone, so that the one that is open is in its middle; the page stays where it is. */
function scrollToOpen(nav: HTMLElement | null): void {
  const open = nav?.querySelector<HTMLElement>('[aria-current="page"]');
  if (!nav || !open) return;
  const [row, section] = [nav.getBoundingClientRect(), open.getBoundingClientRect()];
  nav.scrollLeft += section.left + section.width / 2 - (row.left + row.width / 2);
}

function NothingHere() {
  return (
    <div class="stack">
      <h1>{words.gone}</h1>
      <p>
        <a href="/console">{words.toDashboard}</a>
      </p>
    </div>
  );
}

keepTime(api);
void signIn().then(() => render(<Console />, document.body));
