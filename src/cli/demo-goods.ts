/** What the demo sells: campaigns of the three kinds, in every state and admission, as a shop would write them. Prices in fen. */
import type { AdmissionMode, ChallengeKind } from "../domain/admission.ts";
import type { CampaignAction, CampaignKind } from "../domain/campaign.ts";
import { type PictureName, picturePath } from "../http/pictures.ts";

export interface DemoOffer {
  readonly sku: string;
  readonly title: string;
  readonly description: string;
  readonly brand: string;
  readonly category: string;
  readonly image_url: string;
  readonly price_minor: number;
  readonly list_price_minor: number;
  readonly stock: number;
  readonly limit_per_buyer: number;
}

export interface DemoCampaign {
  readonly title: string;
  readonly description: string;
  readonly kind: CampaignKind;
  /** Whoever asks first when absent. */
  readonly admission?: AdmissionMode;
  readonly challenge?: ChallengeKind;
  readonly opensInMs: number | null;
  readonly closesInMs: number;
  readonly offers: readonly DemoOffer[];
  /** How many buyers have been there before the demo is shown: they have bought, or entered the draw. */
  readonly visitors: number;
  /** What its operator did last. */
  readonly lastly?: CampaignAction;
}

const second = 1_000;
const minute = 60_000;
const hour = 3_600_000;

/** Open at once, all day long. */
export const openSale: DemoCampaign = {
  title: "双11主会场 · Double Eleven Main Hall",
  description: `全天低价，先到先得。下单后 15 分钟内付款，超时自动退回库存。
Low prices all day, first come, first served. Pay within 15 minutes, or the unit goes back on sale.`,
  kind: "limited_time",
  opensInMs: null,
  closesInMs: 24 * hour,
  visitors: 60,
  offers: [
    offer("MI-15-256", "小米15 手机 12GB+256GB · Xiaomi 15 phone", {
      description: `6.36 英寸直屏，三摄，5400 mAh 电池。黑色，含充电器。
A 6.36 inch flat display, three cameras, a 5,400 mAh battery. Black, with its charger.`,
      ...{ brand: "Xiaomi", category: "phones", picture: "phone", price: [379_900, 449_900], stock: 500, limit: 2 },
    }),
    offer("SUPOR-IH-4L", "苏泊尔 IH电饭煲 4L · Supor rice cooker", {
      description: `IH 立体加热，4 升，够 2 到 6 人。24 小时预约。
Induction heating, 4 litres: rice for two to six. Can be set a day ahead.`,
      ...{ brand: "Supor", category: "kitchen", picture: "rice-cooker", price: [29_900, 59_900], stock: 300, limit: 2 },
    }),
    offer("SQRL-NUT-1500", "三只松鼠 坚果礼盒 1.5kg · Nut gift box", {
      description: `十袋每日坚果：扁桃仁、腰果、榛子、核桃。保质期 9 个月。
Ten bags of almonds, cashews, hazelnuts and walnuts. Best within nine months.`,
      ...{
        brand: "Three Squirrels",
        category: "food",
        picture: "nuts",
        price: [7_900, 16_800],
        stock: 2_000,
        limit: 5,
      },
    }),
    offer("ANTA-C202-42", "安踏 C202 跑鞋 · Anta running shoes", {
      description: `轻量碳板跑鞋，42 码，最后 12 双。
Light running shoes with a carbon plate, size 42. The last twelve pairs.`,
      ...{ brand: "Anta", category: "sports", picture: "running-shoes", price: [45_900, 79_900], stock: 12, limit: 1 },
    }),
  ],
};

/** Opens while its reader is still looking around. */
export const soonSale: DemoCampaign = {
  title: "一元秒杀 · One-Yuan Rush",
  description: `每件一元，每人限一件，准点开抢。提前点击没有任何作用。
One yuan each, one per buyer, at the minute. Being early with a click changes nothing.`,
  kind: "one_yuan",
  opensInMs: 20 * second,
  closesInMs: 2 * hour,
  visitors: 0,
  offers: [
    offer("DJI-NEO", "大疆 Neo 无人机 · DJI Neo drone", {
      description: `135 克，掌上起降，4K 视频。
135 grams, starts from the palm of a hand, films in 4K.`,
      ...{ brand: "DJI", category: "toys", picture: "drone", price: [100, 129_900], stock: 20, limit: 1 },
    }),
    offer("MI-BAND-9", "小米手环9 · Xiaomi Smart Band 9", {
      description: `心率、睡眠、150 多种运动，21 天续航。
Heart rate, sleep and more than 150 sports, for 21 days on one charge.`,
      ...{ brand: "Xiaomi", category: "wearables", picture: "wrist-band", price: [100, 24_900], stock: 100, limit: 1 },
    }),
    offer("LEGO-10330", "乐高 迈凯伦赛车 · LEGO McLaren", {
      description: `693 块积木，附赛车手人仔。适合 18 岁以上。
693 bricks and a driver. For builders of 18 and over.`,
      ...{ brand: "LEGO", category: "toys", picture: "toy-car", price: [100, 64_900], stock: 30, limit: 1 },
    }),
  ],
};

/** Few tickets, a waiting room, and a challenge at its door. */
export const queueSale: DemoCampaign = {
  title: "演唱会开票 · Concert Tickets",
  description: `开票前进入等候室，先来后到没有区别：开票时由抽签决定次序。轮到您时有两分钟下单。
Join the waiting room before the sale opens. Who came a minute earlier has no advantage: the order is drawn at the opening.
When it is your turn you have two minutes to buy.`,
  kind: "hot_item",
  admission: "queue",
  challenge: "proof_of_work",
  opensInMs: minute,
  closesInMs: 2 * hour,
  visitors: 0,
  offers: [
    offer("TOUR-SH-FRONT", "上海站 内场前排 · Shanghai, front row", {
      description: `5 月 1 日 19:30，内场 1 至 3 排。实名入场。
1 May, 7.30 pm, rows 1 to 3. Personal: bring the document that you ordered with.`,
      ...{ brand: "Live", category: "tickets", picture: "ticket", price: [128_000, 128_000], stock: 6, limit: 1 },
    }),
  ],
};

/** Nobody has to be quick: whoever enters before the closing has the same chance. */
export const drawSale: DemoCampaign = {
  title: "限量耳机抽签 · Headphone Draw",
  description: `三分钟内报名，每人一签，机会均等。截止后开奖，任何人都能核验；中签者自动获得订单，逾期未付则由下一位递补。
Enter within three minutes: one entry each, the same chance for all. Anybody can check the draw. Who is drawn has an order;
what is not paid for goes to the next.`,
  kind: "limited_time",
  admission: "draw",
  opensInMs: null,
  closesInMs: 3 * minute,
  visitors: 30,
  offers: [
    offer("SONY-XM6-ROSE", "索尼 降噪耳机 玫瑰色 · Sony headphones, rose", {
      description: `限量玫瑰色，主动降噪，30 小时续航。全国仅 5 副。
A limited colour, active noise cancelling, 30 hours on one charge. Five pairs in all.`,
      ...{ brand: "Sony", category: "audio", picture: "headphones", price: [99_900, 299_900], stock: 5, limit: 1 },
    }),
  ],
};

/** The rest of the first day, oldest first. */
export const otherSales: readonly DemoCampaign[] = [
  {
    title: "早市特惠 · Morning Market",
    description: `每日早市，售完即止。
Every morning, as long as there is some.`,
    kind: "limited_time",
    opensInMs: null,
    closesInMs: 24 * hour,
    visitors: 40,
    lastly: "end",
    offers: [
      offer("YILI-MILK-12", "伊利 金典纯牛奶 12盒 · Yili milk, 12 packs", {
        description: `每盒 250 毫升，3.6 克乳蛋白。
Twelve packs of 250 ml, with 3.6 g of protein in 100 ml.`,
        ...{ brand: "Yili", category: "food", picture: "milk", price: [3_990, 6_500], stock: 25, limit: 2 },
      }),
      offer("PHILIPS-S3", "飞利浦 剃须刀 · Philips shaver", {
        description: `三刀头，干湿两用，充一次用 60 分钟。
Three heads, wet and dry, an hour on one charge.`,
        ...{ brand: "Philips", category: "care", picture: "shaver", price: [19_900, 39_900], stock: 60, limit: 1 },
      }),
    ],
  },
  {
    title: "新机首发 · Phone Launch",
    description: `首批 200 台，现货发售。
The first two hundred, from stock.`,
    kind: "hot_item",
    opensInMs: null,
    closesInMs: 12 * hour,
    visitors: 24,
    lastly: "pause",
    offers: [
      offer("MATE-80-512", "华为 Mate 80 Pro 512GB · Huawei Mate 80 Pro", {
        description: `6.9 英寸，512GB，三摄。暗夜紫。
A 6.9 inch display, 512 GB, three cameras. Midnight violet.`,
        ...{
          brand: "Huawei",
          category: "phones",
          picture: "phone-pro",
          price: [699_900, 799_900],
          stock: 200,
          limit: 1,
        },
      }),
    ],
  },
  {
    title: "茅台专场 · Moutai Drop",
    description: `原价发售，每人限两瓶，开售 30 分钟。未满 18 岁不得购买。
At the list price, two bottles per buyer, for half an hour. Not sold to anybody under 18.`,
    kind: "hot_item",
    opensInMs: 36 * hour,
    closesInMs: 36.5 * hour,
    visitors: 0,
    offers: [
      offer("MOUTAI-53-500", "飞天茅台 53度 500ml · Moutai Flying Fairy", {
        description: `酱香型白酒，53 度，500 毫升，附两只酒杯。
Sauce-flavoured baijiu, 53 %, 500 ml, with two cups.`,
        ...{
          brand: "Moutai",
          category: "drinks",
          picture: "bottle",
          price: [149_900, 149_900],
          stock: 1_000,
          limit: 2,
        },
      }),
    ],
  },
];

interface Goods {
  readonly description: string;
  readonly brand: string;
  readonly category: string;
  readonly picture: PictureName;
  /** What it costs here, and usually. */
  readonly price: readonly [now: number, list: number];
  readonly stock: number;
  readonly limit: number;
}

function offer(sku: string, title: string, goods: Goods): DemoOffer {
  const { description, brand, category, picture, price, stock, limit } = goods;
  const [price_minor, list_price_minor] = price;
  const image_url = picturePath(picture);
  const terms = { price_minor, list_price_minor, stock, limit_per_buyer: limit };
  return { sku, title, description, brand, category, image_url, ...terms };
}
