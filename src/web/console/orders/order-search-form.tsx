/** What orders are searched by. Searching changes the address, and the page shows what its address says. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { useLocation } from "preact-iso";
import { parseId } from "../../../domain/ids.ts";
import { limits } from "../../../domain/limits.ts";
import { type OrderState, orderStates } from "../../../domain/order.ts";
import type { Refusal } from "../../shared/api.ts";
import { Button, Field } from "../../shared/elements.tsx";
import { wordsOf } from "../../shared/language.ts";
import type { Campaign } from "../../shared/wire.ts";
import { addressWith } from "../parts/address.ts";
import { fieldTime, wireTimeOf } from "../parts/local-time.ts";
import { wrongWith } from "../parts/refusal-words.ts";
import { SignalField } from "../parts/signal-field.tsx";
import { orderStateNames } from "./order-words.tsx";

const words = wordsOf({
  search: ["Search", "查询"],
  searchFor: ["Search for orders", "查询订单"],
  clear: ["Clear", "清空条件"],
  campaign: ["Campaign", "活动"],
  offer: ["Offer", "商品"],
  state: ["State", "状态"],
  all: ["all", "全部"],
  buyer: ["Buyer", "买家"],
  buyerHint: ["Exactly as in their token.", "须与令牌中的买家 ID 完全一致。"],
  from: ["Reserved from", "下单时间从"],
  to: ["Before", "到（不含）"],
  toWrong: ["Must be later than the beginning.", "须晚于开始时间。"],
  unknown: ["This is not one we know.", "无法识别。"],
  number: ["Order number", "订单号"],
  open: ["Open", "打开"],
  numberWrong: ["An order number is ord_ and ten letters or digits.", "订单号格式为 ord_ 加十位字母或数字。"],
});

export const filterNames = ["campaign_id", "offer_id", "buyer_id", "state", "from", "to"] as const;
export type OrderFilterTexts = Readonly<Partial<Record<(typeof filterNames)[number], string>>>;

interface OrderSearchFormProps {
  readonly filter: OrderFilterTexts;
  readonly campaigns: readonly Campaign[];
  readonly refusal: Refusal | null;
}

export function OrderSearchForm({ filter, campaigns, refusal }: OrderSearchFormProps): JSX.Element {
  const { route } = useLocation();
  const campaignId = useSignal(filter.campaign_id ?? "");
  const offerId = useSignal(filter.offer_id ?? "");
  const buyerId = useSignal(filter.buyer_id ?? "");
  const state = useSignal(filter.state ?? "");
  const from = useSignal(fieldTime(filter.from));
  const to = useSignal(fieldTime(filter.to));
  const isTimeWrong = useSignal(false);
  // The browser's way back changes the address, too.
  useEffect(() => {
    campaignId.value = filter.campaign_id ?? "";
    offerId.value = filter.offer_id ?? "";
    buyerId.value = filter.buyer_id ?? "";
    state.value = filter.state ?? "";
    from.value = fieldTime(filter.from);
    to.value = fieldTime(filter.to);
  }, [addressWith("", filter)]);
  const isMeant = ({ id, offers: of }: Campaign) =>
    campaignId.value === "" ? of.some((offer) => offer.id === offerId.value) : id === campaignId.value;
  const offers = campaigns.find(isMeant)?.offers ?? [];
  const search = () => {
    isTimeWrong.value = from.value !== "" && to.value !== "" && to.value <= from.value;
    if (isTimeWrong.value) return;
    const texts = {
      campaign_id: campaignId.value,
      offer_id: offerId.value,
      buyer_id: buyerId.value,
      state: state.value,
    };
    const times = { from: wireTimeOf(from.value), to: wireTimeOf(to.value) };
    route(addressWith("/console/orders", { ...texts, ...times }));
  };
  return (
    <search class="card stack" aria-label={words.searchFor}>
      <form
        class="fields"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          search();
        }}
      >
        <Choice
          label={words.campaign}
          value={campaignId.value}
          options={campaigns.map(({ id, title }) => [id, title])}
          error={wrongWith(refusal, "campaign_id", words.unknown)}
          onChoose={(value) => {
            campaignId.value = value;
            offerId.value = "";
          }}
        />
        {(offers.length > 0 || offerId.value !== "") && (
          <Choice
            label={words.offer}
            value={offerId.value}
            options={offers.map(({ id, title }) => [id, title])}
            error={wrongWith(refusal, "offer_id", words.unknown)}
            onChoose={(value) => {
              offerId.value = value;
            }}
          />
        )}
        <Choice
          label={words.state}
          value={state.value}
          options={orderStates.map((one: OrderState) => [one, orderStateNames[one]])}
          error={wrongWith(refusal, "state", words.unknown)}
          onChoose={(value) => {
            state.value = value;
          }}
        />
        <SignalField
          label={words.buyer}
          hint={words.buyerHint}
          error={wrongWith(refusal, "buyer_id", words.unknown)}
          text={buyerId}
          input={{ autocomplete: "off", spellcheck: false, maxLength: limits.buyerIdLengthMax }}
        />
        <SignalField
          label={words.from}
          error={wrongWith(refusal, "from", words.unknown)}
          text={from}
          input={{ type: "datetime-local" }}
        />
        <SignalField
          label={words.to}
          error={isTimeWrong.value ? words.toWrong : wrongWith(refusal, "to", words.toWrong)}
          text={to}
          input={{ type: "datetime-local" }}
        />
        <div class="row">
          <Button kind="primary" type="submit">
            {words.search}
          </Button>
          {Object.keys(filter).length > 0 && (
            <a class="button quiet" href="/console/orders">
              {words.clear}
            </a>
          )}
        </div>
      </form>
      <OpenByNumber />
    </search>
  );
}

/** For whoever has a number and wants that one order. */
function OpenByNumber(): JSX.Element {
  const { route } = useLocation();
  const number = useSignal("");
  const isWrong = useSignal(false);
  return (
    <form
      class="fields"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const id = number.value.trim();
        isWrong.value = parseId("ord", id) === null;
        if (!isWrong.value) route(`/console/orders/${id}`);
      }}
    >
      <SignalField
        label={words.number}
        error={isWrong.value ? words.numberWrong : undefined}
        text={number}
        input={{ class: "mono", autocomplete: "off", spellcheck: false }}
      />
      <Button type="submit">{words.open}</Button>
    </form>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, name: string])[];
  readonly error: string | undefined;
  readonly onChoose: (value: string) => void;
}

/** One of some or all; an address may name one that is not among them. */
function Choice({ label, value, options, error, onChoose }: ChoiceProps): JSX.Element {
  const isForeign = value !== "" && !options.some(([known]) => known === value);
  return (
    <Field label={label} error={error}>
      {(ties) => (
        <select {...ties} value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
          <option value="">{words.all}</option>
          {isForeign && <option value={value}>{value}</option>}
          {options.map(([known, name]) => (
            <option key={known} value={known}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
