import { isAppErrorCode, type AppErrorCode } from '../contract/errors.ts';
import type { Locale } from './index.ts';

/**
 * Every code in plain words (RC21, UX6): what happened, what it means for the consumer, what to do next. The source of
 * docs/errors.md (build/errors-doc.mjs). A new code does not compile without its words in both languages.
 */
export interface ErrorWords {
  readonly cause: string;
  /** What the consumer sees or does not see because of it. */
  readonly effect: string;
  readonly next: string;
}

type Words = readonly [cause: string, effect: string, next: string];

const NOTHING_SENT = { zh: '没有内容发给消费者。', en: 'Nothing was sent to the consumer.' };
const NOT_AFFECTED = { zh: '消费者不受影响。', en: 'The consumer is not affected.' };
const STILL_VISIBLE = { zh: '消费者仍能看到这条消息。', en: 'The consumer can still see the message.' };
const REMEDY = { zh: '用补救卡片发送更正或说明。', en: 'Use the remedy card to send a correction or an explanation.' };

const ERRORS: Readonly<Record<AppErrorCode, { readonly zh: Words; readonly en: Words }>> = {
  // use
  BAD_INPUT: {
    zh: ['填写的内容或参数不符合要求。', NOT_AFFECTED.zh, '按提示改正后再提交。'],
    en: ['What was entered does not fit.', NOT_AFFECTED.en, 'Correct it as noted and submit again.'],
  },
  NOT_FOUND: {
    zh: ['找不到这一项，可能已被删除或移走。', NOT_AFFECTED.zh, '刷新列表后重新选择。'],
    en: ['It is not there; it may have been removed or moved.', NOT_AFFECTED.en, 'Refresh the list and choose again.'],
  },
  NOT_ALLOWED: {
    zh: ['这里不允许这个操作，例如把练习资料和真实账号混用。', NOT_AFFECTED.zh, '换到对应的资料目录或账号再操作。'],
    en: [
      'This is not allowed here, such as mixing practice and real accounts.',
      NOT_AFFECTED.en,
      'Use the data folder or account that it belongs to.',
    ],
  },
  CANCELLED: {
    zh: ['操作已按要求取消。', '取消之前已完成的部分保持不变。', '需要时重新开始。'],
    en: ['It was cancelled as asked.', 'What was done before stays as it is.', 'Start again when needed.'],
  },
  INTERNAL: {
    zh: [
      '程序内部出错，这是我们的缺陷。',
      '没有确认的操作可能没有生效。',
      '查看会话里的实际结果，并把错误代码和日志交给管理员。',
    ],
    en: [
      'The program failed inside; this is a defect of ours.',
      'What was not confirmed may not have happened.',
      'Look at the actual result in the conversation, and give the code and the log to an admin.',
    ],
  },
  UNSUPPORTED: {
    zh: ['这个版本或这种启动方式还没有这个功能。', NOT_AFFECTED.zh, '更新应用，或在桌面版中操作。'],
    en: [
      'This version, or this way of starting it, does not have the function.',
      NOT_AFFECTED.en,
      'Update the app, or use the desktop version.',
    ],
  },
  // connection
  OFFLINE: {
    zh: ['现在没有连上网关。', '新消息收不到，发出的内容会排队等候。', '检查网络、VPN、代理和防火墙；恢复后自动继续。'],
    en: [
      'There is no connection to the gateway now.',
      'New messages do not arrive; what you send waits.',
      'Check network, VPN, proxy and firewall; it continues by itself afterwards.',
    ],
  },
  AUTH_FAILED: {
    zh: ['网关不接受这个登录令牌。', '这个账号收不到也发不出消息。', '向管理员要新的令牌，重新添加账号。'],
    en: [
      'The gateway does not accept this token.',
      'This account neither receives nor sends messages.',
      'Ask an admin for a new token and add the account again.',
    ],
  },
  AUTH_EXPIRED: {
    zh: ['登录已过期。', '重新登录之前收不到也发不出消息。', '重新登录；未发出的内容会保留。'],
    en: [
      'The sign-in has expired.',
      'Nothing is received or sent until you sign in again.',
      'Sign in again; what was not sent is kept.',
    ],
  },
  KICKED: {
    zh: [
      '这个账号在另一台设备上登录了。',
      '消费者的消息由那台设备接待。',
      '继续在那台设备上工作，或在这里点“重新连接”接管。',
    ],
    en: [
      'This account was signed in on another device.',
      'Consumers are served from that device.',
      'Go on there, or take over here with “Reconnect”.',
    ],
  },
  CLIENT_TOO_OLD: {
    zh: ['应用版本过旧，网关要求更新。', '更新之前这项操作不会到达消费者。', '更新应用后重新打开。'],
    en: [
      'This version is too old for the gateway.',
      'Until the update this does not reach the consumer.',
      'Update the app and open it again.',
    ],
  },
  NOT_A_GATEWAY: {
    zh: ['这个地址有回应，但不是商家网关。', NOTHING_SENT.zh, '核对网关地址；如果使用代理，确认它放行 WebSocket。'],
    en: [
      'The address answers, but it is not a merchant gateway.',
      NOTHING_SENT.en,
      'Check the address; if a proxy is used, see that it lets WebSocket through.',
    ],
  },
  GATEWAY_UNREACHABLE: {
    zh: [
      '连不上网关，可能是网络、代理、防火墙，或网关在维护。',
      '新消息收不到，发出的内容会排队等候。',
      '检查网络和代理；应用会自动重连，也可以点“立即重连”。',
    ],
    en: [
      'The gateway cannot be reached: network, proxy, firewall, or maintenance there.',
      'New messages do not arrive; what you send waits.',
      'Check network and proxy; the app reconnects by itself, or at once on request.',
    ],
  },
  INSECURE_ADDRESS: {
    zh: ['网关地址没有加密（ws:），只有本机地址可以这样。', NOTHING_SENT.zh, '改用以 wss: 开头的地址。'],
    en: [
      'The address is not encrypted (ws:); that is only for this machine.',
      NOTHING_SENT.en,
      'Use an address that begins with wss:.',
    ],
  },
  CAPTIVE_PORTAL: {
    zh: [
      '网络返回了一个网页，而不是网关：可能需要先在浏览器里登录这个网络（酒店、商场、公司的登录页）。',
      NOTHING_SENT.zh,
      '用浏览器打开任意网页，完成网络登录后点“重新连接”。',
    ],
    en: [
      'The network answered with a web page instead of the gateway: it may want a sign-in first (hotel, mall, office).',
      NOTHING_SENT.en,
      'Open any page in a browser, sign in to the network, then choose Reconnect.',
    ],
  },
  PROXY_FAILED: {
    zh: [
      '代理服务器连不上，或拒绝转接到网关。',
      NOTHING_SENT.zh,
      '在“连接与同步”的诊断里核对代理地址；不需要代理就改为直连。',
    ],
    en: [
      'The proxy cannot be reached, or refuses to pass the connection on.',
      NOTHING_SENT.en,
      'Check the proxy’s address under Connection; without need of a proxy, connect directly.',
    ],
  },
  CERTIFICATE_INVALID: {
    zh: [
      '网关的证书无法验证，连接可能被冒充。',
      '为防止泄露，没有内容发出。',
      '核对电脑日期和网络；仍然如此就联系网关的管理员，不要绕过。',
    ],
    en: [
      'The gateway’s certificate cannot be verified; someone may pose as it.',
      'To be safe, nothing was sent.',
      'Check the computer’s date and network; else ask the gateway’s admin, and do not bypass it.',
    ],
  },
  NETWORK_UNKNOWN: {
    zh: ['请求发出后断了线，结果未知。', '消费者那边可能已生效，也可能没有。', '等待自动核实；核实之前不要重复操作。'],
    en: [
      'The line broke after the request left; the result is unknown.',
      'It may or may not have taken effect for the consumer.',
      'Wait for the automatic check, and do not repeat it before.',
    ],
  },
  PROTOCOL_ERROR: {
    zh: [
      '网关发来了无法识别的数据。',
      '这部分内容可能没有显示。',
      '应用会重连并补齐；反复出现时把日志交给网关的管理员。',
    ],
    en: [
      'The gateway sent data that cannot be understood.',
      'That part may not be shown.',
      'The app reconnects and fills it in; if it persists, give the log to the gateway’s admin.',
    ],
  },
  POLICY_REFUSED: {
    zh: [
      '网关下发的店铺规则有误，没有采用。',
      '继续按上一版规则处理；没有旧规则时不能撤回。',
      '请管理员检查网关里的店铺规则。',
    ],
    en: [
      'The shop’s policy from the gateway is faulty and was not taken.',
      'The previous one stays in force; without one nothing can be recalled.',
      'Ask an admin to check the shop’s policy at the gateway.',
    ],
  },
  GATEWAY_WENT_BACK: {
    zh: [
      '网关回到了较早的状态。',
      '本机的记录都还在；网关可能缺少最近的消息，买家也可能看不到。',
      '对照最近的会话，必要时重新发送；告诉网关的管理员。',
    ],
    en: [
      'The gateway has gone back to an earlier state.',
      'All records here are kept; recent messages may be missing at the gateway, and consumers may not see them.',
      'Look through the latest conversations and send again what is missing; tell the gateway’s admin.',
    ],
  },
  // gateway's answers
  NO_PERMISSION: {
    zh: ['当前角色没有这项权限。', NOT_AFFECTED.zh, '请管理员开通权限，或交给有权限的同事。'],
    en: [
      'Your role does not have this permission.',
      NOT_AFFECTED.en,
      'Ask an admin for it, or hand it to a colleague who has it.',
    ],
  },
  SERVER_BUSY: {
    zh: ['网关繁忙或正在维护。', '这次操作没有生效。', '等待界面给出的时间后重试；持续出现时联系网关的管理员。'],
    en: [
      'The gateway is busy or in maintenance.',
      'This time it had no effect.',
      'Try again after the time shown; if it persists, ask the gateway’s admin.',
    ],
  },
  RATE_LIMITED: {
    zh: ['操作太频繁，网关暂时限制。', '被限制的这几次没有生效。', '等待界面给出的时间，再继续。'],
    en: [
      'Too many requests; the gateway holds them back.',
      'Those held back had no effect.',
      'Wait for the time shown, then go on.',
    ],
  },
  BAD_REQUEST: {
    zh: ['网关认为请求不正确。', '这次操作没有生效。', '更新应用后再试；仍然如此就把日志交给管理员。'],
    en: [
      'The gateway finds the request incorrect.',
      'It had no effect.',
      'Update the app and try again; else give the log to an admin.',
    ],
  },
  SESSION_ENDED: {
    zh: [
      '会话已结束，平台不再接受消息和撤回。',
      '消费者看到的内容保持不变。',
      '等消费者再次发起会话，或通过订单留言联系。',
    ],
    en: [
      'The session has ended; the platform takes no more messages or recalls.',
      'What the consumer sees stays as it is.',
      'Wait for the consumer to write again, or use the order’s note.',
    ],
  },
  QUOTA: {
    zh: ['这段时间可发送的条数已用完。', NOTHING_SENT.zh, '等消费者回复或额度恢复后再发送。'],
    en: [
      'The number of messages for this period is used up.',
      NOTHING_SENT.en,
      'Send after the consumer replies or the quota is restored.',
    ],
  },
  BLOCKED_WORD: {
    zh: ['消息含有平台或店铺禁止的词。', NOTHING_SENT.zh, '修改标出的词后再发送。'],
    en: ['The message has a word that platform or shop forbids.', NOTHING_SENT.en, 'Change the marked word and send.'],
  },
  GUARD_CONFIRM: {
    zh: ['消息里有需要确认的内容，例如金额或承诺。', NOTHING_SENT.zh, '核对标出的内容，再确认发送。'],
    en: [
      'The message has something to confirm, such as an amount or a promise.',
      NOTHING_SENT.en,
      'Check what is marked, then confirm.',
    ],
  },
  GUARD_BLOCKED: {
    zh: ['消息里有店铺政策禁止发送的内容。', NOTHING_SENT.zh, '修改标出的内容后再发送。'],
    en: [
      'The message has something that the shop’s policy forbids.',
      NOTHING_SENT.en,
      'Change what is marked and send.',
    ],
  },
  SAME_TEXT: {
    zh: ['刚刚已向该会话发送过相同的内容。', NOTHING_SENT.zh, '确实要再发一次，请确认；否则保留草稿或清空。'],
    en: [
      'The same text went to this conversation a moment ago.',
      NOTHING_SENT.en,
      'Confirm if it is meant, otherwise keep or clear the draft.',
    ],
  },
  NOT_FILLED: {
    zh: ['快捷回复里还有没填写的变量。', NOTHING_SENT.zh, '填写或删除标出的变量，再发送。'],
    en: [
      'A variable of a quick reply is not filled yet.',
      NOTHING_SENT.en,
      'Fill or delete what is marked, then send.',
    ],
  },
  TOO_LONG: {
    zh: ['消息超过允许的长度。', NOTHING_SENT.zh, '拆成几条发送。'],
    en: ['The message is longer than allowed.', NOTHING_SENT.en, 'Send it in several parts.'],
  },
  IDEMPOTENCY_CONFLICT: {
    zh: [
      '同一编号的消息内容不同，网关拒绝了后一条。',
      '消费者只会看到先到的那条。',
      '在会话里核对，需要时作为新消息发送。',
    ],
    en: [
      'Another message with the same id but other words came first.',
      'The consumer sees only the first.',
      'Check in the conversation and send it as a new message if needed.',
    ],
  },
  NOT_VISIBLE: {
    zh: ['这段记录不在你的可见范围内。', NOT_AFFECTED.zh, '需要查看时请主管或质检协助。'],
    en: ['This part of the record is not visible to you.', NOT_AFFECTED.en, 'Ask a supervisor or QA if you need it.'],
  },
  ALREADY_CLAIMED: {
    zh: ['会话已被其他客服领取。', '消费者正由那位客服接待。', '领取下一个会话。'],
    en: ['Another agent has claimed the conversation.', 'That agent serves the consumer.', 'Claim the next one.'],
  },
  AGENT_OFF_DUTY: {
    zh: ['接收的客服已下班或离线。', '会话仍在你这里，消费者不会被转走。', '换一位在线的客服，或转给客服组。'],
    en: [
      'The receiving agent is off duty.',
      'The conversation stays with you.',
      'Choose an agent who is online, or a group.',
    ],
  },
  TOO_LARGE: {
    zh: ['附件超过平台允许的大小。', NOTHING_SENT.zh, '压缩或拆分后再发送。'],
    en: ['The attachment is larger than the platform allows.', NOTHING_SENT.en, 'Compress or split it and send again.'],
  },
  GONE: {
    zh: ['附件已被平台清理。', '消费者那边可能也打不开。', '请对方重新发送，或从备份中查找。'],
    en: [
      'The platform has removed the attachment.',
      'The consumer may be unable to open it too.',
      'Ask for it again, or look in a backup.',
    ],
  },
  NOT_RESTORABLE: {
    zh: ['已过恢复期，无法恢复。', '群成员看不到这个群。', '新建群，并通知成员新的联系方式。'],
    en: [
      'The time to restore it has passed.',
      'Members no longer see the group.',
      'Make a new group and tell the members.',
    ],
  },
  MSG_NOT_FOUND: {
    zh: ['平台上找不到这条消息。', '消费者看到的内容以平台为准。', '刷新会话，核对消息是否还在。'],
    en: [
      'The platform does not know this message.',
      'What the consumer sees is what the platform has.',
      'Refresh the conversation and see whether it is still there.',
    ],
  },
  // recall
  WINDOW_EXPIRED: {
    zh: ['已超过可撤回的时间。', STILL_VISIBLE.zh, `${REMEDY.zh}需要更长的时间时，请管理员调整。`],
    en: ['The time for recalling has passed.', STILL_VISIBLE.en, `${REMEDY.en} For a longer window, ask an admin.`],
  },
  KIND_UNSUPPORTED: {
    zh: ['平台不支持撤回这类消息。', STILL_VISIBLE.zh, REMEDY.zh],
    en: ['The platform cannot recall this kind of message.', STILL_VISIBLE.en, REMEDY.en],
  },
  ALREADY_READ: {
    zh: ['消费者已读，平台不允许撤回已读消息。', '消费者已经看到内容。', REMEDY.zh],
    en: ['It was read, and the platform does not recall read messages.', 'The consumer has seen it.', REMEDY.en],
  },
  ATTACHMENT_OPENED: {
    zh: ['消费者已打开附件，不能撤回。', '附件内容已被看到，可能已保存。', REMEDY.zh],
    en: [
      'The consumer has opened the attachment; it cannot be recalled.',
      'Its content was seen and may have been saved.',
      REMEDY.en,
    ],
  },
  PUSH_DELIVERED: {
    zh: ['推送通知已到达消费者的手机，只能删除本地一份。', '消费者仍可能在通知里看到内容。', REMEDY.zh],
    en: [
      'The push notification has reached the phone; only the local copy can go.',
      'The consumer may still see it in the notification.',
      REMEDY.en,
    ],
  },
  NOT_SENDER: {
    zh: ['只有发送这条消息的账号可以撤回。', STILL_VISIBLE.zh, '请发送的同事撤回，或请主管处理。'],
    en: ['Only the account that sent it may recall it.', STILL_VISIBLE.en, 'Ask the sender, or a supervisor.'],
  },
  TRANSFERRED: {
    zh: ['会话已转交，规则不允许你再撤回。', STILL_VISIBLE.zh, '请现在接待的客服或主管处理。'],
    en: [
      'The conversation was transferred; the rules no longer let you recall.',
      STILL_VISIBLE.en,
      'Ask the agent who serves it now, or a supervisor.',
    ],
  },
  OTHER_DEVICE: {
    zh: ['消息是在另一台设备上发送的。', '在这里撤回可能不完整，消费者可能仍能看到。', '到发送的那台设备上撤回。'],
    en: [
      'It was sent from another device.',
      'Recalled here it may not be complete; the consumer may still see it.',
      'Recall it on the sending device.',
    ],
  },
  CONSUMER_RESTRICTED: {
    zh: ['消费者的设置不允许撤回。', STILL_VISIBLE.zh, REMEDY.zh],
    en: ['The consumer’s settings do not allow recalls.', STILL_VISIBLE.en, REMEDY.en],
  },
  GROUP_RULE: {
    zh: ['群的规则不允许这个操作。', '群成员看到的内容保持不变。', '请群主或主管操作。'],
    en: [
      'The group’s rules do not allow it.',
      'What members see stays as it is.',
      'Ask the group’s owner or a supervisor.',
    ],
  },
  RATE_SOFT: {
    zh: ['一小时内撤回次数偏多，已被记录。', '这次仍可撤回。', '确认必要再撤回；发送前多看一遍。'],
    en: [
      'Many recalls within the hour; this is monitored.',
      'This one is still possible.',
      'Recall only if needed, and read once more before sending.',
    ],
  },
  RATE_HARD: {
    zh: ['一小时内撤回次数已达上限。', STILL_VISIBLE.zh, `等到界面给出的时间，或${REMEDY.zh}`],
    en: [
      'The limit of recalls within the hour is reached.',
      STILL_VISIBLE.en,
      `Wait until the time shown. ${REMEDY.en}`,
    ],
  },
  FEATURE_DISABLED: {
    zh: ['店铺没有开启撤回。', STILL_VISIBLE.zh, `${REMEDY.zh}需要撤回时请管理员开启。`],
    en: [
      'The shop has recalls switched off.',
      STILL_VISIBLE.en,
      `${REMEDY.en} Ask an admin to switch it on if needed.`,
    ],
  },
  CLOCK_UNCERTAIN: {
    zh: [
      '与网关的时间差还不确定，可能刚好超时。',
      '撤回可能成功，也可能来不及。',
      '马上撤回，并查看结果；网络稳定后时间会更准。',
    ],
    en: [
      'The time at the gateway is not known exactly; the window may just have closed.',
      'The recall may be in time or not.',
      'Recall at once and look at the result; a steady network makes the time exact.',
    ],
  },
  ALREADY_RECALLED: {
    zh: ['这条消息已经撤回。', '结果以撤回记录为准。', '无需再操作。'],
    en: ['The message is already recalled.', 'Its effect is what the tombstone says.', 'There is nothing more to do.'],
  },
  IN_FLIGHT: {
    zh: ['这条消息的撤回正在进行。', '结果出来之前消费者可能仍能看到。', '等待结果，不必重复点。'],
    en: [
      'A recall of this message is under way.',
      'Until its result the consumer may still see it.',
      'Wait for the result; no need to click again.',
    ],
  },
  RECALL_CONTRADICTED: {
    zh: [
      '网关对同一次撤回先后给出了不同的结果。',
      '保留先收到的结果；后来的结果说消费者看到的更多。',
      '按消费者可能已经看到来处理，用补救卡片更正，并告知网关的管理员。',
    ],
    en: [
      'The gateway gave two different results for one recall.',
      'The first one stays; the later one says that the consumer has more of the message.',
      'Treat it as seen: use the remedy card, and tell the gateway’s admin.',
    ],
  },
  STALE_STATE: {
    zh: ['消息的状态刚刚变化。', '能否撤回以最新状态为准。', '查看更新后的状态，再决定。'],
    en: [
      'The message’s state has just changed.',
      'Whether it can be recalled depends on the new state.',
      'Look at the updated state and decide.',
    ],
  },
  // store
  STORE_MISSING: {
    zh: [
      '这个数据目录里还没有聊天记录，只读取的命令不会新建。',
      NOT_AFFECTED.zh,
      '核对 --data 的目录；新建用 serve、import、seed 或 restore。',
    ],
    en: [
      'There are no records in this data folder, and a command that only reads makes none.',
      NOT_AFFECTED.en,
      'Check the folder of --data; serve, import, seed and restore begin a new one.',
    ],
  },
  STORE_FROM_NEWER_VERSION: {
    zh: ['资料由更新的版本写入，这个版本不能打开。', NOT_AFFECTED.zh, '更新应用；资料没有被改动。'],
    en: [
      'The records were written by a newer version and cannot be opened here.',
      NOT_AFFECTED.en,
      'Update the app; the records were not touched.',
    ],
  },
  STORE_KEY_WRONG: {
    zh: ['资料的密钥不对或已丢失。', NOT_AFFECTED.zh, '使用原来的系统账户或密钥文件；都没有时用恢复密钥或备份。'],
    en: [
      'The key of the records is wrong or missing.',
      NOT_AFFECTED.en,
      'Use the original system account or key file; else the recovery key or a backup.',
    ],
  },
  STORE_DAMAGED: {
    zh: ['本机的记录文件有损坏。', '消费者不受影响；本机可能缺少部分记录。', '先从备份恢复；没有备份时从网关重建。'],
    en: [
      'The records on this machine are damaged.',
      'The consumer is not affected; some records may be missing here.',
      'Restore a backup first; without one, rebuild from the gateway.',
    ],
  },
  STORE_LOCKED: {
    zh: ['资料正被另一个程序使用。', NOT_AFFECTED.zh, '关闭另一个工作台窗口或命令后再打开。'],
    en: [
      'Another program uses this data.',
      NOT_AFFECTED.en,
      'Close the other workbench window or command and open it again.',
    ],
  },
  STORE_READ_ONLY: {
    zh: [
      '资料只能读取，不能写入。',
      '收到的消息无法保存，也不会向平台确认。',
      '检查文件夹权限或磁盘写保护；修好后自动继续。',
    ],
    en: [
      'The records can be read but not written.',
      'Arriving messages cannot be kept and are not acknowledged.',
      'Check the folder’s permissions or write protection; it continues once fixed.',
    ],
  },
  UPDATE_UNREACHABLE: {
    zh: ['没有取到更新。', NOT_AFFECTED.zh, '检查网络或代理后再试；现在的版本可以继续使用。'],
    en: [
      'The update could not be fetched.',
      NOT_AFFECTED.en,
      'Check the network or proxy and try again; this version goes on working.',
    ],
  },
  UPDATE_UNTRUSTED: {
    zh: ['更新没有通过核对，没有安装。', NOT_AFFECTED.zh, '不要从别处安装；请联系提供安装包的管理员。'],
    en: [
      'The update did not pass its checks and was not installed.',
      NOT_AFFECTED.en,
      'Do not install it by hand; ask the admin who provides the program.',
    ],
  },
  DISK_FULL: {
    zh: ['磁盘空间不足。', '收到的消息暂时不能保存，恢复后会补齐。', '清理磁盘空间；之后自动继续，不用重启。'],
    en: [
      'The disk is full.',
      'Arriving messages cannot be kept for now; they are fetched later.',
      'Free some space; it continues without a restart.',
    ],
  },
  DATA_FOLDER_UNWRITABLE: {
    zh: ['资料文件夹不能写入。', NOT_AFFECTED.zh, '检查文件夹权限，或用 --data 选择别的文件夹。'],
    en: [
      'The data folder cannot be written.',
      NOT_AFFECTED.en,
      'Check its permissions, or choose another with --data.',
    ],
  },
  KEYCHAIN_UNAVAILABLE: {
    zh: [
      '系统钥匙串不可用或没有解锁。',
      NOT_AFFECTED.zh,
      '解锁或安装系统钥匙串；没有时设置口令，或用 --key-file 指定密钥文件。',
    ],
    en: [
      'The system’s keychain is missing or locked.',
      NOT_AFFECTED.en,
      'Unlock or install it; without one set a passphrase or name a key file with --key-file.',
    ],
  },
  KEY_FILE_INVALID: {
    zh: [
      '密钥文件或口令不对，或其他用户可以读取这个文件。',
      NOT_AFFECTED.zh,
      '确认文件是原来的 64 位十六进制密钥，并只允许本人读取。',
    ],
    en: [
      'The key file or passphrase is wrong, or others can read the file.',
      NOT_AFFECTED.en,
      'See that it is the original key of 64 hexadecimal digits, readable by you alone.',
    ],
  },
  // files
  RECOVERY_KEY_WRONG: {
    zh: [
      '恢复密钥不属于这份资料，或输入有误。',
      NOT_AFFECTED.zh,
      '核对 9 组字符；多份资料时用这份资料自己的恢复密钥。',
    ],
    en: [
      'The recovery key does not belong to these records, or was mistyped.',
      NOT_AFFECTED.en,
      'Compare the nine groups; where there are several profiles, use the one of this profile.',
    ],
  },
  APP_LOCKED: {
    zh: [
      '工作台已锁定，任何内容都不显示。',
      '消息仍在接收，消费者不受影响。',
      '输入 PIN 或口令解锁；忘记时输入恢复密钥。',
    ],
    en: [
      'The workbench is locked and shows nothing.',
      'Messages still come in; the consumer is not affected.',
      'Unlock it with the PIN or passphrase, or with the recovery key where that was forgotten.',
    ],
  },
  LOCK_SECRET_WRONG: {
    zh: ['PIN 或口令不对。', NOT_AFFECTED.zh, '等提示的时间过后再试；忘记时输入恢复密钥。'],
    en: [
      'The PIN or passphrase is wrong.',
      NOT_AFFECTED.en,
      'Try again after the time shown; use the recovery key where it was forgotten.',
    ],
  },
  PASSPHRASE_WEAK: {
    zh: ['口令太短或太简单，挡不住离线猜测。', NOT_AFFECTED.zh, '用至少 12 个字符、不重复的口令，例如几个不相干的词。'],
    en: [
      'The passphrase is too short or too simple to withstand guessing.',
      NOT_AFFECTED.en,
      'Use at least 12 varied characters, such as several unrelated words.',
    ],
  },
  FILE_NOT_FOUND: {
    zh: ['找不到文件。', NOT_AFFECTED.zh, '核对位置和名称，重新选择。'],
    en: ['The file is not there.', NOT_AFFECTED.en, 'Check place and name and choose again.'],
  },
  FILE_UNREADABLE: {
    zh: ['文件无法读取，可能没有权限或被占用。', NOT_AFFECTED.zh, '关闭占用它的程序，检查权限后再选择。'],
    en: [
      'The file cannot be read: no permission, or in use.',
      NOT_AFFECTED.en,
      'Close the program that uses it, check permissions and choose again.',
    ],
  },
  FILE_UNWRITABLE: {
    zh: ['文件无法写入，可能没有权限或被占用。', NOT_AFFECTED.zh, '换一个文件夹，或关闭占用它的程序。'],
    en: [
      'The file cannot be written: no permission, or in use.',
      NOT_AFFECTED.en,
      'Choose another folder, or close the program that uses it.',
    ],
  },
  FILE_EMPTY: {
    zh: ['文件是空的。', NOT_AFFECTED.zh, '选择有内容的文件。'],
    en: ['The file is empty.', NOT_AFFECTED.en, 'Choose one with content.'],
  },
  FILE_ENCODING: {
    zh: ['认不出文件的文字编码。', NOT_AFFECTED.zh, '另存为 UTF-8 或 GB18030 后再导入。'],
    en: [
      'The file’s text encoding cannot be recognised.',
      NOT_AFFECTED.en,
      'Save it as UTF-8 or GB18030 and import again.',
    ],
  },
  FILE_FORMAT: {
    zh: ['文件格式不对或已损坏。', NOT_AFFECTED.zh, '使用 CSV、XLSX 或 JSONL，并重新导出原文件。'],
    en: [
      'The file’s format is wrong or damaged.',
      NOT_AFFECTED.en,
      'Use CSV, XLSX or JSONL, and export the original again.',
    ],
  },
  LESSON_INVALID: {
    zh: [
      '这不是可用的课程文件，或其中有不符合格式的地方。',
      NOT_AFFECTED.zh,
      '按列出的位置改正后再导入；格式见 docs/lessons.md，也可以先导出一个课程作为样例。',
    ],
    en: [
      'This is no lesson file that can be used, or parts of it do not fit the format.',
      NOT_AFFECTED.en,
      'Put the listed places right and import again; docs/lessons.md has the format, and any lesson can be exported as an example.',
    ],
  },
  FILE_TOO_LARGE: {
    zh: ['文件超过允许的大小。', NOT_AFFECTED.zh, '按时间拆成几个文件，分别导入。'],
    en: ['The file is larger than allowed.', NOT_AFFECTED.en, 'Split it by time and import the parts.'],
  },
  ATTACHMENT_KIND: {
    zh: ['该店铺不允许发送这类文件。', NOTHING_SENT.zh, '换一种格式（如图片），或请管理员在平台上调整。'],
    en: [
      'The shop does not allow files of this kind.',
      NOTHING_SENT.en,
      'Use another format (a picture, say), or ask an admin to change it on the platform.',
    ],
  },
  ATTACHMENT_MISSING: {
    zh: ['本机已没有这个文件的内容。', NOTHING_SENT.zh, '移除后重新选择文件再发送。'],
    en: [
      'The contents of the file are no longer on this machine.',
      NOTHING_SENT.en,
      'Remove it, choose the file anew and send.',
    ],
  },
  ATTACHMENT_DAMAGED: {
    zh: [
      '收到的内容与平台登记的校验值不符，已丢弃。',
      NOT_AFFECTED.zh,
      '点“重试”重新载入；反复出现时请对方重新发送，并告知管理员。',
    ],
    en: [
      'What arrived does not match the checksum that the platform gave; it was thrown away.',
      NOT_AFFECTED.en,
      'Load it again; if it keeps happening, ask for it anew and tell an admin.',
    ],
  },
  NO_TIME_COLUMN: {
    zh: ['找不到时间列。', NOT_AFFECTED.zh, '在列对应里指定哪一列是时间。'],
    en: ['There is no column with times.', NOT_AFFECTED.en, 'Name the time column in the mapping.'],
  },
  NO_TEXT_COLUMN: {
    zh: ['找不到消息内容列。', NOT_AFFECTED.zh, '在列对应里指定哪一列是内容。'],
    en: ['There is no column with message text.', NOT_AFFECTED.en, 'Name the text column in the mapping.'],
  },
  MAPPING_INVALID: {
    zh: ['列对应与文件不符。', NOT_AFFECTED.zh, '按预览重新选择各列，再导入。'],
    en: [
      'The column mapping does not fit the file.',
      NOT_AFFECTED.en,
      'Choose the columns again in the preview and import.',
    ],
  },
  VIEWER_MISSING: {
    zh: ['质检包的查看页还没有构建。', NOT_AFFECTED.zh, '运行 npm run build，再导出。'],
    en: ["The review package's page is not built.", NOT_AFFECTED.en, 'Run npm run build and export again.'],
  },
  PACKAGE_UNREADABLE: {
    zh: [
      '这个文件不是质检包，或已损坏到无法读取。',
      NOT_AFFECTED.zh,
      '请对方重发原始 .zip；merchant-workbench verify 会指出位置。',
    ],
    en: [
      'This file is no review package, or too damaged to be read.',
      NOT_AFFECTED.en,
      'Ask for the original .zip again; merchant-workbench verify says where the damage is.',
    ],
  },
  TOO_MANY_PACKAGES: {
    zh: ['最多同时打开 8 个质检包。', NOT_AFFECTED.zh, '先关闭一个，再打开。'],
    en: ['At most 8 packages can be open at once.', NOT_AFFECTED.en, 'Close one first.'],
  },
  // search
  QUERY_INVALID: {
    zh: ['查询条件有误。', NOT_AFFECTED.zh, '检查标出的条件，例如开始时间晚于结束时间。'],
    en: ['The search is not valid.', NOT_AFFECTED.en, 'Check the marked condition, such as a start after the end.'],
  },
  TOO_MANY_NUMBERS: {
    zh: ['一次最多查 10,000 个编号。', NOT_AFFECTED.zh, '分批粘贴或分文件查询。'],
    en: ['At most 10,000 numbers at a time.', NOT_AFFECTED.en, 'Search in several batches.'],
  },
  NAME_TAKEN: {
    zh: ['这个名称已被使用。', NOT_AFFECTED.zh, '换一个名称，或选择覆盖原来的。'],
    en: ['That name is in use.', NOT_AFFECTED.en, 'Take another name, or replace the old one.'],
  },
  // quality review
  REVIEW_FILE_CHANGED: {
    zh: [
      '质检结果文件在保存之后被改动过，或传输中损坏。',
      NOT_AFFECTED.zh,
      '请评审人从质检包页面重新保存并发送原文件。',
    ],
    en: [
      'The review file was changed or damaged after it was saved.',
      NOT_AFFECTED.en,
      'Ask the reviewer to save it from the package’s page again and to send that file.',
    ],
  },
  REVIEW_PACKAGE_UNKNOWN: {
    zh: ['这份质检结果属于别处导出的质检包。', NOT_AFFECTED.zh, '在导出该质检包的工作台（同一资料目录）里合并。'],
    en: [
      'These reviews belong to a package that was exported elsewhere.',
      NOT_AFFECTED.en,
      'Merge them in the workbench, with the same data folder, that exported the package.',
    ],
  },
  // this machine
  RUNTIME_TOO_OLD: {
    zh: ['Node.js 或 npm 版本过旧。', NOT_AFFECTED.zh, '安装界面给出的版本或更高版本，再启动。'],
    en: ['Node.js or npm is too old.', NOT_AFFECTED.en, 'Install the version named, or a newer one, and start again.'],
  },
  PORT_IN_USE: {
    zh: ['端口已被占用或不允许使用。', NOT_AFFECTED.zh, '用 --port 换一个端口，或用 0 自动选择。'],
    en: ['The port is taken or not allowed.', NOT_AFFECTED.en, 'Choose another with --port, or 0 for any free one.'],
  },
};

/** Words of a code; a code of a later version gets those of INTERNAL. */
export function explainError(code: string, locale: Locale): ErrorWords {
  const words = ERRORS[isAppErrorCode(code) ? code : 'INTERNAL'];
  const [cause, effect, next] = locale === 'en' ? words.en : words.zh;
  return { cause, effect, next };
}
