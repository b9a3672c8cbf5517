// Checks a sale in the browser: reads its public ledger page by page, makes every hash anew, adds up the counts of every
// offer at every step, and compares them with those that the shop shows. A second implementation of docs/ledger.md, on
// purpose: it shares no code with the server, so that one mistake is not made twice. Nothing is sent but what is asked.

import { Entries, isDraw, isProof, problemBetween, problemOfProof, problemOfTerms } from "./draw.js";

const rowsPerPage = 1000;
const triesMax = 20;
const tryAgainMs = 300;

// ---------------------------------------------------------------------------------------------------------------------
// Words. `{name}` is filled in.

const words = {
  en: {
    other: "中文",
    title: "Check a sale",
    lead: "Every unit that was ever offered, bought, paid for or given back has a row in the ledger of this shop. This page reads the rows and calculates them anew, here in your browser: it does not have to believe the shop.",
    campaignLabel: "Number of the sale",
    campaignHint: "It begins with cmp_ and stands in the address of the sale.",
    check: "Check",
    stop: "Stop",
    reading: "{count} rows checked",
    holds: "Everything holds",
    holdsText:
      "{count} rows, from {from} to {to}. Every hash is right, no count was ever negative, and the counts add up to those that the shop shows.",
    holdsMoving:
      "{count} rows, from {from} to {to}. Every hash is right and no count was ever negative. The sale is going on so fast that its counts could not be compared at rest.",
    withheld:
      "{count} rows belong to sales that are not published yet: they show their hashes alone, which are part of the chain.",
    head: "Keep this head of the ledger: whoever has it can prove later that nothing before was rewritten.",
    fails: "It does not hold",
    failsAt: "Row {seq} is the first that does not hold.",
    badSequence: "Row {expected} is missing: row {seq} follows.",
    badHash:
      "Its hash is not that of what it says after the row before: one of the two was changed, or one between is gone.",
    badJoin: "The rows before it changed while they were read.",
    badTime: "It is earlier than the row before.",
    badUnits: "It moves units that come from nowhere: available {available}, held {held}, sold {sold}.",
    negative: "It takes the count {place} of offer {offer} to {count}.",
    badCounts: "The shop shows {place} {shown} for {offer}; the ledger adds up to {count}.",
    offer: "Offer",
    total: "Total",
    available: "Available",
    held: "Held",
    sold: "Sold",
    stopped: "Stopped after {count} rows. They all hold so far.",
    noSale: "There is no sale with this number.",
    noAnswer: "The shop did not answer as it should ({status}). Try again.",
    noCrypto: "This page needs an encrypted connection (https) to calculate hashes.",
    receiptTitle: "Check a receipt",
    receiptLead: "A receipt shows what the ledger says of your order, signed by the shop. It is not sent anywhere.",
    receiptLabel: "Paste the receipt",
    receiptFile: "Open a file",
    receiptCheck: "Check the receipt",
    receiptHolds: "The receipt holds",
    receiptHoldsText:
      "Signed by this shop. Order {order}: {quantity} × {offer} for {amount}, reserved {at}. Row {seq} of the ledger says exactly that.",
    receiptFails: "The receipt does not hold",
    noReceipt: "This is no receipt.",
    otherKey: "It was signed with a key that this shop does not have.",
    badSignature: "The signature does not fit: the receipt was changed after it was signed.",
    otherOutside: "Beside what was signed it says something else: {name}.",
    badDetails: "What it says of buyer, quantity and amount does not have the hash in its row.",
    badRowHash: "Its row does not have the hash that the receipt names.",
    notInLedger: "The ledger holds another row {seq}: it was rewritten after the receipt was given.",
    gone: "The ledger holds no row {seq} any more.",
    noEd25519: "This browser cannot check such signatures. Use 'rushbox verify --receipt', or a newer browser.",
    drawTitle: "Check a draw",
    drawLead:
      "A draw is decided by a secret that was committed to before anybody could enter. Check the whole draw of this shop, or the proof of your own entry: it is not sent anywhere.",
    drawLabel: "Number of the sale",
    drawCheck: "Check the draw",
    proofLabel: "Paste your proof, or a whole draw that was kept",
    proofCheck: "Check it",
    drawReading: "{count} entries read",
    drawHolds: "The draw holds",
    drawHoldsText:
      "Offer {offer}: {count} entries give the root that was fixed at the closing, every rank follows from the seed, and {offered} orders went down the list.",
    drawOpenText: "Offer {offer}: entries are still taken. The commitment is public; keep it: {commitment}",
    drawWaitingText:
      "Offer {offer}: {count} entries give the root that was fixed at the closing. The draw waits for round {round} of the beacon.",
    drawVoidText: "Offer {offer}: there is no draw. Nobody entered, or the sale was ended before.",
    drawTermsText: "Offer {offer}: secret, beacon and seed fit what was promised. Its entries are not in this file.",
    proofHolds: "The proof holds",
    proofDrawnText: "Entry {entry} of {buyer} is among the {count} that were drawn. Its rank is {rank}. {state}",
    proofClosedText: "Entry {entry} of {buyer} is among the {count} that will be drawn. The draw waits for its beacon.",
    proofOpenText: "Entry {entry} of {buyer} stands in the ledger. Keep this proof, and check it again after the draw.",
    proofVoidText: "Entry {entry} of {buyer} stands in the ledger. There was no draw: the sale was ended before.",
    stateWaiting: "No unit has come down to it so far.",
    stateOffered: "It was offered an order: {order}.",
    stateLeft: "It was left by its buyer, and passed over.",
    beaconNote:
      "Round {round} of the beacon {chain} decided with the secret. Its signature is not checked here: compare its randomness with what the beacon itself publishes, or use 'rushbox verify-draw'. Randomness: {randomness}",
    noBeaconNote: "The secret decides alone: this proves nothing against somebody who knew it before the closing.",
    drawFails: "It does not hold",
    noProof: "This is neither a proof nor a draw.",
    noDraw: "This sale is not drawn, or there is none with this number.",
    otherStage: "Offer {offer} is told as {state}, and everything else that is told of it says otherwise.",
    otherSecret: "The secret of offer {offer} is not the one that was committed to.",
    otherBeacon: "Offer {offer} was not drawn by the beacon's round that was named before.",
    otherChain: "What is told of the beacon of offer {offer} does not have its hash.",
    otherRandomness: "The randomness of the beacon of offer {offer} is not the hash of its signature.",
    otherSeed: "The seed of offer {offer} does not follow from what it is made of.",
    otherLeaf: "Entry {entry} was made of another buyer or salt.",
    notDrawn: "Entry {entry} is not among all that were drawn, or was changed.",
    notIncluded: "Entry {entry} is not among those that were drawn: its path does not lead to the root.",
    otherRank: "Entry {entry} has rank {rank}; by the seed it has rank {right}.",
    otherEntry: "Entry {entry} does not stand where it must: one was taken out, put in or changed.",
    otherState: "Entry {entry} and its order do not fit.",
    otherCount: "Offer {offer} shows {count} entries; the draw was over {drawn}.",
    otherRoot: "The entries of offer {offer} do not give the root: one was changed after the closing.",
    tooEarly: "Entry {entry} has a rank or an order before anything was drawn.",
    passedOver:
      "Entry {entry} with rank {rank} was offered an order, and entry {other} with rank {otherRank} still waits.",
    outOfTurn: "Entry {entry} with rank {rank} was offered its order before others who come first.",
    changedSince: "The shop tells something else of the draw of offer {offer} now.",
    otherRow: "The ledger does not hold entry {entry} as the proof tells of it.",
    provesTitle: "What this proves",
    proves1: "The chain: nobody changed, took out, swapped or put in a row without changing every hash after it.",
    proves2: "The counts: available, held and sold never fell below zero, and add up to what the shop shows.",
    proves4:
      "The draw: nobody chose the order after the commitment, no entry was changed after the closing, and every order went down the list. That each entry is another person is the shop's word.",
    proves3:
      "Not by itself: that the shop did not rewrite everything from the beginning. For that, compare with a head or a receipt that was kept from before.",
  },
  zh: {
    other: "English",
    title: "核验一场秒杀",
    lead: "每一件商品的上架、预占、支付和退回，都在本店的台账里有一行记录。本页在您的浏览器里逐行读取并重新计算，不必相信商家。",
    campaignLabel: "活动编号",
    campaignHint: "以 cmp_ 开头，可在活动页面的地址中找到。",
    check: "开始核验",
    stop: "停止",
    reading: "已核验 {count} 行",
    holds: "核验通过",
    holdsText: "共 {count} 行，从 {from} 到 {to}。每个哈希都正确，数量从未为负，合计与商家公布的一致。",
    holdsMoving:
      "共 {count} 行，从 {from} 到 {to}。每个哈希都正确，数量从未为负。活动正在快速进行，未能在静止时比对公布的数量。",
    withheld: "其中 {count} 行属于尚未发布的活动，只公开哈希；这些哈希同样在链上。",
    head: "请保存台账的这个头部：日后凭它就能证明此前的内容没有被改写。",
    fails: "核验未通过",
    failsAt: "第 {seq} 行是第一处不成立的地方。",
    badSequence: "缺少第 {expected} 行：后面直接是第 {seq} 行。",
    badHash: "它的哈希与“上一行加本行内容”不符：两行之一被改过，或中间少了一行。",
    badJoin: "读取期间，它前面的行发生了变化。",
    badTime: "它的时间早于上一行。",
    badUnits: "它凭空移动了数量：可用 {available}，预占 {held}，已售 {sold}。",
    negative: "它使商品 {offer} 的“{place}”变为 {count}。",
    badCounts: "商家公布 {offer} 的“{place}”为 {shown}，台账合计为 {count}。",
    offer: "商品",
    total: "总量",
    available: "可用",
    held: "预占",
    sold: "已售",
    stopped: "已在 {count} 行后停止，到此为止全部成立。",
    noSale: "没有这个编号的活动。",
    noAnswer: "服务器的回答不正常（{status}），请重试。",
    noCrypto: "计算哈希需要加密连接（https）。",
    receiptTitle: "核验凭证",
    receiptLead: "凭证写明台账对您订单的记录，并由商家签名。凭证内容不会被发送到任何地方。",
    receiptLabel: "粘贴凭证",
    receiptFile: "打开文件",
    receiptCheck: "核验凭证",
    receiptHolds: "凭证有效",
    receiptHoldsText:
      "由本店签名。订单 {order}：{offer} {quantity} 件，共 {amount}，预占于 {at}。台账第 {seq} 行与此完全一致。",
    receiptFails: "凭证无效",
    noReceipt: "这不是凭证。",
    otherKey: "它是用本店没有的密钥签名的。",
    badSignature: "签名不符：凭证在签名后被改过。",
    otherOutside: "签名之外的内容与签名内容不一致：{name}。",
    badDetails: "其中的买家、数量和金额与该行的哈希不符。",
    badRowHash: "该行的内容与凭证所写的哈希不符。",
    notInLedger: "台账的第 {seq} 行与凭证不同：台账在凭证发出之后被改写了。",
    gone: "台账里已没有第 {seq} 行。",
    noEd25519: "此浏览器无法核验这种签名。请使用 rushbox verify --receipt，或更新浏览器。",
    drawTitle: "核验抽签",
    drawLead:
      "抽签由一个秘密决定，在任何人报名之前就公布了对它的承诺。您可以核验本店整场抽签，或自己的报名证明；内容不会被发送到任何地方。",
    drawLabel: "活动编号",
    drawCheck: "核验抽签",
    proofLabel: "粘贴您的证明，或保存下来的整场抽签",
    proofCheck: "开始核验",
    drawReading: "已读取 {count} 个报名",
    drawHolds: "抽签核验通过",
    drawHoldsText: "商品 {offer}：{count} 个报名得出截止时固定的根，每个名次都由种子推出，{offered} 个订单依次发放。",
    drawOpenText: "商品 {offer}：仍在报名。承诺已公开，请保存：{commitment}",
    drawWaitingText: "商品 {offer}：{count} 个报名得出截止时固定的根。抽签正在等待信标的第 {round} 轮。",
    drawVoidText: "商品 {offer}：没有抽签。无人报名，或活动已提前结束。",
    drawTermsText: "商品 {offer}：秘密、信标和种子与承诺相符。此文件不含报名列表。",
    proofHolds: "证明有效",
    proofDrawnText: "{buyer} 的报名 {entry} 在参加抽签的 {count} 个之中，名次为第 {rank}。{state}",
    proofClosedText: "{buyer} 的报名 {entry} 在将要抽签的 {count} 个之中。抽签正在等待信标。",
    proofOpenText: "{buyer} 的报名 {entry} 已记入台账。请保存此证明，抽签后再次核验。",
    proofVoidText: "{buyer} 的报名 {entry} 已记入台账。没有抽签：活动已提前结束。",
    stateWaiting: "目前还没有轮到它。",
    stateOffered: "它获得了订单：{order}。",
    stateLeft: "买家已退出，因此被跳过。",
    beaconNote:
      "信标 {chain} 的第 {round} 轮与秘密共同决定结果。此处不核验它的签名：请将随机数与信标自己公布的比对，或使用 rushbox verify-draw。随机数：{randomness}",
    noBeaconNote: "结果仅由秘密决定：这不能防范在截止前就知道秘密的人。",
    drawFails: "核验未通过",
    noProof: "这既不是证明，也不是抽签记录。",
    noDraw: "该活动不抽签，或没有这个编号的活动。",
    otherStage: "商品 {offer} 被说成 {state}，与其余公布的内容不符。",
    otherSecret: "商品 {offer} 的秘密不是当初承诺的那个。",
    otherBeacon: "商品 {offer} 不是由事先指定的信标轮次抽签的。",
    otherChain: "商品 {offer} 的信标信息与其哈希不符。",
    otherRandomness: "商品 {offer} 的信标随机数不是其签名的哈希。",
    otherSeed: "商品 {offer} 的种子与其组成不符。",
    otherLeaf: "报名 {entry} 由另外的买家或盐值生成。",
    notDrawn: "参加抽签的报名中没有 {entry}，或它已被改动。",
    notIncluded: "报名 {entry} 不在参加抽签的报名之中：它的路径不通向根。",
    otherRank: "报名 {entry} 的名次为 {rank}；按种子应为 {right}。",
    otherEntry: "报名 {entry} 不在应有的位置：有报名被取出、加入或改动。",
    otherState: "报名 {entry} 与它的订单不一致。",
    otherCount: "商品 {offer} 显示 {count} 个报名；抽签时为 {drawn} 个。",
    otherRoot: "商品 {offer} 的报名得不出根：截止之后有报名被改动。",
    tooEarly: "报名 {entry} 在抽签之前就有了名次或订单。",
    passedOver: "报名 {entry}（第 {rank}）获得了订单，而报名 {other}（第 {otherRank}）仍在等候。",
    outOfTurn: "报名 {entry}（第 {rank}）先于排在前面的人获得了订单。",
    changedSince: "商家现在公布的商品 {offer} 的抽签与此前不同。",
    otherRow: "台账中的报名 {entry} 与证明所写的不同。",
    provesTitle: "这能证明什么",
    proves1: "链：任何一行被修改、删除、调换或插入，其后的所有哈希都会改变。",
    proves2: "数量：可用、预占、已售从未低于零，合计与商家公布的一致。",
    proves4:
      "抽签：承诺之后没有人选择过名次，截止之后没有报名被改动，订单依次发放。至于每个报名是否为不同的人，只能听凭商家。",
    proves3: "仅凭它自己还不能证明：商家没有从头改写全部内容。为此，请与以前保存的头部或凭证比对。",
  },
};

const query = new URLSearchParams(location.search);
let language = query.get("lang") ?? (/^zh\b/i.test(navigator.language) ? "zh" : "en");
if (!(language in words)) language = "en";

function say(name, values = {}) {
  return words[language][name].replaceAll(/\{(\w+)\}/g, (_, key) => values[key]);
}

/** A number as a person reads it. */
const countText = (count) => count.toLocaleString(language);
const timeText = (at) => (at === null ? "" : new Date(at).toLocaleString(language));

function moneyText(minor, currency) {
  const format = new Intl.NumberFormat(language, { style: "currency", currency });
  return format.format(minor / 10 ** format.resolvedOptions().maximumFractionDigits);
}

// ---------------------------------------------------------------------------------------------------------------------
// The ledger.

const zeros = "0".repeat(64);
/** Row kinds that may change how many units there are in all. */
const kindsOfTotal = new Set(["offer_created", "offer_restocked", "order_refund_requested"]);

/** What makes a check fail: the row, and why. */
class Finding extends Error {
  constructor(name, values = {}, seq = null) {
    super(name);
    this.values = values;
    this.seq = seq;
  }
}

async function sha256(text) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** `off_0000000002` -> 2. */
const numberOf = (id) => (id === null ? "" : Number.parseInt(id.slice(4), 36));

/** What a row's hash is made of. */
function textOf(row, previousHash) {
  return [
    previousHash,
    row.seq,
    Date.parse(row.at),
    row.type,
    numberOf(row.campaign_id),
    numberOf(row.offer_id),
    numberOf(row.order_id),
    row.previous_seq ?? "",
    row.available,
    row.held,
    row.sold,
    row.details ?? "",
  ].join("\n");
}

async function ask(path, options) {
  const response = await fetch(path, options);
  if (response.status === 404) throw new Finding("noSale");
  if (!response.ok) throw new Finding("noAnswer", { status: response.status });
  return response.json();
}

/** Goes along the ledger and holds every row against the one before. */
class Walk {
  constructor(campaign) {
    this.campaign = campaign;
    this.seq = numberOf(campaign) - 1;
    this.hash = null;
    this.atMs = 0;
    this.count = 0;
    this.withheld = 0;
    this.from = null;
    this.to = null;
    this.counts = new Map();
  }

  /** Reads on; answers whether there was anything. */
  async step() {
    const page = await ask(`/v1/campaigns/${this.campaign}/ledger?after=${this.seq}&limit=${rowsPerPage}`);
    if (this.hash === null) {
      this.hash = page.previous_hash;
      if (this.seq === 0 && this.hash !== zeros) throw new Finding("badHash", {}, 1);
    } else if (page.previous_hash !== this.hash) throw new Finding("badJoin", {}, this.seq);
    const { rows } = page;
    const hashes = await Promise.all(
      rows.map((row, at) => ("type" in row ? sha256(textOf(row, at === 0 ? this.hash : rows[at - 1].hash)) : row.hash)),
    );
    for (const [at, row] of rows.entries()) this.take(row, hashes[at]);
    return rows.length > 0;
  }

  take(row, hash) {
    const expected = this.seq + 1;
    if (row.seq !== expected) throw new Finding("badSequence", { expected, seq: row.seq }, expected);
    if (row.hash !== hash) throw new Finding("badHash", {}, row.seq);
    if ("type" in row) this.move(row);
    else this.withheld += 1;
    this.seq = row.seq;
    this.hash = row.hash;
    this.count += 1;
  }

  move(row) {
    const atMs = Date.parse(row.at);
    if (atMs < this.atMs) throw new Finding("badTime", {}, row.seq);
    this.atMs = atMs;
    this.from ??= row.at;
    this.to = row.at;
    const { available, held, sold } = row;
    const isMoving = available !== 0 || held !== 0 || sold !== 0;
    if (isMoving && (row.offer_id === null || (!kindsOfTotal.has(row.type) && available + held + sold !== 0))) {
      throw new Finding("badUnits", { available, held, sold }, row.seq);
    }
    if (row.offer_id === null) return;
    const counts = this.counts.get(row.offer_id) ?? { available: 0, held: 0, sold: 0 };
    this.counts.set(row.offer_id, counts);
    for (const place of ["available", "held", "sold"]) {
      counts[place] += row[place];
      if (counts[place] < 0) {
        throw new Finding("negative", { place: say(place), offer: row.offer_id, count: counts[place] }, row.seq);
      }
    }
  }

  /** The first count that the shop shows otherwise, or `null`. */
  differenceTo(offers) {
    for (const offer of offers) {
      const counts = this.counts.get(offer.id) ?? { available: 0, held: 0, sold: 0 };
      const total = counts.available + counts.held + counts.sold;
      for (const [place, count] of Object.entries({ ...counts, total })) {
        if (offer[place] !== count) {
          return new Finding("badCounts", { place: say(place), shown: offer[place], offer: offer.sku, count });
        }
      }
    }
    return null;
  }
}

/** Checks a sale to the end of its ledger. Answers the walk, and the offers where they could be compared at rest. */
async function checkSale(campaign, isStopped, onProgress) {
  const walk = new Walk(campaign);
  let { offers } = await ask(`/v1/campaigns/${campaign}`, { cache: "no-store" });
  while (!isStopped() && (await walk.step())) onProgress(walk.count);
  for (let tries = 1; !isStopped(); tries++) {
    ({ offers } = await ask(`/v1/campaigns/${campaign}`, { cache: "no-store" }));
    if (!(await walk.step())) {
      const difference = walk.differenceTo(offers);
      if (difference === null) return { walk, offers, isMoving: false };
      if (tries >= triesMax) throw difference; // the same after a while at rest: it is no matter of the moment
    } else if (tries >= triesMax) return { walk, offers, isMoving: true };
    await new Promise((resolve) => setTimeout(resolve, tryAgainMs));
  }
  return { walk, offers, isStopped: true };
}

// ---------------------------------------------------------------------------------------------------------------------
// Receipts.

const bytesOf = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const jsonOf = (text) => JSON.parse(new TextDecoder().decode(bytesOf(text)));

/** The parts of a receipt: what the API answered, or the signed text alone. */
function parseReceipt(text) {
  try {
    const outside = text.trim().startsWith("{") ? JSON.parse(text) : { receipt: text.trim() };
    const [header, payload, signature, ...rest] = outside.receipt.split(".");
    if (rest.length > 0) throw new Error("too many parts");
    const parts = { outside, header: jsonOf(header), facts: jsonOf(payload), signature: bytesOf(signature) };
    return { ...parts, signed: new TextEncoder().encode(`${header}.${payload}`) };
  } catch {
    throw new Finding("noReceipt");
  }
}

async function checkReceipt(text) {
  const { outside, header, facts, signature, signed } = parseReceipt(text);
  const { keys } = await ask("/.well-known/jwks.json");
  const key = keys.find(({ kid }) => kid === header.kid);
  if (key === undefined || header.alg !== "EdDSA") throw new Finding("otherKey");
  if (!(await isSigned(key, signature, signed))) throw new Finding("badSignature");
  for (const name of Object.keys(outside)) {
    if (name !== "receipt" && outside[name] !== facts[name]) throw new Finding("otherOutside", { name });
  }
  const { buyer_id, quantity, amount_minor, expires_at, idempotency_key } = facts;
  const told = JSON.stringify([buyer_id, quantity, amount_minor, Date.parse(expires_at), idempotency_key]);
  if ((await sha256(`${facts.salt}\n${told}`)) !== facts.details) throw new Finding("badDetails");
  if ((await sha256(textOf(facts, facts.previous_hash))) !== facts.hash) throw new Finding("badRowHash");
  const { seq } = facts;
  const page = await ask(`/v1/campaigns/${facts.campaign_id}/ledger?after=${seq - 1}&limit=1`, { cache: "no-store" });
  const [row] = page.rows;
  if (row === undefined) throw new Finding("gone", { seq }, seq);
  const isSame = row.hash === facts.hash && page.previous_hash === facts.previous_hash && row.seq === seq;
  if (!isSame || ("type" in row && textOf(row, facts.previous_hash) !== textOf(facts, facts.previous_hash))) {
    throw new Finding("notInLedger", { seq }, seq);
  }
  const { offers } = await ask(`/v1/campaigns/${facts.campaign_id}`);
  return { facts, offer: offers.find(({ id }) => id === facts.offer_id) };
}

async function isSigned({ kty, crv, x }, signature, signed) {
  let key;
  try {
    key = await crypto.subtle.importKey("jwk", { kty, crv, x }, { name: "Ed25519" }, false, ["verify"]);
  } catch {
    throw new Finding("noEd25519");
  }
  return crypto.subtle.verify({ name: "Ed25519" }, key, signature, signed);
}

// ---------------------------------------------------------------------------------------------------------------------
// Draws.

/** Throws what does not hold. */
function hold(problem) {
  if (problem !== null) throw new Finding(...problem);
}

/** Checks a whole draw. `entriesOf` gives the pages of an offer's entries, or `null` when they are not there. */
async function checkDraw(document, entriesOf, onProgress) {
  const offers = [];
  let read = 0;
  for (const draw of document.offers) {
    hold(problemOfTerms(document, draw));
    const pages = draw.count === null ? null : entriesOf(draw);
    if (pages === null) {
      offers.push({ draw, check: null });
      continue;
    }
    const check = new Entries(draw);
    for await (const page of pages) {
      for (const entry of page) check.add(entry);
      read += page.length;
      onProgress(read);
    }
    hold(await check.finish());
    offers.push({ draw, check });
  }
  return { document, offers };
}

async function askDraw(campaign) {
  const response = await fetch(`/v1/campaigns/${campaign}/draw`, { cache: "no-store" });
  if (response.status === 404 || response.status === 409) throw new Finding("noDraw");
  if (!response.ok) throw new Finding("noAnswer", { status: response.status });
  return response.json();
}

async function* entriesHere({ offer_id: offer }) {
  for (let after = 0; after !== null; ) {
    const page = await ask(`/v1/offers/${offer}/draw/entries?after=${after}&limit=${rowsPerPage}`);
    yield page.entries;
    after = page.next_after;
  }
}

const checkDrawHere = async (campaign, onProgress) => checkDraw(await askDraw(campaign), entriesHere, onProgress);

/** A proof or a whole draw, from what was pasted or opened. */
function parseDraw(text) {
  const parse = (json) => {
    try {
      return JSON.parse(json);
    } catch {
      return null;
    }
  };
  const whole = parse(text);
  if (isProof(whole)) return { proof: whole };
  if (isDraw(whole)) return { document: whole, entries: null };
  const [document, ...entries] = text.split("\n").flatMap((line) => (line.trim() === "" ? [] : [parse(line)]));
  if (!isDraw(document) || entries.includes(null)) throw new Finding("noProof");
  return { document, entries };
}

/** Of a file: without asking anybody, but for whether this shop still tells the same. */
async function checkDrawFile({ document, entries }, onProgress) {
  const entriesOf = ({ offer_id: offer }) =>
    entries === null ? null : [entries.filter((entry) => entry.offer_id === offer)];
  const result = await checkDraw(document, entriesOf, onProgress);
  await holdAgainstShop(document, document.offers);
  return result;
}

async function checkProof(proof) {
  hold(await problemOfProof(proof));
  const now = await holdAgainstShop(proof, [proof.draw]);
  const { entry_id: entry, leaf } = proof;
  const today = now.offers.find(({ offer_id: offer }) => offer === proof.draw.offer_id);
  if (proof.draw.root === null && today.root !== null) {
    const entries = [];
    for await (const page of entriesHere(today)) entries.push(...page);
    hold(problemOfKept(proof, entries));
  }
  const seq = numberOf(entry);
  const { rows } = await ask(`/v1/campaigns/${proof.campaign_id}/ledger?after=${seq - 1}&limit=1`, {
    cache: "no-store",
  });
  const [row] = rows;
  const isSame = row?.seq === seq && row.type === "draw_entered" && row.details === leaf && row.at === proof.entered_at;
  if (!isSame || row.offer_id !== proof.draw.offer_id) throw new Finding("otherRow", { entry });
}

/** What the shop tells now of these draws is the same; answers what that is. */
async function holdAgainstShop(terms, draws) {
  const now = await askDraw(terms.campaign_id);
  for (const draw of draws) {
    const today = now.offers.find(({ offer_id: offer }) => offer === draw.offer_id);
    if (today === undefined) throw new Finding("changedSince", { offer: draw.offer_id });
    hold(problemBetween({ terms, draw }, { terms: now, draw: today }));
  }
  return now;
}

// ---------------------------------------------------------------------------------------------------------------------
// The page.

const find = (id) => document.getElementById(id);

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className !== undefined) made.className = className;
  return made;
}

/** A verdict is made anew when the language changes. */
const verdicts = new Map();

function show(id, make) {
  verdicts.set(id, make);
  find(id).replaceChildren(...(make === null ? [] : [make()]));
}

function verdict(isGood, title, texts) {
  const box = element("div", undefined, isGood ? "verdict good" : "verdict bad");
  box.append(element("h3", title));
  for (const text of texts) box.append(element("p", text));
  return box;
}

function saleVerdict({ walk, offers, isMoving, isStopped }) {
  const values = { count: countText(walk.count), from: timeText(walk.from), to: timeText(walk.to) };
  if (isStopped === true) return verdict(true, say("stopped", values), []);
  const box = verdict(true, say("holds"), [say(isMoving ? "holdsMoving" : "holdsText", values)]);
  if (walk.withheld > 0) box.append(element("p", say("withheld", { count: countText(walk.withheld) })));
  const table = element("table");
  const head = element("tr");
  for (const name of ["offer", "total", "available", "held", "sold"]) head.append(element("th", say(name)));
  table.append(head);
  for (const { id, title } of offers) {
    const { available, held, sold } = walk.counts.get(id);
    const row = element("tr");
    row.append(element("th", title));
    for (const count of [available + held + sold, available, held, sold]) row.append(element("td", countText(count)));
    table.append(row);
  }
  const frame = element("div", undefined, "table");
  frame.append(table);
  box.append(frame, element("p", say("head")), element("code", `${walk.seq}:${walk.hash}`));
  return box;
}

const drawTexts = { open: "drawOpenText", void: "drawVoidText", waiting_for_beacon: "drawWaitingText" };

function drawVerdict({ document, offers }) {
  const texts = offers.map(({ draw, check }) => {
    const values = { offer: draw.offer_id, commitment: document.commitment, round: document.beacon?.round ?? "" };
    const counts = { count: countText(draw.count ?? 0), offered: countText(check?.offered ?? 0) };
    const name = drawTexts[draw.state] ?? (check === null ? "drawTermsText" : "drawHoldsText");
    return say(name, { ...values, ...counts });
  });
  return verdict(true, say("drawHolds"), [...texts, beaconText(document, offers[0]?.draw ?? null)]);
}

function proofVerdict(proof) {
  const { entry_id: entry, buyer_id: buyer, rank, draw } = proof;
  const states = { waiting: "stateWaiting", offered: "stateOffered", left: "stateLeft" };
  const state = say(states[proof.state], { order: proof.order_id });
  const names = { made: "proofDrawnText", waiting_for_beacon: "proofClosedText", void: "proofVoidText" };
  const values = { entry, buyer, state, rank: countText(rank ?? 0), count: countText(draw.count ?? 0) };
  return verdict(true, say("proofHolds"), [say(names[draw.state] ?? "proofOpenText", values), beaconText(proof, draw)]);
}

function beaconText({ beacon: named }, draw) {
  if (named === null) return say("noBeaconNote");
  return say("beaconNote", { ...named, randomness: draw?.beacon?.randomness ?? "-" });
}

function failure(title, cause) {
  const finding = cause instanceof Finding ? cause : new Finding("noAnswer", { status: cause.message });
  const { seq, values } = finding;
  const isOfLedger = title === "fails" && seq !== null;
  const texts = [...(isOfLedger ? [say("failsAt", { seq })] : []), say(finding.message, values)];
  return () => verdict(false, say(title), texts);
}

let running = null;

async function runSale(campaign) {
  const run = { isStopped: false };
  if (running !== null) running.isStopped = true;
  running = run;
  show("verdict", null);
  find("stop").hidden = false;
  const progress = (count) => {
    if (running === run) show("progress", () => element("p", say("reading", { count: countText(count) })));
  };
  progress(0);
  try {
    if (crypto.subtle === undefined) throw new Finding("noCrypto");
    const result = await checkSale(campaign, () => run.isStopped, progress);
    if (running === run) show("verdict", () => saleVerdict(result));
  } catch (cause) {
    if (running === run) show("verdict", failure("fails", cause));
  }
  if (running !== run) return;
  show("progress", null);
  find("stop").hidden = true;
}

async function runReceipt(text) {
  show("receipt-verdict", null);
  try {
    if (crypto.subtle === undefined) throw new Finding("noCrypto");
    const { facts, offer } = await checkReceipt(text);
    show("receipt-verdict", () => {
      const { order_id: order, seq, quantity } = facts;
      const amount = moneyText(facts.amount_minor, offer.currency);
      const values = { order, seq, quantity, amount, offer: offer.title, at: timeText(facts.at) };
      return verdict(true, say("receiptHolds"), [say("receiptHoldsText", values)]);
    });
  } catch (cause) {
    show("receipt-verdict", failure("receiptFails", cause));
  }
}

async function runDraw(check) {
  show("draw-verdict", null);
  const progress = (count) =>
    show("draw-progress", () => element("p", say("drawReading", { count: countText(count) })));
  try {
    const verdictNow = await check(progress);
    show("draw-verdict", verdictNow);
  } catch (cause) {
    show("draw-verdict", failure("drawFails", cause));
  }
  show("draw-progress", null);
}

async function runDrawOf(campaign) {
  await runDraw(async (progress) => {
    if (!/^cmp_[0-9a-z]{10}$/.test(campaign)) throw new Finding("noDraw");
    const result = await checkDrawHere(campaign, progress);
    return () => drawVerdict(result);
  });
}

async function runProof(text) {
  await runDraw(async (progress) => {
    const { proof, ...draw } = parseDraw(text);
    if (proof === undefined) {
      const result = await checkDrawFile(draw, progress);
      return () => drawVerdict(result);
    }
    await checkProof(proof);
    return () => proofVerdict(proof);
  });
}

function translate() {
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
  document.title = say("title");
  for (const place of document.querySelectorAll("[data-text]")) place.textContent = say(place.dataset.text);
  for (const [id, make] of verdicts) show(id, make);
}

find("language").addEventListener("click", () => {
  language = language === "en" ? "zh" : "en";
  translate();
});
find("sale").addEventListener("submit", async (event) => {
  event.preventDefault();
  const campaign = find("campaign").value.trim();
  if (/^cmp_[0-9a-z]{10}$/.test(campaign)) await runSale(campaign);
  else show("verdict", failure("fails", new Finding("noSale")));
});
find("stop").addEventListener("click", () => {
  if (running !== null) running.isStopped = true;
});
find("receipt").addEventListener("submit", async (event) => {
  event.preventDefault();
  await runReceipt(find("receipt-text").value);
});
find("receipt-file").addEventListener("change", async ({ target }) => {
  const [file] = target.files;
  if (file === undefined) return;
  find("receipt-text").value = await file.text();
  await runReceipt(find("receipt-text").value);
});

find("draw").addEventListener("submit", async (event) => {
  event.preventDefault();
  await runDrawOf(find("draw-campaign").value.trim());
});
find("proof").addEventListener("submit", async (event) => {
  event.preventDefault();
  await runProof(find("proof-text").value);
});
find("proof-file").addEventListener("change", async ({ target }) => {
  const [file] = target.files;
  if (file === undefined) return;
  await runProof(await file.text()); // a whole draw is too long for a field
});

translate();
const linkedDraw = query.get("draw");
if (linkedDraw !== null) {
  find("draw-campaign").value = linkedDraw;
  find("draw").requestSubmit();
}
const linked = query.get("campaign");
if (linked !== null) {
  find("campaign").value = linked;
  find("sale").requestSubmit();
}
