/**
 * Every quantity in Rushbox has an upper bound, and it stands here. A bound that is reached is answered by name
 * (`invalid`, `overloaded`); nothing grows without end. Relations between bounds are asserted when the module loads.
 */
export const limits = {
  /** Characters of a campaign's or an offer's title. */
  titleLengthMax: 200,
  /** Characters of what buyers read about a campaign, and about an offer. */
  campaignDescriptionLengthMax: 4_000,
  offerDescriptionLengthMax: 2_000,
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
  /** Characters of the signed text in the address of a sandbox's page: the longest title, and the rest. */
  checkoutTokenLengthMax: 2_400,
  /** Webhooks of the sandbox under way on one HTTP thread, late payments that wait for their moment included. */
  sandboxDeliveriesMax: 1_000,
  /** Bytes of a payment provider's webhook. */
  webhookBytesMax: 65_536,
  /** Checkouts that one HTTP thread waits for at the payment provider. */
  checkoutsInFlightMax: 256,
  /** Refunds that are asked for at once, and those that are remembered because they are to be asked for again. */
  refundsInFlightMax: 8,
  refundsKnownMax: 10_000,
  /** Offers in one campaign. */
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
  /** Orders that one return of units offers to those who wait in one batch: the rest follows in the next ones. */
  offersPerReturnMax: 2_048,
  /** Solved challenges that are remembered so that none counts twice: those of two lifetimes of a challenge, 16 MiB. */
  spentSolutionsMax: 2_097_152,
  /** Characters of a solved challenge in its header: the challenge, the solution, base64. */
  solutionLengthMax: 2_048,
  /** Questions to the outside captcha that one HTTP thread waits for. */
  captchasInFlightMax: 256,
  /** What one HTTP thread tells the risk desk in a quarter of a second; of more, each n-th. */
  riskSamplesPerBatchMax: 256,
  /** Whom the risk desk remembers: some 500 B each. */
  riskBuyersMax: 50_000,
  riskAddressesMax: 50_000,
  riskVerdictsMax: 50_000,
  /** Whom of each kind it judges in one turn of the main thread: some 10 ms. */
  riskJudgementsPerTurnMax: 10_000,
  /** Verdicts in its list of those who are suspected most. */
  riskSuspectsShownMax: 200,
  /** Sales, and subnets of each, that it remembers for the fairness report; and subnets that the report shows. */
  riskSalesMax: 200,
  riskSubnetsPerSaleMax: 5_000,
  fairnessSubnetsMax: 20,
  /** Questions to the risk desk that one HTTP thread waits for. */
  deskQuestionsMax: 64,
  /** Orders that a fairness report looks through. */
  fairnessOrdersMax: 200_000,
  /** Bytes of a request body. */
  bodyBytesMax: 16_384,
  /** Bytes of the body that makes a campaign: as many offers as there may be, described at length. */
  campaignBytesMax: 1_048_576,
  /** Bytes of a chat's message: its text in any script, and the context. */
  chatBytesMax: 65_536,
  /** Characters of a chat's text; of a long one only the beginning is read. */
  chatTextLengthMax: 10_000,
  /** Questions to the chat's language model that one HTTP thread waits for. */
  chatModelsInFlightMax: 16,
  /** Bytes of an agent's message, and of an operator's: a campaign that is made, and what the protocol wraps around it. */
  agentMessageBytesMax: 65_536,
  operatorMessageBytesMax: 1_114_112,
  /**
   * Agents that hear of changes on one HTTP thread, addresses that one of them hears of, and streams that all of them
   * hear of those: the other half of the thread's streams is for pages.
   */
  listenersPerThreadMax: 1_000,
  listenedAddressesMax: 20,
  listenedStreamsPerThreadMax: 5_000,
  /** Orders on one page. */
  pageSizeMax: 200,
  /** Rows of the ledger that the history of one order shows: more come of payments alone, each of which is to be returned. */
  orderHistoryRowsMax: 200,
  /** Rows on one page of the ledger: some 300 KB. */
  ledgerPageSizeMax: 1_000,
  /** Open event streams on one HTTP thread, and from one buyer. */
  streamsPerThreadMax: 10_000,
  streamsPerBuyerMax: 4,
  /** Open streams of the whole journal on one HTTP thread. */
  noticeStreamsPerThreadMax: 100,
  /** Exports under way on one HTTP thread: each takes turns from those who buy. */
  exportsPerThreadMax: 2,
  /** Bytes that may wait for a slow reader of a stream before it is disconnected. */
  streamBacklogBytesMax: 131_072,
  /** Buyers who wait for one offer, or who have entered its draw. */
  waitlistMax: 1_000_000,
  /** Entries of draws of which one HTTP thread keeps what proofs are made of: 4 MB for a million. */
  drawEntriesIndexedMax: 8_000_000,
  /** Buyers in the queue of a campaign: some 100 bytes each. */
  queueMax: 4_000_000,
  /** Passes that one batch gives: the rest follows in the next ones. */
  admissionsPerBatchMax: 2_048,
  /** Reminders that wait for one campaign: some 45 bytes each, and the buyer's id. A buyer has one. */
  remindersMax: 1_000_000,
  /** Reminders that come in one batch: the rest follows in the next ones. */
  remindersPerBatchMax: 256,
  /** Seconds before the opening, whole minutes of them; and what is taken where nothing is said. */
  reminderLeadSMin: 60,
  reminderLeadSMax: 86_400,
  reminderLeadSDefault: 300,
  /** Reminders in a buyer's list: of those that came the newest. */
  remindersShownMax: 200,
  /** Seconds for which a pass is good. */
  passWindowSMin: 10,
  passWindowSMax: 3_600,
  /** Percent of an offer's units that may be left to agents: none and all are policies of their own. */
  agentSharePercentMin: 1,
  agentSharePercentMax: 99,
  /** Operators that have not been revoked, and webhook endpoints that have not been deleted. */
  operatorsMax: 1_000,
  endpointsMax: 100,
  /** Characters of an operator's name. */
  operatorNameLengthMax: 100,
  /** Switches that are on: overall and for single campaigns. */
  switchesOnMax: 500,
  /** Attempts of a rate limit, and seconds of its window: a day. */
  rateLimitQuotaMax: 1_000_000,
  rateLimitWindowSMax: 86_400,
  /** Entries of the access list, and characters of a reason. */
  accessEntriesMax: 10_000,
  reasonLengthMax: 200,
  /** Orders and entries whose buyers one command erases. */
  erasuresPerCommandMax: 1_000,
  /** Refused attempts of `Prefer: respond-async` that are remembered for their pollers. */
  attemptsRememberedMax: 65_536,
  /** Webhook requests under way, over all endpoints, and to one of them. */
  webhooksInFlightMax: 64,
  webhooksInFlightPerEndpointMax: 8,
  /** Events that the relay holds in memory for one endpoint before their first attempt. */
  webhookEventsAheadMax: 256,
  /** Deliveries to one endpoint that have failed and are tried again; beyond it the journal holds the rest. */
  webhookDeliveriesPendingMax: 1_000,
  /** Dead letters of one endpoint that are kept for a replay: the newest. */
  webhookDeadLettersMax: 10_000,
  /** Attempts at one delivery, and the time after the first in which they are made. */
  webhookAttemptsMax: 50,
  webhookAgeMsMax: 259_200_000,
  /** Answers in a row that refuse one event for what it says: some one to two minutes, the time of a careless rollout. */
  webhookRefusalsMax: 8,
  /** The wait between two attempts: doubles up to an hour. */
  webhookRetryMsMax: 3_600_000,
  /** The pause of an endpoint that fails whatever it is sent, and of one that asks for a pause itself. */
  webhookPauseMsMax: 60_000,
  webhookRetryAfterMsMax: 600_000,
  /** Simulated buyers of a rehearsal, and seconds over which they arrive. */
  rehearsalBuyersMax: 50_000,
  rehearsalRushSMax: 300,
  /** Of them accounts of scalpers, in percent: somebody honest is there. */
  rehearsalScalpersPercentMax: 90,
  /** A rehearsal's seed: what a generator of 32 bits takes. */
  rehearsalSeedMax: 4_294_967_295,
  /** Seconds of progress that are kept of a rehearsal, and rehearsals that are kept. */
  rehearsalProgressMax: 600,
  rehearsalsKeptMax: 20,
  /** Questions about rehearsals that one HTTP thread waits for. */
  rehearsalQuestionsMax: 64,
  /** One webhook request from the name's resolution to the answer, and bytes that are read of the answer's body. */
  webhookRequestMsMax: 10_000,
  webhookAnswerBytesMax: 4_096,
} as const;

const exactIntegerMax = 2 ** 51; // bun:sqlite binds larger numbers as floating point
if (limits.priceMinorMax * limits.quantityMax >= exactIntegerMax) throw new Error("an order's amount must stay exact");
if (limits.stockMax >= 2 ** 30) throw new Error("a counter must fit 32 bits with room for a restock");
if (limits.webhookEventsAheadMax >= limits.webhookDeliveriesPendingMax)
  throw new Error("what is read ahead may all fail");
if (limits.webhooksInFlightPerEndpointMax * 2 > limits.webhooksInFlightMax)
  throw new Error("one slow endpoint must leave room for the others");
if (limits.batchCommandsMax > limits.commandsInFlightMax) throw new Error("a batch cannot exceed what may wait");
const textLengthMax =
  limits.campaignDescriptionLengthMax + limits.offersPerCampaignMax * limits.offerDescriptionLengthMax;
const utf8BytesMax = 3; // of one UTF-16 unit
if (limits.listenedStreamsPerThreadMax > limits.streamsPerThreadMax / 2)
  throw new Error("agents that listen must leave half of the streams to pages");
if (limits.operatorMessageBytesMax <= limits.campaignBytesMax)
  throw new Error("an agent of an operator must be able to make the largest campaign");
if (textLengthMax * utf8BytesMax > limits.campaignBytesMax)
  throw new Error("a campaign that is described in full, in any script, must fit a request");
