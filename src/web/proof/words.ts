/**
 * The sentences of what does not hold, each in English and Chinese; `{name}` is filled in. They are a plain table, apart
 * from any page, so that the checks can be used and tested where there is none.
 */

export const findingWords = {
  badSequence: ["Row {expected} is missing: row {seq} follows.", "缺少第 {expected} 行：后面直接是第 {seq} 行。"],
  badHash: [
    "Its hash is not that of what it says after the row before: one of the two was changed, or one between is gone.",
    "它的哈希与“上一行加本行内容”不符：两行之一被改过，或中间少了一行。",
  ],
  badJoin: ["The rows before it changed while they were read.", "读取期间，它前面的行发生了变化。"],
  badTime: ["It is earlier than the row before.", "它的时间早于上一行。"],
  badUnits: [
    "It moves units that come from nowhere: available {available}, held {held}, sold {sold}.",
    "它凭空移动了数量：可用 {available}，预占 {held}，已售 {sold}。",
  ],
  negative: ["It takes the count {place} of offer {offer} to {count}.", "它使商品 {offer} 的“{place}”变为 {count}。"],
  badCounts: [
    "The shop shows {place} {shown} for {offer}; the ledger adds up to {count}.",
    "商家公布 {offer} 的“{place}”为 {shown}，台账合计为 {count}。",
  ],
  noSale: ["There is no sale with this number.", "没有这个编号的活动。"],
  noAnswer: ["The shop did not answer as it should ({status}). Try again.", "服务器的回答不正常（{status}），请重试。"],
  noCrypto: ["Signatures can be checked on an encrypted connection (https) only.", "核验签名需要加密连接（https）。"],
  noReceipt: ["This is no receipt.", "这不是凭证。"],
  otherOrder: ["It is the receipt of another order: {order}.", "这是另一张订单的凭证：{order}。"],
  otherKey: ["It was signed with a key that this shop does not have.", "它是用本店没有的密钥签名的。"],
  badSignature: [
    "The signature does not fit: the receipt was changed after it was signed.",
    "签名不符：凭证在签名后被改过。",
  ],
  otherOutside: ["Beside what was signed it says something else: {name}.", "签名之外的内容与签名内容不一致：{name}。"],
  badDetails: [
    "What it says of buyer, quantity and amount does not have the hash in its row.",
    "其中的买家、数量和金额与该行的哈希不符。",
  ],
  badRowHash: ["Its row does not have the hash that the receipt names.", "该行的内容与凭证所写的哈希不符。"],
  notInLedger: [
    "The ledger holds another row {seq}: it was rewritten after the receipt was given.",
    "台账的第 {seq} 行与凭证不同：台账在凭证发出之后被改写了。",
  ],
  gone: ["The ledger holds no row {seq} any more.", "台账里已没有第 {seq} 行。"],
  noEd25519: [
    "This browser cannot check such signatures. Use 'rushbox verify --receipt', or a newer browser.",
    "此浏览器无法核验这种签名。请使用 rushbox verify --receipt，或更新浏览器。",
  ],
  noProof: ["This is neither a proof nor a draw.", "这既不是证明，也不是抽签记录。"],
  noDraw: ["This sale is not drawn, or there is none with this number.", "该活动不抽签，或没有这个编号的活动。"],
  noEntry: ["You have no entry in this draw.", "您没有报名这场抽签。"],
  otherStage: [
    "Offer {offer} is told as {state}, and everything else that is told of it says otherwise.",
    "商品 {offer} 被说成 {state}，与其余公布的内容不符。",
  ],
  otherSecret: [
    "The secret of offer {offer} is not the one that was committed to.",
    "商品 {offer} 的秘密不是当初承诺的那个。",
  ],
  otherBeacon: [
    "Offer {offer} was not drawn by the beacon's round that was named before.",
    "商品 {offer} 不是由事先指定的信标轮次抽签的。",
  ],
  otherChain: [
    "What is told of the beacon of offer {offer} does not have its hash.",
    "商品 {offer} 的信标信息与其哈希不符。",
  ],
  otherRandomness: [
    "The randomness of the beacon of offer {offer} is not the hash of its signature.",
    "商品 {offer} 的信标随机数不是其签名的哈希。",
  ],
  otherSeed: [
    "The seed of offer {offer} does not follow from what it is made of.",
    "商品 {offer} 的种子与其组成不符。",
  ],
  otherLeaf: ["Entry {entry} was made of another buyer, mark or salt.", "报名 {entry} 由另外的买家、标记或盐值生成。"],
  notDrawn: [
    "Entry {entry} is not among all that were drawn, or was changed.",
    "参加抽签的报名中没有 {entry}，或它已被改动。",
  ],
  notIncluded: [
    "Entry {entry} is not among those that were drawn: its path does not lead to the root.",
    "报名 {entry} 不在参加抽签的报名之中：它的路径不通向根。",
  ],
  otherRank: [
    "Entry {entry} has rank {rank}; by the seed it has rank {right}.",
    "报名 {entry} 的名次为 {rank}；按种子应为 {right}。",
  ],
  otherEntry: [
    "Entry {entry} does not stand where it must: one was taken out, put in or changed.",
    "报名 {entry} 不在应有的位置：有报名被取出、加入或改动。",
  ],
  otherState: ["Entry {entry} and its order do not fit.", "报名 {entry} 与它的订单不一致。"],
  otherCount: [
    "Offer {offer} shows {count} entries; the draw was over {drawn}.",
    "商品 {offer} 显示 {count} 个报名；抽签时为 {drawn} 个。",
  ],
  otherRoot: [
    "The entries of offer {offer} do not give the root: one was changed after the closing.",
    "商品 {offer} 的报名得不出根：截止之后有报名被改动。",
  ],
  tooEarly: [
    "Entry {entry} has a rank or an order before anything was drawn.",
    "报名 {entry} 在抽签之前就有了名次或订单。",
  ],
  passedOver: [
    "Entry {entry} with rank {rank} was offered an order, and entry {other} with rank {otherRank} still waits.",
    "报名 {entry}（第 {rank}）获得了订单，而报名 {other}（第 {otherRank}）仍在等候。",
  ],
  outOfTurn: [
    "Entry {entry} with rank {rank} was offered its order before others who come first.",
    "报名 {entry}（第 {rank}）先于排在前面的人获得了订单。",
  ],
  changedSince: [
    "The shop tells something else of the draw of offer {offer} now.",
    "商家现在公布的商品 {offer} 的抽签与此前不同。",
  ],
  otherRow: [
    "The ledger does not hold entry {entry} as the proof tells of it.",
    "台账中的报名 {entry} 与证明所写的不同。",
  ],
  otherQueueSecret: [
    "The secret of this queue is not the one that was committed to.",
    "这场排队的秘密不是当初承诺的那个。",
  ],
  noQueueRow: [
    "The ledger does not hold the drawing of the queue as the shop tells of it.",
    "台账里没有与商家所述一致的排队抽签记录。",
  ],
  total: ["Total", "总量"],
  available: ["Available", "可用"],
  held: ["Held", "预占"],
  sold: ["Sold", "已售"],
} as const satisfies Readonly<Record<string, readonly [english: string, chinese: string]>>;

export type FindingName = keyof typeof findingWords;

/** A sentence with its values, in English (0) or Chinese (1). A value that names another sentence is said in its words. */
export function sayFinding(name: FindingName, values: Readonly<Record<string, string | number>>, language: 0 | 1) {
  return findingWords[name][language].replaceAll(/\{(\w+)\}/g, (_, key: string) => {
    const value = values[key] ?? "";
    return key === "place" ? findingWords[value as FindingName][language] : String(value);
  });
}
