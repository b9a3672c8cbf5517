/** Conversations written by somebody who did not write the rules: what is said, and what it means. */
import type { Conversation } from "./conversation-format.ts";

export const conversations: readonly Conversation[] = [
  // ------------------------------------------------------------------ one turn, English
  { name: "says hi", language: "en", turns: [{ says: "hii 👋", understood: "greet" }] },
  { name: "says good evening politely", language: "en", turns: [{ says: "Good evening!", understood: "greet" }] },
  { name: "what is on", language: "en", turns: [{ says: "whats on sale rn", understood: "list_sales" }] },
  {
    name: "what have you got",
    language: "en",
    turns: [{ says: "so what have u got for me today", understood: "list_sales" }],
  },
  {
    name: "any deals, polite",
    language: "en",
    turns: [{ says: "Hello, could you show me all the deals please?", understood: "list_sales" }],
  },
  {
    name: "tell me about the drone",
    language: "en",
    turns: [{ says: "tell me more abt the falcon drone", understood: "sale_details" }],
  },
  {
    name: "what is the aurora thing",
    language: "en",
    turns: [{ says: "whats this aurora thing?", understood: "sale_details" }],
  },
  { name: "wen drop", language: "en", turns: [{ says: "wen drop 👀 the phone", understood: "when" }] },
  {
    name: "when does the phone start",
    language: "en",
    turns: [{ says: "what time does the phone sale start tmrw", understood: "when" }],
  },
  {
    name: "until when is the drone",
    language: "en",
    turns: [{ says: "how long is the drone sale on for?", understood: "when" }],
  },
  { name: "any drones left", language: "en", turns: [{ says: "any drones left??", understood: "stock" }] },
  {
    name: "how many headphones, typo",
    language: "en",
    turns: [{ says: "how mnay headphones do you still have", understood: "stock" }],
  },
  { name: "how much is the drone", language: "en", turns: [{ says: "how much is teh drone", understood: "price" }] },
  {
    name: "price of the headphones, short",
    language: "en",
    turns: [{ says: "headphones price pls", understood: "price" }],
  },
  {
    name: "how many may one buy",
    language: "en",
    turns: [{ says: "is there a limit on the headphones? can i get 3", understood: ["rules", "buy"] }],
  },
  {
    name: "how does the draw work",
    language: "en",
    turns: [{ says: "how does the sneaker draw work exactly", understood: "rules" }],
  },
  {
    name: "remind me about the phone",
    language: "en",
    turns: [{ says: "ping me b4 the phone goes live pls", understood: "remind" }],
  },
  {
    name: "no more reminders",
    language: "en",
    turns: [{ says: "dont remind me about the phone anymore", understood: "forget_reminder" }],
  },
  {
    name: "put me in line for the concert",
    language: "en",
    turns: [{ says: "put me in the line for the concert tix", understood: "join_queue" }],
  },
  { name: "leaves the line", language: "en", turns: [{ says: "take me out of the queue", understood: "leave_queue" }] },
  { name: "how far in the line", language: "en", turns: [{ says: "how many ppl ahead of me", understood: "place" }] },
  {
    name: "enters the draw",
    language: "en",
    turns: [{ says: "enter me in the sneaker raffle 🤞", understood: "enter_draw" }],
  },
  {
    name: "withdraws from the draw",
    language: "en",
    turns: [{ says: "i want out of the sneaker draw", understood: "leave_draw" }],
  },
  {
    name: "waitlist for the toy car",
    language: "en",
    turns: [{ says: "can u add me to the waitlist for the toy car", understood: "join_waitlist" }],
  },
  {
    name: "off the waitlist",
    language: "en",
    turns: [{ says: "pls remove me from the toy car waitlist, found one elsewhere", understood: "leave_waitlist" }],
  },
  { name: "gimme the drone", language: "en", turns: [{ says: "gimme that drone 🔥🔥", understood: "buy" }] },
  {
    name: "wants the sold out car",
    language: "en",
    turns: [{ says: "id like to buy the vintage toy car", understood: "buy", outcome: "sold_out" }],
  },
  {
    name: "i need the headphones",
    language: "en",
    turns: [{ says: "Can I get one pair of the Aurora headphones, please?", understood: "buy" }],
  },
  { name: "my orders", language: "en", turns: [{ says: "show my orders", understood: "my_orders" }] },
  { name: "has it shipped", language: "en", turns: [{ says: "has my order shipped yet", understood: "order_status" }] },
  { name: "how to pay", language: "en", turns: [{ says: "where do i pay", understood: "pay" }] },
  {
    name: "cancel my order",
    language: "en",
    turns: [{ says: "hi i need to cancel my order", understood: "cancel_order" }],
  },
  { name: "needs a receipt", language: "en", turns: [{ says: "can u send me the reciept", understood: "receipt" }] },
  { name: "what can you do", language: "en", turns: [{ says: "what can you do", understood: "help" }] },
  { name: "lost in the chat", language: "en", turns: [{ says: "im confused how do i use this", understood: "help" }] },
  {
    name: "real person please",
    language: "en",
    turns: [{ says: "Could I speak to a real person please", understood: "human" }],
  },
  {
    name: "angry, wants an agent",
    language: "en",
    turns: [{ says: "THIS IS RIDICULOUS GET ME A HUMAN NOW", understood: "human" }],
  },
  {
    name: "angry, wants the manager",
    language: "en",
    turns: [{ says: "ur site crashed twice wtf. i want to talk to ur manager", understood: "human" }],
  },
  { name: "bye", language: "en", turns: [{ says: "ok thx bye ✌️", understood: "thanks" }] },
  {
    name: "weather",
    language: "en",
    turns: [{ says: "is it gonna rain in shanghai tomorrow", understood: "unknown" }],
  },
  {
    name: "asks for a poem",
    language: "en",
    turns: [{ says: "write me a poem about the moon", understood: "unknown" }],
  },
  { name: "keyboard mash", language: "en", turns: [{ says: "asdfghjkl;;", understood: "unknown" }] },
  { name: "politics", language: "en", turns: [{ says: "who do you think wins the election", understood: "unknown" }] },
  { name: "homework", language: "en", turns: [{ says: "whats the square root of 1764", understood: "unknown" }] },

  // ------------------------------------------------------------------ one turn, Chinese
  { name: "打招呼", language: "zh", turns: [{ says: "在吗", understood: "greet" }] },
  { name: "打招呼,亲", language: "zh", turns: [{ says: "亲 你好呀~", understood: "greet" }] },
  { name: "今天秒杀什么", language: "zh", turns: [{ says: "今天秒杀都有啥", understood: "list_sales" }] },
  { name: "有什么活动", language: "zh", turns: [{ says: "现在有什么活动呀", understood: "list_sales" }] },
  {
    name: "有哪些可以抢,繁體",
    language: "zh",
    turns: [{ says: "請問現在有哪些商品可以搶?", understood: "list_sales" }],
  },
  { name: "介绍耳机", language: "zh", turns: [{ says: "介绍一下那个极光耳机呗", understood: "sale_details" }] },
  { name: "无人机怎么样", language: "zh", turns: [{ says: "falcon那个无人机咋样", understood: "sale_details" }] },
  { name: "手机几点开抢", language: "zh", turns: [{ says: "旗舰手机几点开抢", understood: "when" }] },
  { name: "手機什麼時候開賣,繁體", language: "zh", turns: [{ says: "旗艦手機什麼時候開賣啊", understood: "when" }] },
  { name: "耳机到几点结束", language: "zh", turns: [{ says: "耳机活动到几点结束？？", understood: "when" }] },
  { name: "无人机还有货吗", language: "zh", turns: [{ says: "无人机还有货吗", understood: "stock" }] },
  { name: "耳机还剩几个", language: "zh", turns: [{ says: "极光耳机还剩几个啊急急急", understood: "stock" }] },
  { name: "无人机多少钱", language: "zh", turns: [{ says: "无人机多少米", understood: "price" }] },
  { name: "球鞋啥价", language: "zh", turns: [{ says: "限量球鞋啥价", understood: "price" }] },
  { name: "限购几个", language: "zh", turns: [{ says: "耳机限购几个", understood: "rules" }] },
  { name: "抽签规则", language: "zh", turns: [{ says: "球鞋那个抽签是怎么个规则", understood: "rules" }] },
  { name: "蹲手机", language: "zh", turns: [{ says: "蹲手机！开抢前叫我一声", understood: "remind" }] },
  { name: "不用提醒", language: "zh", turns: [{ says: "手机那个不用提醒我了", understood: "forget_reminder" }] },
  { name: "演唱会排队", language: "zh", turns: [{ says: "帮我排演唱会的队", understood: "join_queue" }] },
  { name: "不排了", language: "zh", turns: [{ says: "不排了不排了，退出排队", understood: "leave_queue" }] },
  { name: "前面多少人", language: "zh", turns: [{ says: "我前面还有多少人", understood: "place" }] },
  { name: "参加球鞋抽签", language: "zh", turns: [{ says: "球鞋抽签给我报个名🙏", understood: "enter_draw" }] },
  { name: "退出抽签", language: "zh", turns: [{ says: "球鞋我不抽了 帮我退掉报名", understood: "leave_draw" }] },
  {
    name: "玩具车候补",
    language: "zh",
    turns: [{ says: "玩具车没货的话给我登记个候补", understood: "join_waitlist" }],
  },
  { name: "取消候补", language: "zh", turns: [{ says: "取消玩具车候补", understood: "leave_waitlist" }] },
  { name: "来一台无人机", language: "zh", turns: [{ says: "给我来一台无人机！！冲", understood: "buy" }] },
  { name: "想買耳機,繁體", language: "zh", turns: [{ says: "我想買極光耳機", understood: "buy" }] },
  {
    name: "要买玩具车,已售罄",
    language: "zh",
    turns: [{ says: "toy car 我要一个", understood: "buy", outcome: "sold_out" }],
  },
  { name: "查我的订单", language: "zh", turns: [{ says: "看下我的订单", understood: "my_orders" }] },
  { name: "订单到哪了", language: "zh", turns: [{ says: "我的订单到哪了", understood: "order_status" }] },
  { name: "怎么付款", language: "zh", turns: [{ says: "在哪付款啊 找不到", understood: "pay" }] },
  { name: "取消订单", language: "zh", turns: [{ says: "麻烦帮我把订单取消了", understood: "cancel_order" }] },
  { name: "要发票", language: "zh", turns: [{ says: "能开发票吗", understood: "receipt" }] },
  { name: "你会干啥", language: "zh", turns: [{ says: "你能干啥", understood: "help" }] },
  { name: "不会用", language: "zh", turns: [{ says: "不会弄 这个咋用啊", understood: "help" }] },
  { name: "转人工", language: "zh", turns: [{ says: "转人工", understood: "human" }] },
  { name: "生气,找经理", language: "zh", turns: [{ says: "什么垃圾系统！！！叫你们经理出来", understood: "human" }] },
  { name: "真人客服,繁體", language: "zh", turns: [{ says: "我不要跟機器人講話，請轉真人客服", understood: "human" }] },
  {
    name: "要投诉",
    language: "zh",
    turns: [{ says: "我要投诉 每次都卡 拼手速拼了个寂寞😡", understood: ["human", "unknown"] }],
  },
  { name: "谢谢拜拜", language: "zh", turns: [{ says: "谢啦 拜拜~", understood: "thanks" }] },
  { name: "问天气", language: "zh", turns: [{ says: "今天北京天气怎么样", understood: "unknown" }] },
  { name: "要首诗", language: "zh", turns: [{ says: "给我写首诗吧", understood: "unknown" }] },
  { name: "闲聊,晚饭", language: "zh", turns: [{ says: "你说我晚上吃火锅还是烧烤", understood: "unknown" }] },
  { name: "乱打字", language: "zh", turns: [{ says: "啊啊啊啊啊啊", understood: "unknown" }] },

  // ------------------------------------------------------------------ several turns, English
  {
    name: "asks what is on, then buys the drone",
    language: "en",
    turns: [
      { says: "hey whats on right now", understood: "list_sales" },
      { says: "ill take the drone", understood: "buy" },
      { says: "yes", understood: "yes", outcome: "reserved" },
      { says: "ok how do i pay", understood: "pay" },
    ],
  },
  {
    name: "chooses by number, asks with pronouns, buys",
    language: "en",
    turns: [
      { says: "show me the sales", understood: "list_sales" },
      { says: "1", understood: "choose" },
      { says: "how many of those are left?", understood: "stock" },
      { says: "ok ill buy it", understood: "buy" },
      { says: "yep", understood: "yes", outcome: "reserved" },
      { says: "thank u so much", understood: "thanks" },
    ],
  },
  {
    name: "the second one from the list",
    language: "en",
    turns: [
      { says: "what deals do you have", understood: "list_sales" },
      { says: "the second one", understood: "choose" },
      { says: "how much is it", understood: "price" },
      { says: "hmm too expensive, bye", understood: ["thanks", "no"] },
    ],
  },
  {
    name: "changes mind from drone to headphones",
    language: "en",
    turns: [
      { says: "i want the drone", understood: "buy" },
      { says: "no wait, the headphones instead", understood: "buy" },
      { says: "yes pls", understood: "yes", outcome: "reserved" },
    ],
  },
  {
    name: "two please",
    language: "en",
    turns: [
      { says: "buy falcon x2", understood: "buy" },
      { says: "wait, two please", understood: "buy" },
      { says: "yes", understood: "yes" },
    ],
  },
  {
    name: "no the other one",
    language: "en",
    turns: [
      { says: "whats available", understood: "list_sales" },
      { says: "number 2", understood: "choose" },
      { says: "no the other one, the drone", understood: ["choose", "sale_details", "buy"] },
      { says: "when does it end?", understood: "when" },
    ],
  },
  {
    name: "says no to the purchase",
    language: "en",
    turns: [
      { says: "can i have the aurora headphones", understood: "buy" },
      { says: "nah nvm", understood: "no" },
      { says: "thanks anyway", understood: "thanks" },
    ],
  },
  {
    name: "buys, then cancels",
    language: "en",
    turns: [
      { says: "one drone pls", understood: "buy" },
      { says: "yeah do it", understood: "yes", outcome: "reserved" },
      { says: "omg my wife is gonna kill me. cancel it", understood: "cancel_order" },
    ],
  },
  {
    name: "buys, then asks where the order is",
    language: "en",
    turns: [
      { says: "i wanna buy the headphones", understood: "buy" },
      { says: "y", understood: "yes", outcome: "reserved" },
      { says: "wheres my order", understood: ["order_status", "my_orders"] },
    ],
  },
  {
    name: "yes but waterproof",
    language: "en",
    turns: [
      { says: "id like the falcon drone", understood: "buy" },
      { says: "yes but is it waterproof?", understood: ["sale_details", "unknown"] },
    ],
  },
  {
    name: "maybe is not a yes",
    language: "en",
    turns: [
      { says: "gimme the headphones", understood: "buy" },
      { says: "maybe", understood: ["unknown", "no"] },
      { says: "ok fine yes", understood: "yes" },
    ],
  },
  {
    name: "only with a discount",
    language: "en",
    turns: [
      { says: "drone plz", understood: "buy" },
      { says: "yess if you give me a discount", understood: ["unknown", "price", "no"] },
      { says: "lol ok no then", understood: "no" },
    ],
  },
  {
    name: "ok but wants to think",
    language: "en",
    turns: [
      { says: "i'd like to order the drone", understood: "buy" },
      { says: "ok let me think about it first", understood: ["unknown", "no"] },
    ],
  },
  {
    name: "sure, how many are left",
    language: "en",
    turns: [
      { says: "grab me a drone", understood: "buy" },
      { says: "ok but how many are left", understood: "stock" },
    ],
  },
  {
    name: "yeah right",
    language: "en",
    turns: [
      { says: "can i buy the drone", understood: "buy" },
      { says: "yeah right, not at that price lol", understood: ["no", "unknown", "price"] },
    ],
  },
  {
    name: "joins the line, asks the place, leaves",
    language: "en",
    turns: [
      { says: "i want to get in line for the concert ticket", understood: "join_queue" },
      { says: "whats my place", understood: "place" },
      { says: "still waiting... is it my turn yet", understood: "place" },
      { says: "screw it, leave the line", understood: "leave_queue" },
    ],
  },
  {
    name: "tries to buy the concert ticket, queues",
    language: "en",
    turns: [
      { says: "2 concert tickets please", understood: ["buy", "join_queue"] },
      { says: "ok join the queue then", understood: "join_queue" },
      { says: "where am i in line", understood: "place" },
    ],
  },
  {
    name: "draw in and out",
    language: "en",
    turns: [
      { says: "tell me about the sneakers", understood: "sale_details" },
      { says: "how do i win one", understood: ["rules", "enter_draw"] },
      { says: "ok sign me up for the draw", understood: "enter_draw" },
      { says: "actually take me out of the draw", understood: "leave_draw" },
    ],
  },
  {
    name: "phone reminder set and dropped",
    language: "en",
    turns: [
      { says: "is the flagship phone open yet?", understood: ["when", "sale_details"] },
      { says: "remind me when its about to start", understood: "remind" },
      { says: "nvm cancel that reminder", understood: "forget_reminder" },
    ],
  },
  {
    name: "sold out car to waitlist",
    language: "en",
    turns: [
      { says: "r there any toy cars left", understood: "stock" },
      { says: "aw man 😭 put me on the waitlist", understood: "join_waitlist" },
      { says: "thx", understood: "thanks" },
    ],
  },
  {
    name: "buys the sold out car, then waitlist, then leaves it",
    language: "en",
    turns: [
      { says: "get me the toy car!!", understood: "buy", outcome: "sold_out" },
      { says: "is there a waitlist? add me", understood: "join_waitlist" },
      { says: "actually no, take me off the waitlist", understood: "leave_waitlist" },
    ],
  },
  {
    name: "angry about being too slow",
    language: "en",
    turns: [
      { says: "i want the vintage toy car", understood: "buy", outcome: "sold_out" },
      { says: "are you kidding me this is a scam", understood: ["unknown", "human"] },
      { says: "let me speak to someone", understood: "human" },
    ],
  },
  {
    name: "bot does not help, agent",
    language: "en",
    turns: [
      { says: "i paid and nothing happened??", understood: ["order_status", "pay", "human", "my_orders"] },
      { says: "you're useless. agent please", understood: "human" },
    ],
  },
  {
    name: "pays and wants the receipt",
    language: "en",
    turns: [
      { says: "buy the headphones", understood: "buy" },
      { says: "confirm", understood: "yes", outcome: "reserved" },
      { says: "send me the payment link", understood: "pay" },
      { says: "ok and an invoice for that pls", understood: "receipt" },
    ],
  },
  {
    name: "buy something, chooses",
    language: "en",
    turns: [
      { says: "hi", understood: "greet" },
      { says: "i wanna buy something", understood: ["buy", "list_sales"] },
      { says: "#1", understood: "choose" },
    ],
  },
  {
    name: "limit question, then one",
    language: "en",
    turns: [
      { says: "aurora headphones, how many can i buy", understood: "rules" },
      { says: "ok just one then", understood: "buy" },
      { says: "yes!", understood: "yes", outcome: "reserved" },
    ],
  },
  {
    name: "off topic in the middle",
    language: "en",
    turns: [
      { says: "hey there", understood: "greet" },
      { says: "are you chatgpt", understood: ["unknown", "help"] },
      { says: "whats the meaning of life", understood: "unknown" },
      { says: "lol ok whats on sale", understood: "list_sales" },
    ],
  },
  {
    name: "typos all the way",
    language: "en",
    turns: [
      { says: "wat r u seling", understood: "list_sales" },
      { says: "hw much is the hedphones", understood: "price" },
      { says: "i wnat to buy them", understood: "buy" },
      { says: "yea", understood: "yes", outcome: "reserved" },
    ],
  },
  {
    name: "cancels, then looks at the orders",
    language: "en",
    turns: [
      { says: "Hello, I would like to purchase one Falcon X2 Drone.", understood: "buy" },
      { says: "Yes, that is correct.", understood: "yes", outcome: "reserved" },
      { says: "I'm sorry, I've changed my mind. Please cancel the order.", understood: "cancel_order" },
      { says: "What does my order list look like now?", understood: "my_orders" },
    ],
  },
  {
    name: "mixed, mostly English",
    language: "en",
    turns: [
      { says: "hi 极光耳机 still available?", understood: "stock" },
      { says: "ok i want one", understood: "buy" },
      { says: "yes 谢谢", understood: "yes", outcome: "reserved" },
    ],
  },

  // ------------------------------------------------------------------ several turns, Chinese
  {
    name: "看活动,买无人机,付款",
    language: "zh",
    turns: [
      { says: "现在能抢啥", understood: "list_sales" },
      { says: "抢个无人机", understood: "buy" },
      { says: "确认", understood: "yes", outcome: "reserved" },
      { says: "付款链接发我", understood: "pay" },
    ],
  },
  {
    name: "选第二个,问价,下单",
    language: "zh",
    turns: [
      { says: "有啥好东西", understood: "list_sales" },
      { says: "第二个", understood: "choose" },
      { says: "它多少钱", understood: "price" },
      { says: "行 买一个", understood: "buy" },
      { says: "对", understood: "yes", outcome: "reserved" },
      { says: "谢谢老板", understood: "thanks" },
    ],
  },
  {
    name: "全角数字选三,问几时开,设提醒",
    language: "zh",
    turns: [
      { says: "秒杀列表", understood: "list_sales" },
      { says: "３", understood: "choose" },
      { says: "它什么时候开", understood: "when" },
      { says: "开之前提醒我一下", understood: "remind" },
    ],
  },
  {
    name: "算了",
    language: "zh",
    turns: [
      { says: "我要耳机", understood: "buy" },
      { says: "算了", understood: "no" },
      { says: "谢谢哈", understood: "thanks" },
    ],
  },
  {
    name: "换成耳机",
    language: "zh",
    turns: [
      { says: "买无人机", understood: "buy" },
      { says: "不对 我要的是耳机", understood: "buy" },
      { says: "是的", understood: "yes", outcome: "reserved" },
    ],
  },
  {
    name: "等等要两台",
    language: "zh",
    turns: [
      { says: "无人机来一台", understood: "buy" },
      { says: "等等，要两台", understood: "buy" },
      { says: "嗯嗯", understood: "yes" },
    ],
  },
  {
    name: "算了又反悔",
    language: "zh",
    turns: [
      { says: "想买个无人机", understood: "buy" },
      { says: "不要了太贵", understood: "no" },
      { says: "哎呀还是买吧 无人机", understood: "buy" },
      { says: "确定", understood: "yes", outcome: "reserved" },
    ],
  },
  {
    name: "好像可以吧",
    language: "zh",
    turns: [
      { says: "无人机我想要一个", understood: "buy" },
      { says: "好像可以吧", understood: ["unknown", "no"] },
    ],
  },
  {
    name: "是正品吗",
    language: "zh",
    turns: [
      { says: "耳机来一副", understood: "buy" },
      { says: "是正品吗", understood: ["sale_details", "unknown"] },
      { says: "那行 要", understood: ["yes", "buy"] },
    ],
  },
  {
    name: "好贵啊",
    language: "zh",
    turns: [
      { says: "下单无人机", understood: "buy" },
      { says: "好贵啊……", understood: ["unknown", "no", "price"] },
      { says: "不买了", understood: "no" },
    ],
  },
  {
    name: "可以便宜点吗",
    language: "zh",
    turns: [
      { says: "我要买falcon x2", understood: "buy" },
      { says: "可以便宜点吗", understood: ["price", "unknown"] },
    ],
  },
  {
    name: "行吧我再想想",
    language: "zh",
    turns: [
      { says: "给我一个极光耳机", understood: "buy" },
      { says: "行吧我再想想", understood: ["unknown", "no"] },
    ],
  },
  {
    name: "要是有红色就买",
    language: "zh",
    turns: [
      { says: "无人机，我要一台", understood: "buy" },
      { says: "要是有红色的我就买", understood: ["unknown", "sale_details", "no"] },
    ],
  },
  {
    name: "买完就取消",
    language: "zh",
    turns: [
      { says: "耳机给我抢一个！", understood: "buy" },
      { says: "好的", understood: "yes", outcome: "reserved" },
      { says: "手滑了 帮我取消吧", understood: "cancel_order" },
    ],
  },
  {
    name: "買完查訂單,繁體",
    language: "zh",
    turns: [
      { says: "你好，我要買一台無人機", understood: "buy" },
      { says: "好，確認購買", understood: "yes", outcome: "reserved" },
      { says: "我的訂單現在是什麼狀態", understood: "order_status" },
      { says: "謝謝，辛苦了", understood: "thanks" },
    ],
  },
  {
    name: "排队,问位置,退出",
    language: "zh",
    turns: [
      { says: "演唱会门票怎么抢", understood: ["rules", "sale_details"] },
      { says: "那我排队", understood: "join_queue" },
      { says: "排到第几了", understood: "place" },
      { says: "到我了没啊", understood: "place" },
      { says: "太久了 不排了", understood: "leave_queue" },
    ],
  },
  {
    name: "直接买门票再排队",
    language: "zh",
    turns: [
      { says: "演唱会门票来两张", understood: ["buy", "join_queue"] },
      { says: "那帮我排上", understood: "join_queue" },
    ],
  },
  {
    name: "抽签报名又退",
    language: "zh",
    turns: [
      { says: "限量球鞋怎么买", understood: ["rules", "sale_details", "buy"] },
      { says: "那我参加抽签", understood: "enter_draw" },
      { says: "算了不抽了", understood: "leave_draw" },
    ],
  },
  {
    name: "玩具车候补又退",
    language: "zh",
    turns: [
      { says: "vintage toy car 还有吗", understood: "stock" },
      { says: "啊没了😭 那给我候补一个", understood: "join_waitlist" },
      { says: "候补不要了", understood: "leave_waitlist" },
    ],
  },
  {
    name: "提醒又不要",
    language: "zh",
    turns: [
      { says: "旗舰手机 明天几点", understood: "when" },
      { says: "到点叫我", understood: "remind" },
      { says: "算了别提醒了 我自己定闹钟", understood: "forget_reminder" },
    ],
  },
  {
    name: "没抢到,骂人,人工",
    language: "zh",
    turns: [
      { says: "玩具车给我来一辆", understood: "buy", outcome: "sold_out" },
      { says: "又没了？？耍猴呢", understood: ["unknown", "human", "stock"] },
      { says: "人工客服！！", understood: "human" },
    ],
  },
  {
    name: "付了钱没反应,找人",
    language: "zh",
    turns: [
      { says: "我付了钱怎么没反应", understood: ["order_status", "pay", "human", "my_orders"] },
      { says: "你听不懂人话吗 找个活人来", understood: "human" },
    ],
  },
  {
    name: "付款加发票",
    language: "zh",
    turns: [
      { says: "要一个耳机", understood: "buy" },
      { says: "嗯 下单吧", understood: "yes", outcome: "reserved" },
      { says: "怎么支付", understood: "pay" },
      { says: "顺便给我开个发票", understood: "receipt" },
    ],
  },
  {
    name: "限购问完再买",
    language: "zh",
    turns: [
      { says: "耳机一个人能买几个", understood: "rules" },
      { says: "还有多少", understood: "stock" },
      { says: "那来一个", understood: "buy" },
      { says: "ＯＫ", understood: "yes", outcome: "reserved" },
    ],
  },
  {
    name: "打招呼,求助,看活动,选一",
    language: "zh",
    turns: [
      { says: "哈喽", understood: "greet" },
      { says: "第一次来 怎么玩", understood: ["help", "rules"] },
      { says: "都有哪些秒杀", understood: "list_sales" },
      { says: "1号", understood: "choose" },
      { says: "这个还剩多少", understood: "stock" },
    ],
  },
  {
    name: "中途闲聊",
    language: "zh",
    turns: [
      { says: "hello", understood: "greet" },
      { says: "你有女朋友吗哈哈", understood: "unknown" },
      { says: "股票明天涨不涨", understood: "unknown" },
      { says: "好吧 今天卖什么", understood: "list_sales" },
    ],
  },
  {
    name: "最后一个",
    language: "zh",
    turns: [
      { says: "看看都卖啥", understood: "list_sales" },
      { says: "最后一个", understood: "choose" },
      { says: "报名", understood: "enter_draw" },
      { says: "什么时候开奖呀", understood: ["when", "rules"] },
    ],
  },
  {
    name: "不是这个是另一个",
    language: "zh",
    turns: [
      { says: "列表", understood: "list_sales" },
      { says: "选2", understood: "choose" },
      { says: "不是这个 我说无人机", understood: ["choose", "sale_details", "buy"] },
      { says: "多少钱", understood: "price" },
      { says: "买了", understood: "buy" },
      { says: "冲！", understood: "yes", outcome: "reserved" },
    ],
  },
  {
    name: "中英夹杂",
    language: "zh",
    turns: [
      { says: "hi 那个drone还有stock吗", understood: "stock" },
      { says: "price多少", understood: "price" },
      { says: "ok我要一台", understood: "buy" },
      { says: "yes", understood: "yes", outcome: "reserved" },
    ],
  },
  {
    name: "错别字和催",
    language: "zh",
    turns: [
      { says: "再吗再吗", understood: "greet" },
      { says: "耳几还有没", understood: "stock" },
      { says: "快快快给我来一个", understood: "buy" },
      { says: "是是是", understood: "yes", outcome: "reserved" },
      { says: "我的订单呢", understood: ["my_orders", "order_status"] },
    ],
  },
];
