/**
 * The words of the rules, in both languages: what says yes and no, and in their order what is asked for. The first rule that
 * fits counts, so what is said more closely stands before what is said more generally ("leave the line" before "line",
 * "how do I buy" before "buy"). Texts are as text.ts makes them: lower case, simplified, without apostrophes.
 */
import type { Intent } from "./intents.ts";

export interface Rule {
  readonly intent: Intent;
  /** Of the English words, with a space between any two and at both ends. */
  readonly english?: RegExp;
  /** Of the Chinese, without spaces. */
  readonly chinese?: RegExp;
}

const leave =
  "leave|quit|exit|drop|withdraw|cancel|remove|stop|get out|step out|give up|opt out|take me|out of|no longer|unsubscribe|unjoin|dont want|pull out";
const leaveChinese = "退出|离开|取消|放弃|退掉|撤出|不想|不要|别|不再|不参加|不";

export const rules: readonly Rule[] = [
  {
    intent: "unknown",
    english:
      / (?:weather|jokes?|poem|sing|song|recipe|horoscope|football|president|homework|translate|square root|meaning of life) /,
    chinese: /天气|笑话|唱.{0,2}歌|写.{0,3}(?:诗|作文)|翻译|星座|算命/,
  },
  {
    intent: "human",
    english:
      / (?:human|real person|live (?:agent|person|chat)|representative|customer (?:service|care|support)|support|(?:talk|speak|chat|connect|transfer)(?: me)? (?:to|with) (?:a |an |the |your |my |some |any )?(?:person|someone|somebody|agent|staff|manager|operator|people|one|supervisor|team)|(?:an?|the|your) (?:agent|operator|manager|supervisor|person)|agents?|call center|complaint|complain|are you (?:a |an )?(?:robot|bot|ai|machine|real)|phone number|hotline) /,
    chinese:
      /人工|客服|活人|经理|主管|领导|真人|转人|投诉|找(?:个)?人|(?:和|跟|与)人(?:说|聊|讲)|你是(?:不是)?(?:机器人|人|ai)|负责人|热线|电话多少|店员/,
  },
  {
    intent: "remind",
    english: / dont (?:let me )?forget (?:to )?(?:remind|tell|notify) /,
    chinese: /(?:别|不要)忘(?:了|记)?.{0,3}(?:提醒|通知|叫)/,
  },
  {
    intent: "join_waitlist",
    english:
      / (?:tell|notify|remind|alert|let me know|ping|message|email|text|inform).*(?:back in|in stock|available again|restock\w*|returns|come back|comes back|frees up|free up|more (?:in|arrive)) | (?:if|when|once)(?: [^ ]+){1,4} (?:back in|in stock|restock\w*|returns|comes? back|frees? up|available again)(?: [^ ]+){0,3} (?:let me know|tell me|notify|ping|message) /,
    chinese:
      /(?:有货|补货|到货|来货|上货|放货|有了|有票|有人退).{0,4}(?:告诉|通知|提醒|叫|喊|说)|(?:告诉|通知|提醒)我.{0,3}(?:补货|有货|到货)|到货(?:通知|提醒)/,
  },
  {
    intent: "forget_reminder",
    english:
      / (?:dont|do not|no|stop|cancel|remove|delete|turn off|switch off|disable|clear|forget|unset|drop|without|never|no need)(?: [^ ]+){0,4} (?:remind\w*|reminders?|notif\w*|alerts?|alarms?) | unremind | unsubscribe | no need to remind | stop (?:telling|pinging|messaging) me /,
    chinese:
      /(?:别|不要|不用|不必|取消|删除|删掉|关闭|关掉|停止|撤销|不需要|无需|去掉|移除)(?:再)?.{0,8}(?:提醒|通知|闹钟|叫我)|(?:提醒|通知)(?:取消|关掉|关了|不要了|删)/,
  },
  {
    intent: "my_reminders",
    english:
      / (?:my reminders|(?:what|which|list|show|see)(?: [^ ]+){0,3} reminders|do i have (?:a |any )?reminders?|(?:have|did) i set (?:a |any )?reminders?|am i (?:being )?reminded) /,
    chinese:
      /我的提醒|(?:有|设)(?:了|过)?(?:哪些|什么|几个|多少)提醒|提醒(?:列表|有哪些)|(?:设|开)(?:了|过)提醒(?:吗|没|么)|有提醒(?:吗|么)/,
  },
  {
    intent: "remind",
    english:
      / (?:remind\w*|reminders?|notify|notification|alert|alarm|ping me|wake me|heads up|let me know|(?:tell|message|text|call|email) me (?:when|before|once|as soon|if it|at)|set (?:an? )?alarm) /,
    chinese:
      /提醒|通知(?:我|一下)|叫我|喊我|闹钟|到时(?:候)?.{0,2}(?:告诉|叫|说|喊)|(?:开|快).{0,6}(?:告诉|跟|和)我|告诉我一声|设个.{0,2}提|记得告诉/,
  },
  {
    intent: "leave_waitlist",
    english: new RegExp(` (?:${leave})(?: [^ ]+){0,5} (?:waitlist|wait list|waiting list|standby|stand by) `),
    chinese: new RegExp(`(?:${leaveChinese}).{0,4}(?:候补|等候名单|等待名单|候选)|候补.{0,2}(?:取消|不要|退)`),
  },
  {
    intent: "leave_draw",
    english: new RegExp(` (?:${leave})(?: [^ ]+){0,5} (?:draw|drawing|raffle|lottery|ballot|lots?) `),
    chinese: new RegExp(`(?:${leaveChinese}).{0,4}(?:抽签|抽奖|摇号|抽了|抽$|签$)|抽签.{0,2}(?:取消|不要|退出)`),
  },
  {
    intent: "leave_queue",
    english: new RegExp(
      ` (?:${leave}|not)(?: [^ ]+){0,5} (?:queue|queueing|queuing|line|waiting room|my (?:place|spot|turn)|waiting|wait) | (?:cant|dont want to|not going to|wont) wait `,
    ),
    chinese: new RegExp(
      `(?:${leaveChinese}).{0,4}(?:排队|队伍|队列|排了|排$|队$|等了|等$|位置|号$)|离队|退队|排队.{0,2}(?:取消|退出)|不想等|等不(?:了|及|下去)`,
    ),
  },
  {
    intent: "place",
    english:
      / (?:my (?:place|position|spot|turn|number|rank|chance|chances|odds)|(?:what|which|whats) (?:place|position|number) (?:am i|do i|in)|where am i|where (?:do )?i stand|am i (?:in|next|admitted|drawn|through|still|up)|is it my turn|my turn|how far|(?:ahead|in front|before|behind) (?:of )?me|people (?:are )?(?:ahead|in front|waiting|in line|in the)|how (?:long|much longer) (?:do i|will i|must i|should i|is the|till my|until my|to) (?:have to |need to |still )?(?:wait|queue|line)|how long is the (?:queue|line|wait)|did i (?:win|get drawn|make it|get picked|get selected|get chosen)|have i (?:won|been (?:drawn|selected|picked|chosen))|was i (?:drawn|selected|picked|chosen|lucky)|did i get lucky|(?:how|hows|check|whats|is|see|show)(?: [^ ]+){0,2} my (?:queue|line|draw|raffle|waitlist|entry|place|spot)|(?:how is|hows) the (?:queue|line)|(?:queue|line|draw|waitlist|raffle|lottery) (?:status|position|place|result|results|progress)|status of (?:the |my )?(?:queue|line|draw|waitlist)|result of (?:the |my )?(?:draw|raffle)|draw results?|who won|wait time|waiting time|how many (?:are )?(?:ahead|in (?:the )?(?:queue|line))|still in (?:the )?(?:line|queue|draw)|am i on the) /,
    chinese:
      /排了多久|(?:结果|名单).{0,3}(?:出|公布|揭晓)|排(?:到|在)?(?:第)?(?:哪|几|多少)|排到(?:我)?了|第几(?:位|名|个)?$|我.{0,3}第几|前面.{0,3}(?:多少|几|人)|多少人.{0,2}(?:排|在|前)|轮到我|到我(?:了)?(?:吗|没|没有)?|我的?(?:位置|名次|排名|排位|号码|顺位|队|进度|几率|概率)|(?:还)?(?:要|得|需)?(?:等|排)多(?:久|长)|中签|抽中|抽到|中(?:了|奖)(?:吗|没)|中没中|抽签(?:结果|进度|状态|情况)|抽奖结果|排队(?:情况|进度|状态|到哪|怎么样|位置)|候补(?:情况|进度|状态|到|第几|位置)|还有多少人|我(?:还)?在(?:不在)?(?:队|排|候补)|几率|概率|机会(?:大|多)/,
  },
  {
    intent: "rules",
    english:
      / (?:rules?|how many (?:[^ ]+ ){0,2}(?:can|may|could) (?:i|one|we|a|each|you)|allowed|winners?|how (?:do|does) (?:you|they|it|the shop) (?:pick|choose|select|decide|draw)|whats the deal with|terms|conditions|policy|policies|restrictions?|requirements?|regulations?|guidelines|fair|fairness|eligib\w+|faq|how (?:does|do|will|would) (?:it|this|that|these|the|a|your|things|◆)(?: [^ ]+){0,4} (?:work|go|function)|how (?:it|this|everything|the \w+) works?|(?:limit|limits|maximum|max|most)(?: [^ ]+){0,3} (?:per|each|i can|can i)|per (?:person|buyer|customer|account|head)|is there (?:a|any) (?:limit|maximum|cap)|the limits?|purchase limits?|first come|buying limits?|how many (?:of \w+ |◆ |units |pieces )?(?:can|may|could|am) i|can i (?:buy|get|have|order) (?:more than|two|three|several|multiple|many)|how (?:do|can|should|to|could|would) (?:i |we |one |you )?(?:to )?(?:buy|purchase|participate|take part|enter|join|order|get (?:it|one|in)|win|queue|line up)|what do i (?:need|have) to do|skip (?:the )?(?:line|queue)|jump (?:the )?(?:line|queue)|cut (?:the )?(?:line|in line|queue)|ahead of (?:everyone|everybody|others|the)|(?:until|by) when (?:do|must|can|should) i pay|how long (?:do|can|will|have) (?:i|you) (?:have |got |keep |hold )?(?:it )?(?:to pay|for me)|how (?:much time|long) (?:do i have |is there |i have )?to pay|payment (?:window|deadline|time)|time (?:limit )?to pay|what happens if i dont pay|when (?:must|do|should) i (?:have to |need to )?pay) /,
    chinese:
      /规则|能不能(?:多)?买|多买(?:几|些)|逾期|不付.{0,4}(?:怎|会)|规定|限购|条件|须知|说明|玩法|公平|条款|要求|(?:怎么|怎样|如何|咋)(?:才能|能|可以|去|个|样)?(?:买|抢|参加|参与|玩|抽|排|购|下单|报名|操作|流程|候补|预约|弄|领)|流程|(?:能|可以|可|让|最多|允许)(?:能|可以)?(?:买|抢|购|拍|下|要)(?:几|多少)|最多.{0,4}(?:几|多少)|限(?:几|多少)|每(?:人|个人|个账号)|一个人(?:能|可以)|插队|走后门|优先|先到先得|多久.{0,5}付|多(?:少|长)时间.{0,3}付|(?:几|多少)(?:分钟|小时|时间).{0,3}付|付款(?:时限|期限|时间|多久)|不付(?:款|钱)?会|超时/,
  },
  {
    intent: "sale_details",
    english: / tell me (?:more |all |something )?(?:about|abt) (?!my |the rules)/,
  },
  {
    intent: "when",
    english:
      / (?:when|whens|what time|what day|what date)(?: (?:does|do|is|are|will|did|can|the|it|a|that|this)| ◆){1,4}(?: [^ ]+){0,2} (?:open|opens|start|starts|begin|begins|close|closes|end|ends|over|drawn|happen|happens|live|held|take place|finish\w*|sale|on sale|available|draw|raffle|next) /,
    chinese:
      /(?:什么时(?:候|间)|何时|几点|几号|哪天|啥时候?|多久).{0,4}(?:开(?:售|抢|始|卖|放|奖)?|结束|截止|抽|卖|公布|关)|(?:抽签|排队|候补).{0,3}(?:什么时候|几点|何时|哪天)/,
  },
  {
    intent: "join_waitlist",
    english:
      / (?:waitlist|wait list|waiting list|waitlisted|standby|stand by|back ?order|put me (?:down|on the list)|on the list|(?:get|be) (?:me )?on (?:the |your )?list|if (?:someone|somebody|anyone|anybody|one) (?:cancels|drops|doesnt pay|returns|gives)) /,
    chinese: /候补|等候名单|等待名单|候选|缺货登记|预定.{0,2}补|排补|(?:有人|别人)(?:退|不付|不要|取消)/,
  },
  {
    intent: "enter_draw",
    english:
      / (?:draw|drawing|take part|participate|put my name (?:in|down)|raffle|lottery|ballot|lucky (?:dip|draw)|try my luck|feeling lucky|sweepstakes?|enter me|cast lots) /,
    chinese:
      /抽签|抽奖|摇号|摇奖|抽一(?:个|下|次|签)|抽◆|参加抽|报名|试试(?:手气|运气)|碰碰运气|碰运气|登记抽|我抽|来抽|想抽|要抽/,
  },
  {
    intent: "join_queue",
    english:
      / (?:queue|queueing|queuing|line up|lining up|(?:in|into|join|to|enter|the|a) (?:the |a )?(?:line|waiting room)|stand in|wait in|save me a (?:place|spot)|hold (?:me )?(?:a|my) (?:place|spot)|get me in|take a number) /,
    chinese:
      /排队|排.{1,8}队|排个队|排一?(?:个|下)|入队|进队|排上|帮我排|我排|去排|来排|要排|想排|开始排|取(?:个)?号|拿(?:个)?号|占个?(?:位|座)|等候室|候场/,
  },
  {
    intent: "receipt",
    english:
      / (?:receipts?|invoices?|proof|prove|certificates?|verify my|tax bill|(?<!(?:settle|pay) (?:my|the) )bill) /,
    chinese: /收据|凭证|发票|小票|回执|凭据|票据|购买证明|证明|收条|电子票/,
  },
  {
    intent: "order_status",
    english:
      / (?:order status|status of (?:my |the |this |that )?(?:last |latest |recent )?(?:order|purchase|payment|it)|(?:where|wheres|how|hows|when|what|whats)(?: [^ ]+){0,4} (?:my|the|that) (?:last |latest |recent |◆ )?(?:orders?(?! list| history)|purchase|package|parcel|delivery|shipment|payment)|track\w*|is my ◆ (?:paid|ok|okay|confirmed|reserved|shipped)|(?<!what )did (?:it|that|my (?:order|payment|purchase)|the (?:order|payment|purchase)) (?:go|work|succeed|get|come)|(?<!what )did (?:i|we) (?:get|manage|make|buy|pay|succeed)|(?<!what )have i (?:paid|bought|got|secured)|is (?:my|the|it) (?:order |payment |purchase )?(?:paid|confirmed|reserved|mine|through|shipped|delivered|ok|okay|still (?:valid|there|reserved|held))|has (?:my|the|it) (?:order|payment|been)(?: [^ ]+){0,3} (?:paid|shipped|through|arrived|confirmed|received|processed)|(?:i|ive|i have) (?:already |just )?paid|payment (?:go|went|gone|status|received|arrive\w*|successful)|order (?:progress|update|number)|what happened (?:to|with)|(?:shipped|shipping|arrived|delivery) |check (?:on )?(?:my |the )?(?:last |latest )?order|my (?:last|latest|most recent) order|status) /,
    chinese:
      /(?:订单|单子|这单|那单|单).{0,4}(?:状态|怎么样|怎样|进度|情况|到哪|咋样|成功|如何|成了|有效|还在|多久)|订单.{0,8}状态|(?:买|抢|拍|下单|订)(?:到|成功|成|上)(?:了)?(?:吗|没有|没|么)$|(?:买|抢|下单|订)了(?:吗|没有|没|么)$|(?:买到|抢到|成功|拿到).{0,2}(?:吗|没|么)|付款.{0,2}(?:成功|到账|了吗|没)|(?:付|支付|付款|付过|付好|付完)(?:了|成功|好|过)?(?:了)?(?:吗|没有|没|么)|订单号|(?:刚才|刚刚|之前|上次)(?:买|抢|下)的|到账|物流|发货|快递|什么时候(?:到|送|发)|(?:上|最近|最后|刚才|刚刚)(?:的)?(?:一|那|这)?(?:笔|个|单)?(?:的)?(?:订单|单)|查(?:一下|下)?(?:这|那)(?:个|笔)?(?:订)?单/,
  },
  {
    intent: "cancel_order",
    english:
      / (?:cancel\w*|refund\w*|undo|revoke|money back|send it back|return (?:it|my|the|this|that|an)|(?:dont|do not|no longer) (?:want|need) (?:it|this|that|the|my) (?:order|purchase)|changed my mind about (?:the|my) order|(?:drop|scrap|delete|remove|kill|get rid of) (?:the|my|that|this) (?:◆ )?order|(?:dont|do not|no longer) (?:want|need)(?: [^ ]+){1,4} (?:anymore|any more|any longer)|no longer (?:want|need)(?: [^ ]+){1,3}) /,
    chinese:
      /取消|退单|退款|退货|退掉|退了|撤单|退钱|撤销|不要(?:这|那|了)?(?:个|笔|张)?(?:订单|单)|(?:订单|单子).{0,2}(?:不要|退)|我要退|想退|能退|可以退|能不能退|退吗|退一下/,
  },
  {
    intent: "my_orders",
    english:
      / (?:orders|my (?:purchases?|stuff|buys)|order (?:list|history)|purchase history|purchases|what (?:did|have) i (?:buy|bought|order|ordered|get|purchased?)|(?:show|see|view|list|find|open|check|look at|pull up)(?: [^ ]+){0,2} order|my order|things i (?:bought|ordered)|do i have (?:an|any) order|have i ordered) /,
    chinese:
      /我(?:的)?(?:全部|所有|历史)?(?:订单|单子|单)$|我的(?:订单|单)|(?:看|查|列|有|显示|打开|全部|所有|历史|哪些|几个)(?:看|一下|下|出)?.{0,3}(?:订单|单子)|下的单|订单(?:列表|记录|查询|呢|们|$)|(?:我)?(?:买|抢|订)(?:过|了|到)(?:什么|哪些|啥|些|几)|购买记录|我买的/,
  },
  {
    intent: "pay",
    english:
      / (?:pay|paying|payment|payments|checkout|check out|settle|pay (?:for|now|link)|credit card|alipay|wechat pay|paypal|apple pay) /,
    chinese:
      /付款|支付|付钱|付费|付账|买单|结账|结算|付一下|付掉|怎么付|去付|要付|付了$|缴费|交钱|给钱|微信付|支付宝|付$|来付|我付|收银/,
  },
  {
    intent: "when",
    english:
      / (?:when|whens|what time|what date|what day|which day|which date|how (?:long|soon|much (?:time|longer))(?: [^ ]+){0,3} (?:until|till|before|left|to go|open|opens|start|starts|begin|last|end|ends|remain\w*|it)|how (?:long|soon)|start(?:ing)? time|opening time|closing time|time left|still (?:going|running|on|open|active)|opening hours|countdown|(?:is|are|has|have|did|does|do|will|wont)(?: [^ ]+){0,4} (?:open|opened|started?|starting|begin|begun|began|close|closed|end|ended|ending|live|over|finished?)(?: yet| now| already| soon| today| tomorrow)?|open yet|not open|opens? (?:at|on|in|today|tomorrow)|deadline|schedule|expire|expires|ends? (?:at|on|in)) /,
    chinese:
      /现在(?:能|可以)(?:抢|买)(?!什么|啥|哪|些)|(?:能|可以)(?:抢|买)了(?:吗|没)|什么时(?:候|间)|何时|几点|几号|哪天|哪一天|啥时|时间|多久|还有多长|几时|多会|开(?:售|抢|始|卖|放|门)(?:了)?(?:吗|没|么|呢)|开始了|开(?:售|抢|卖)(?:时间)?$|结束(?:了)?(?:吗|没)?|截止|倒计时|几天|明天(?:开|有|能)|今天(?:开|能)|日期|开了(?:吗|没)|什么时$/,
  },
  {
    intent: "stock",
    english:
      / (?:(?:how many|how much|what|whats|any|anything|some|much|many|few|enough|is there|are there)(?: [^ ]+){0,4} (?:left|remain|remains|remaining|available|still|in stock)|stock|stocks|inventory|availability|in stock|available|left|remaining|sold out|sells? out|selling out|(?:is|are)(?: [^ ]+){0,3} (?:available|gone|sold out|sold)|still (?:have|there|available|any|get|buy|possible|on sale|got)|do you (?:still )?have (?:any|some|more|it|◆)|can i still|run(?:ning)? out|how many|got any|any more) /,
    chinese:
      /库存|没了(?:吗|没|么)|还有(?:多少|几|货|没有|没|票|吗|么|余|◆)|剩|余(?:票|量)|有(?:没有|没)?(?:现)?货|有货|有票|(?:卖|抢|售|销)(?:完|光|空|罄|没)|售罄|现货|(?:多少|几)(?:件|个|台|部|双|张|份|只)$|还(?:能|可以|买得|抢得)(?:买|抢|到|了)?|缺货|没货|没有了(?!.{0,3}谢)|够不够|货多|有多少|还多|还有$|抢(?:得|不)到|买(?:得|不)到|数量(?:有|是)?(?:多少|几)/,
  },
  {
    intent: "price",
    english:
      / (?:price|prices|priced|pricing|cost|costs|costing|how much|much for|whats the damage|expensive|cheap|cheaper|cheapest|discount\w*|worth|fee|fees|go for|goes for|bargain|rrp|list price|original price|how many (?:dollars|yuan|euros|bucks)|free) /,
    chinese:
      /价|多少(?:钱)?一(?:张|个|台|双|件|副|只|份|部)|多少钱|多少(?:元|块|米|rmb)|几(?:块|元|百|千)|贵|便宜|怎么卖|优惠|折|要钱|花多少|多少$|免费|降(?:了)?多少|省多少|费用/,
  },
  {
    intent: "help",
    english:
      / (?:help|what can (?:you|u)|what can i (?:do|say|ask|type|write)|what (?:do you do|are you(?! sell| offer))|who are you|what is this(?: bot| chat)?|how do i use|how does this (?:chat|bot)|menu|commands?|options|instructions|capabilit\w+|what (?:should|can) i (?:say|ask|do)|im (?:lost|confused|stuck)|i dont (?:understand|get it)|guide|assist\w*|how to use) /,
    chinese:
      /帮助|可以帮我的|能帮我(?:什么|啥)|提示|帮帮|帮个忙|帮忙|帮我一下|怎么用|你(?:能|会|可以)(?:帮我)?(?:做|干|办|帮)?(?:什么|啥|嘛|哪些|些)|菜单|功能|使用(?:说明|方法)|你是谁|你是什么|我(?:能|可以)(?:做|问|说)(?:什么|啥)|我该(?:说|问|怎么)|不(?:会(?:用|弄|搞|操作)|懂|明白|知道怎么)|咋用|没看懂|听不懂|指令|命令|help/,
  },
  {
    intent: "list_sales",
    english:
      / (?:sales|deals?|promotions?|promos?|campaigns?|events?|specials|bargains|flash sale|(?:what|whats|which|anything|something|everything|things|stuff|items|products|goods)(?: [^ ]+){0,4} (?:sale|on|offer|offers|offered|available|sell|selling|sold|buy|new|happening|today|now|going on|have|got|else|there|here|up|coming|hot)|(?:show|see|list|browse|view|display)(?: me)?(?: [^ ]+){0,3} (?:all|everything|sale|list|offers?|items|products|goods|catalog\w*|available|things|shop|store|stuff|options|more|rest)|catalog\w*|browse|list|upcoming|coming (?:up|soon)|(?:anything|something) (?:good|nice|interesting|cool|cheap|new|hot)|whats (?:on|new|up for|hot|good|there)|what (?:do|can) (?:you|u|i|we) (?:have|sell|got|offer|buy|get)|on sale|for sale|show (?:me )?more|more (?:sales|items|offers)|next page|see more|others|go back|back) /,
    chinese:
      /活动|秒杀|特卖|商品|有(?:什么|啥|哪些|些什么)|(?:卖|抢|买)(?:些)?(?:什么|啥)|(?:什么|哪些|啥|东西).{0,5}(?:卖|抢|买|活动|好|便宜|可以|推荐|打折)|在售|在卖|列表|清单|逛|推荐|好货|好东西|爆款|新品|上新|抢购|全部|所有|都有|看看(?:都|有|别|其)|(?:今天|现在|最近|正在|目前|今晚).{0,4}(?:有|卖|抢|什么)|更多|下一页|还有(?:什么|别的|其他|哪些|啥)|别的(?:呢|吗|活动)?$|其他(?:呢|吗|的|活动)?$|返回|目录|首页|货架/,
  },
  {
    intent: "sale_details",
    english:
      / (?:know|learn|hear|find out|read|ask|info|information|details|tell me|question|questions) (?:[^ ]+ ){0,2}(?:about|more|on|regarding) /,
    chinese: /(?:想|要|先)(?:了解|知道|看看|问问?)/,
  },
  {
    // "Half an hour before": of a reminder that was just talked about.
    intent: "remind",
    english:
      / (?:[0-9]{1,4}|an?|one|two|three|five|ten|fifteen|twenty|thirty) ?(?:days?|hours?|hrs?|h|minutes?|mins?|min|m) (?:before|beforehand|b4|early|earlier|ahead|prior|in advance) /,
    chinese:
      /提前[0-9零一二两俩三四五六七八九十半]{1,4}(?:个)?(?:半)?(?:天|小时|钟头|分)|开(?:售|抢|始|卖)[之以]?前[0-9一二两三四五六七八九十半]{1,4}(?:个)?(?:小时|分)/,
  },
  {
    intent: "buy",
    english:
      / (?:buy|buying|purchase|purchasing|grab|snap|snag|bag|cop|(?:ill|i will|let me|lemme|can i|could i|may i|please) (?:just )?(?:take|get|have|order|do)|(?:get|give|order|bring|hand|reserve|book|secure|sell|fetch) (?:me )?(?:it|one|this|that|these|those|the|a|an|some|two|three|four|five|six|seven|eight|nine|ten|[0-9]+|◆|my|now|for)|gimme|i (?:really |just |also |do )?(?:want|wanna|need)|i(?:d| would) (?:like|love)|want (?:it|one|to|this|that|the|a|two|three|◆|[0-9]+)|take (?:it|one|two|three|this|that|the|◆|[0-9]+)|to order|order (?:it|now)|place (?:an|my|the) order|reserve|add to cart|make it [0-9]+|shut up and take|take my money) /,
    chinese:
      /买|购|抢|下单|下一单|拿下|入手|拍(?:下|一|这)|给我|帮我(?:来|拿|订|搞|弄|拍)|我(?:就|也|还)?(?:想)?(?:要|来)|想要|来(?:一|两|二|三|四|五|俩|个|件|份|台|张|双|点|◆|[0-9])|要(?:一|两|二|三|四|五|俩|个|◆|这|那|它|[0-9])|订(?:一|两|个|购|了|它|这|下)|冲(?:了|啊|它|鸭)?$|整(?:一|两|个)|搞(?:一|两|个)|拿(?:一|两|个)|预定|预订|剁手|收了/,
  },
  {
    intent: "sale_details",
    english:
      / (?:tell me (?:more |all |something )?(?:about)?|details?|more (?:about|info\w*|on)|info\w*|describe|description|what (?:is|are) (?:it|this|that|the|a|these|◆)|whats (?:it|this|that|the|so|special|◆)|specs?|specifications?|features?|look at|show (?:me )?(?:the|it|that|this|◆|number|#|[0-9]+)|see (?:the|it|that|this|◆)|about (?:the|it|that|this|◆)|interested in|how about|what about|explain|learn more|how (?:is|are|good)(?: the)?(?: ◆| it| this)|any good|review\w*|view) /,
    chinese:
      /介绍|详情|详细|说说|讲讲|聊聊|什么样|是什么|是啥|具体|参数|看一?(?:看|下)|看(?:第|这|那|◆|[0-9])|怎么样|咋样|了解|信息|展示|打开|好不好|好用|(?:◆|这个|那个)呢|特点|配置|规格|质量|◆吗/,
  },
  {
    intent: "thanks",
    english:
      / (?:thanks?|thx|ty|tks|thank you|tysm|tyvm|cheers|appreciate\w*|bye|goodbye|see you|see ya|cya|good ?night|well done|good (?:job|bot|work)|great job|youre (?:great|awesome|the best)|xiexie|that(?:s| is) all|nothing else|have a (?:nice|good|great)) /,
    chinese: /谢|感谢|多谢|3q|感恩|再见|拜拜|拜$|晚安|辛苦|回见|下次(?:再|见)|没(?:别的|其他)?事了|没事$|没了$/,
  },
  {
    intent: "thanks",
    english:
      /^ (?:, )*(?:(?:ok|okay|oh|wow|very|so|thats|that is|sounds) )*(?:great|cool|nice|perfect|awesome|excellent|good|wonderful|amazing|fantastic|got it|understood|i see|noted|lovely|super)(?: (?:to know|one|stuff|then|ok|,))* $/,
    chinese:
      /^(?:哇|嗯|那|真|太|很)*(?:太好了|不错|真棒|棒|厉害|赞|完美|知道了|明白了|懂了|了解了|收到|原来如此|哦+|噢+)(?:[,啊呀哦的了]*)$/,
  },
  {
    intent: "greet",
    english:
      / (?:hi|hello|hey|hiya|yo|hola|howdy|greetings|morning|good (?:morning|afternoon|evening|day)|nihao|ni hao|sup|whats up|anybody (?:there|here)|anyone (?:there|here)|start|are you there) /,
    chinese:
      /你好|您好|嗨|哈喽|哈啰|在吗|在不在|在么|有人(?:吗|在)|早上好|早安|上午好|下午好|晚上好|中午好|大家好|喂|亲$|hello|^hi|^早$|^hey|初次见面/,
  },
];

/** What agrees, said alone or with words that change nothing. */
export const yesEnglish =
  /^(?:(?:oh|ok|okay|fine|well|hmm|um|great|perfect|alright|cool|so|and|absolutely|hell) )*(?:yes|yess|yeah|yeahh|yea|yep|yup|ya|yah|aye|y|sure|sure thing|confirm|confirmed|i confirm|i do|affirmative|absolutely|definitely|certainly|of course|correct|thats right|thats correct|that is right|that is correct|exactly|do it|go ahead|go for it|lets do it|lets do this|lets go|sounds good|deal|proceed|agreed|i agree|please do|ok|okay|okey|okie|alright|all right|yes sir|by all means|please confirm|please proceed|why not do it|shi|shi de|haode)(?: (?:yes|yeah|yep|please|pls|plz|sure|ok|okay|do it|do that|go ahead|go for it|confirm|confirmed|confirm it|i confirm|it|that|now|right now|absolutely|definitely|of course|why not|im sure|i am sure|thats right|thats correct|that is right|that is correct|correct|exactly|i want it|i do|ill take it|take it|buy it|buy it now|buy|purchase it|order it|place the order|the order|purchase|my order|lets go|thanks|thank you|thx|proceed|mate|man|buddy|sir|lets do it|cancel it|cancel my order|leave|agreed|deal))*$/;

export const yesChinese =
  /^(?:嗯|好|啊|哦|那|就|我)*(?:是|是的|是啊|是呀|是是+|对|对的|对对+|行行+|好|好的|好啊|好呀|好吧|好滴|好嘞|好哒|行|行吧|行啊|可以|可以的|可以啊|没问题|确认|确定|同意|要|要的|要啊|当然|必须|嗯|恩|嗯呢|成|成交|没错|yes|ok|okay|yeah|sure|买吧|下单吧|当然了|当然要|yep|确认购买|确认下单|确定购买|确定下单|帮我下单吧|下吧|买买买)(?:,|的|吧|啊|呀|哦|嘛|是的|好的|对|确认|确定|买吧|下单|下单吧|购买|我确定|我确认|我同意|就这样|谢谢|立即|马上|要|可以|买|没问题|请|ok|yes|退吧|取消吧|取消|帮我|就)*$/;

/** What turns something down, said alone or with words that change nothing. */
export const noEnglish =
  /^(?:(?:oh|ok|okay|well|hmm|um|lol|haha|actually|sorry|wait|please|ah|er) )*(?:no|noo|nope|nah|n|nay|nvm|hold up|id rather not|rather not|too pricey|too much|no way|no thanks|no thank you|not (?:now|today|yet|really|this time|anymore|sure|interested|quite|that)|never mind|nevermind|never|forget it|forget about it|cancel|cancel that|cancel it|stop|stop it|wait|hold on|hang on|dont|do not|dont do it|i changed my mind|changed my mind|ive changed my mind|maybe later|later|leave it|skip it|skip|wrong|abort|no no|i dont want it|i dont want to|i dont|dont want it|too expensive|thats too much|let me think|let me think about it|let me sleep on it|ill think about it|i need to think|im not sure|bu|buyao|a (?:second|sec|moment|minute)|just a (?:second|sec|moment|minute)|one (?:second|sec|moment|minute)|give me a (?:second|sec|moment|minute)|no need|im good|pass|ill pass)(?: (?:no|wait|thanks|thank you|thx|please|now|not now|sorry|it|that|all|yet|today|anymore|stop|hold on|cancel|cancel it|cancel that|i changed my mind|changed my mind|never mind|maybe later|later|for now|then|a (?:second|sec|moment|minute)|dont|do not|do it|dont do it|i dont want it|about it|first|bye|goodbye|not yet|i am not sure|im not sure|nope|actually))*$/;

export const noChinese =
  /^(?:啊|哦|那|还是|我|算|唉|额|呃|嗯|先|哎|别|,)*(?:不|不不|不不不|不是|不是的|不对|不要|不要了|不用|不用了|不必|不买|不买了|不想买|不想买了|不想要|不想要了|不了|不行|不可以|不确定|不同意|不需要|算了|算了吧|别|别买|别下单|别了|等等|等一下|等下|等会|等会儿|等一等|稍等|慢着|先不|先不买|先不了|先别|再想想|再看看|再说|再说吧|想想|想一下|考虑一下|考虑下|想一想|想下|不太想|不太想要|不太想买|不是很想要|考虑考虑|考虑|我想想|取消|取消吧|取消掉|没有|没|否|no|nope|以后再说|下次|下次吧|下次再说|太贵|太贵了|买错|买错了|错了|不好|停|停止|暂时不|暂时不要|拒绝|反悔|后悔了|改天|回头再说|放弃)(?:,|吧|啊|呀|了|哦|的|谢谢|先|再想想|再说|再看看|不要|不买|不用|我|想想|考虑一下|不买了|取消|下次|等等|还是|算了|不要了|太贵|太贵了|取消吧|一下|买|别|这次|现在|今天|暂时)*$/;

/** What begins by turning something down, whatever comes then. */
export const noStartEnglish =
  /^(?:(?:oh|ok|okay|well|actually|sorry|hmm) )*(?:no|nope|nah|not|wait|hold on|hang on|wrong|dont|do not|stop|never|instead|rather|i meant|i mean|yes but|yeah but|ok but|okay but|sure but|but|actually) /;
export const noStartChinese =
  /^(?:啊|哦|那|还是|我|额|呃|,)*(?:不|别|错|等等|等一下|算了|取消|换|改|我是说|我说的是|而是|是的但|但|好的但|好但|没)/;

/** What makes a wish hang on something: who says it asks, and has not decided. */
export const conditionEnglish =
  / (?:if|unless|as long as|provided|assuming|in case) (?!possible|you (?:can|could|may|please|dont mind)|i (?:can|could|may)|available|(?:its|it is|theyre|they are|there are|there is)(?: any)?(?: still)? (?:available|in stock|left|possible|open|any left|some left) )/;
export const conditionChinese =
  /(?:要是|如果|假如|假设|除非|万一)(?!可以|方便|还有|有货|能)|(?<!可以|方便|没问题|有货|有|行)的话/;

/** That it is not to be bought. */
export const notBuyEnglish =
  / (?:dont|do not|not|never|wont|will not|didnt|stop|no longer|cant|cannot|shouldnt|isnt) (?:[^ ]+ ){0,3}(?:buy|buying|purchase|purchasing|order|ordering|get|take|taking|want|need|grab) /;
export const notBuyChinese =
  /(?:别|不要|不想|不太想|不大想|不怎么想|不是很想|不|先别|不用|没想|不打算|没说|没要)(?:再|去|要|想|给我)?(?:买|购|抢|下单|订|要)(?!什么)/;

/** English words that rules know, for misspelt ones. */
export const vocabulary: ReadonlySet<string> = new Set(
  "available availability stock price prices cost discount order orders ordered purchase purchased queue waitlist waiting draw raffle lottery reminder remind reminders notify notification cancel cancelled refund receipt invoice payment pay paying checkout rules rule limit conditions help human agent person customer service support place position status track when start starts open opens close closes begin details detail about information describe sale sales deals list show thanks thank hello good morning evening buy bought buying grab yes confirm please leave withdraw quit where what which many much left remaining selling expensive cheap second third first fourth fifth another other number last quantity tomorrow today soon until before again back sold".split(
    " ",
  ),
);

/** English words that are as they should be, however like another one they are. */
export const commonEnglish: ReadonlySet<string> = new Set(
  "the and for are but not you all any can had her was one our out day get has him his how man new now old see two way who boy did its let put say she too use dad mom yes your mine fine line wine nine like live love time more most some same such than that them then they this very well were will with have from here just know look make only over take tell than want been good much come could would should there their these those thing think three under water where which while world year years great small large next night other house again still never start stop store stare care core lost late later lane hope hold hour hurt idea kind king last least less life light long made mean might move must name near need none nice once open own part past play point post pick pack page pain real rest rich right ring road room rush said save seen sell send sent set show side sign sold sort stay step stood sure talk team test text till told town tree true turn type used wait walk wall warm week went west wide wife wild wind wish word work yard young zero hate date rate gate race face case base cash card cards code cold cool deal dear deep does done door down draw drew drop each early earn easy edge else even ever every face fact fail fair fall far farm fast fear feel feet fell few fill film find fire five fish flat food foot four free full game gave girl give glad goes gold gone grew grow half hand hard hat head hear heat held hell high hill home else also always away blue book both bring call came change check child city clear close cut dark dead play bob alice mary system ignore prompt secret secrets keys key instructions previous token tokens admin user password everyone everybody skip someone anyone something anything nothing maybe perhaps really actually instead buyer buyers seller person people shop phone tv car bag box toy cat dog nope nah yeah yep yup sup okay guess guest quest listen letter better butter matter telling calling falling feeling spelling other others mother brother either neither whether weather together".split(
    " ",
  ),
);

/** Words that mean something to the rules: in a title they name nothing. */
export const wordsTaken: ReadonlySet<string> = new Set([
  ...vocabulary,
  ..."line raffle me my i it is in on to do of no ok okay yeah yep nope hi hey want need get take give one two three four five six seven eight nine ten free skip jump link now new pay not dont system user assistant".split(
    " ",
  ),
]);
