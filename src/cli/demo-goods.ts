/** What the demo sells: campaigns of the three kinds, in every state, as a shop would write them. Prices in fen. */
import type { CampaignAction, CampaignKind } from "../domain/campaign.ts";

export interface DemoOffer {
  readonly sku: string;
  readonly title: string;
  readonly brand: string;
  readonly category: string;
  readonly price_minor: number;
  readonly list_price_minor: number;
  readonly stock: number;
  readonly limit_per_buyer: number;
}

export interface DemoCampaign {
  readonly title: string;
  readonly kind: CampaignKind;
  readonly opensInMs: number | null;
  readonly closesInMs: number;
  readonly offers: readonly DemoOffer[];
  /** How many buyers have been there before the demo is shown. */
  readonly visitors: number;
  /** What its operator did last. */
  readonly lastly?: CampaignAction;
}

const second = 1_000;
const hour = 3_600_000;

const opensSoonMs = 10 * second;

/** Open at once, all day long. */
export const openSale: DemoCampaign = {
  title: "双11主会场 · Double Eleven Main Hall",
  kind: "limited_time",
  opensInMs: null,
  closesInMs: 24 * hour,
  visitors: 60,
  offers: [
    offer("MI-15-256", "小米15 手机 12GB+256GB · Xiaomi 15 phone", "Xiaomi", "phones", [379_900, 449_900], 500, 2),
    offer("SUPOR-IH-4L", "苏泊尔 IH电饭煲 4L · Supor rice cooker", "Supor", "kitchen", [29_900, 59_900], 300, 2),
    offer(
      "SQRL-NUT-1500",
      "三只松鼠 坚果礼盒 1.5kg · Nut gift box",
      "Three Squirrels",
      "food",
      [7_900, 16_800],
      2_000,
      5,
    ),
    offer("ANTA-C202-42", "安踏 C202 跑鞋 · Anta running shoes", "Anta", "sports", [45_900, 79_900], 12, 1),
  ],
};

/** Opens while its reader is still reading. */
export const soonSale: DemoCampaign = {
  title: "一元秒杀 · One-Yuan Rush",
  kind: "one_yuan",
  opensInMs: opensSoonMs,
  closesInMs: 2 * hour,
  visitors: 0,
  offers: [
    offer("DJI-NEO", "大疆 Neo 无人机 · DJI Neo drone", "DJI", "toys", [100, 129_900], 20, 1),
    offer("MI-BAND-9", "小米手环9 · Xiaomi Smart Band 9", "Xiaomi", "wearables", [100, 24_900], 100, 1),
    offer("LEGO-10330", "乐高 迈凯伦赛车 · LEGO McLaren", "LEGO", "toys", [100, 64_900], 30, 1),
  ],
};

/** The rest of the first day, oldest first. */
export const otherSales: readonly DemoCampaign[] = [
  {
    title: "早市特惠 · Morning Market",
    kind: "limited_time",
    opensInMs: null,
    closesInMs: 24 * hour,
    visitors: 40,
    lastly: "end",
    offers: [
      offer("YILI-MILK-12", "伊利 金典纯牛奶 12盒 · Yili milk, 12 packs", "Yili", "food", [3_990, 6_500], 25, 2),
      offer("PHILIPS-S3", "飞利浦 剃须刀 · Philips shaver", "Philips", "care", [19_900, 39_900], 60, 1),
    ],
  },
  {
    title: "新机首发 · Phone Launch",
    kind: "hot_item",
    opensInMs: null,
    closesInMs: 12 * hour,
    visitors: 24,
    lastly: "pause",
    offers: [
      offer(
        "MATE-80-512",
        "华为 Mate 80 Pro 512GB · Huawei Mate 80 Pro",
        "Huawei",
        "phones",
        [699_900, 799_900],
        200,
        1,
      ),
    ],
  },
  {
    title: "茅台专场 · Moutai Drop",
    kind: "hot_item",
    opensInMs: 36 * hour,
    closesInMs: 36.5 * hour,
    visitors: 0,
    offers: [
      offer(
        "MOUTAI-53-500",
        "飞天茅台 53度 500ml · Moutai Flying Fairy",
        "Moutai",
        "drinks",
        [149_900, 149_900],
        1_000,
        2,
      ),
    ],
  },
];

function offer(
  sku: string,
  title: string,
  brand: string,
  category: string,
  [price_minor, list_price_minor]: readonly [number, number],
  stock: number,
  limit_per_buyer: number,
): DemoOffer {
  return { sku, title, brand, category, price_minor, list_price_minor, stock, limit_per_buyer };
}
