/**
 * Every quantity in Rushbox has an upper bound, and it stands here. A bound that is reached is answered by name
 * (`invalid`, `overloaded`); nothing grows without end. Relations between bounds are asserted when the module loads.
 */
export const limits = {
  /** Characters of a campaign's or an offer's title. */
  titleLengthMax: 200,
  /** Characters of a SKU, brand or category. */
  labelLengthMax: 100,
  /** Characters of a picture's address. */
  urlLengthMax: 2_000,
  /** Characters of a buyer's id: the `sub` of the shop's token. */
  buyerIdLengthMax: 200,
  /** Characters of an Idempotency-Key. */
  keyLengthMax: 200,
  /** Characters of a payment's reference. */
  referenceLengthMax: 200,
  /** Offers in one campaign: as many as fit a request body. */
  offersPerCampaignMax: 100,
  /** Offers in memory: each has a 64-byte line of shared memory, reserved at start and touched only when used. */
  offersMax: 262_144,
  /** Units of one offer: fits the 32-bit counters with room for restocks. */
  stockMax: 1_000_000_000,
  /** Units in one order, and units that one buyer may hold. */
  quantityMax: 1_000,
  /** Minor units: the amount of the largest order stays an exact SQLite and JavaScript integer. */
  priceMinorMax: 1_000_000_000_000,
  /** Seconds for paying: one second to one week. */
  paymentWindowSMax: 604_800,
  /** Commands that wait for the engine, over all HTTP threads; one more is answered `overloaded`. */
  commandsInFlightMax: 16_384,
  /** Commands in one transaction: bounds the memory of a batch and the wait of those behind it. */
  batchCommandsMax: 2_048,
  /** Orders that expire in one batch: a million that expire at once must not hold up those who buy. */
  expiriesPerBatchMax: 2_048,
  /** Bytes of a request body. */
  bodyBytesMax: 16_384,
  /** Orders on one page. */
  pageSizeMax: 200,
  /** Rows on one page of the ledger: some 300 KB. */
  ledgerPageSizeMax: 1_000,
  /** Open event streams on one HTTP thread, and from one buyer. */
  streamsPerThreadMax: 10_000,
  streamsPerBuyerMax: 4,
  /** Bytes that may wait for a slow reader of a stream before it is disconnected. */
  streamBacklogBytesMax: 131_072,
  /** Buyers who wait for one offer. */
  waitlistMax: 1_000_000,
  /** Operators that have not been revoked, and webhook endpoints that have not been deleted. */
  operatorsMax: 1_000,
  endpointsMax: 100,
  /** Characters of an operator's name. */
  operatorNameLengthMax: 100,
  /** Orders and entries whose buyers one command erases. */
  erasuresPerCommandMax: 1_000,
  /** Refused attempts of `Prefer: respond-async` that are remembered for their pollers. */
  attemptsRememberedMax: 65_536,
} as const;

const exactIntegerMax = 2 ** 51; // bun:sqlite binds larger numbers as floating point
if (limits.priceMinorMax * limits.quantityMax >= exactIntegerMax) throw new Error("an order's amount must stay exact");
if (limits.stockMax >= 2 ** 30) throw new Error("a counter must fit 32 bits with room for a restock");
if (limits.batchCommandsMax > limits.commandsInFlightMax) throw new Error("a batch cannot exceed what may wait");
