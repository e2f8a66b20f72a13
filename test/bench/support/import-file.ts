import { closeSync, openSync, writeSync } from 'node:fs';
import { createXlsxWriter } from '#main/adapters/xlsx/xlsx-writer.ts';
import { createPrng } from '#shared/lib/prng.ts';

/**
 * Tables as other systems export them, of any size: without message ids, so that rows are known by their content (SR11).
 *
 * - `usual`: by time, some hundred conversations under way at once, a dozen messages each, consumers who come back,
 *   every third conversation about an order.
 * - `apart`: every row is a conversation of its own, of a consumer of its own: nothing that is remembered is ever used again.
 */
export const IMPORT_SHAPES = ['usual', 'apart'] as const;
export type ImportShape = (typeof IMPORT_SHAPES)[number];

const HEADER = ['店铺', '会话编号', '客服账号', '买家昵称', '订单编号', '发送时间', '角色', '消息内容'];
const UNDER_WAY = 300;
const MESSAGES = 12;
const SHOPS = 6;
const AGENTS = 60;
/** Consumers who come back. */
const REGULARS = 400_000;
const BEGIN = Date.UTC(2025, 8, 1);
const SPAN_MS = 390 * 86_400_000;
/** Of a row in CSV, about. */
const ROW_BYTES = 165;
/** Characters that are gathered before they are written. */
const PIECE = 2 * 1_048_576;
const ROWS_A_PIECE = 4_000;

const QUESTIONS = [
  '你好，这款羽绒服还有货吗？我想要藏青色的，身高178体重72穿什么码合适',
  '我前天拍的保温杯怎么还没有发货，能帮我催一下吗',
  '收到的电饭煲有质量问题，内胆有划痕，怎么处理',
  '退货的运费谁出啊，是不是有运费险',
  '快递到乌鲁木齐要几天',
  '在吗',
  '好的谢谢',
  '为什么显示已签收我没收到！',
  'iPhone 16 Pro Max 能用这个壳吗，"防摔"的那种',
  '麻烦帮我改一下地址，改到杭州市余杭区，电话不变',
];
const ANSWERS = [
  '您好，很高兴为您服务，请问有什么可以帮您？',
  '亲，这款藏青色现在有货的，今天下单预计48小时内发出，您可以放心拍下',
  '非常抱歉给您带来不好的体验，我们支持七天无理由退换货，麻烦您拍一下照片发给我们',
  '您的订单已经安排发货，顺丰快递，请您留意查收',
  '退款申请已经为您提交，预计1-3个工作日原路退回',
  '好的呢，地址已经帮您修改，祝您生活愉快~',
  '您反馈的问题已经升级给主管，4小时内给您答复',
  '不客气，欢迎下次光临😊',
];

/** The same arguments give the same rows. `among`: over how many rows the time is spread. */
function* rowsOf(shape: ImportShape, among: number): Generator<readonly string[], never> {
  const prng = createPrng(5);
  const between = SPAN_MS / among;
  let conversations = 0;
  let at = BEGIN;
  const begin = () => {
    const id = conversations++;
    const consumer = shape === 'apart' ? id : prng.int(REGULARS);
    const shop = `旗舰${id % SHOPS}店`;
    return {
      shop,
      id: `c${String(id).padStart(9, '0')}`,
      agent: `${shop}:客服${String(consumer % AGENTS).padStart(2, '0')}`,
      consumer: `买家tb_${consumer.toString(36).padStart(7, '0')}`,
      order: id % 3 === 0 ? String(2_603_000_000_000_000 + id * 7) : '',
      left: shape === 'apart' ? 1 : 1 + prng.int(2 * MESSAGES - 1),
    };
  };
  const underWay = Array.from({ length: shape === 'apart' ? 1 : UNDER_WAY }, begin);
  for (;;) {
    const place = prng.int(underWay.length);
    const conversation = underWay[place] as ReturnType<typeof begin>;
    const { shop, id, agent, consumer, order } = conversation;
    at += prng.int(Math.ceil(2 * between));
    const time = new Date(at).toISOString();
    const isAnswer = prng.int(2) === 1;
    const words = `${prng.pick(isAnswer ? ANSWERS : QUESTIONS)} ${prng.int(100_000)}元`;
    yield [
      shop,
      id,
      agent,
      consumer,
      order,
      `${time.slice(0, 10)} ${time.slice(11, 19)}`,
      isAnswer ? '客服' : '买家',
      words,
    ];
    conversation.left -= 1;
    if (conversation.left === 0) underWay[place] = begin();
  }
}

/** CSV in UTF-8 with a byte-order mark, of so many bytes. */
export function writeImportCsv(path: string, shape: ImportShape, bytes: number): void {
  const file = openSync(path, 'w');
  try {
    let text = `\ufeff${HEADER.join(',')}\r\n`;
    let left = bytes;
    for (const row of rowsOf(shape, bytes / ROW_BYTES)) {
      text += `${row.slice(0, -1).join(',')},"${row.at(-1)?.replaceAll('"', '""')}"\r\n`;
      if (text.length < Math.min(PIECE, left / 2)) continue;
      left -= writeSync(file, text);
      text = '';
      if (left <= 0) break;
    }
  } finally {
    closeSync(file);
  }
}

/** A workbook of one sheet. */
export async function writeImportXlsx(path: string, shape: ImportShape, rows: number): Promise<void> {
  const file = openSync(path, 'w');
  try {
    const sheet = createXlsxWriter().create(
      { write: async (chunk) => void writeSync(file, chunk) },
      {
        columns: HEADER.map((header) => ({ header, kind: 'text', width: 20 })),
        sheetName: (index) => `记录${index}`,
        cutMark: () => '…',
        program: 'bench',
        madeAt: BEGIN,
      },
    );
    let piece: (readonly string[])[] = [];
    let left = rows;
    for (const row of rowsOf(shape, rows)) {
      piece.push(row);
      left -= 1;
      if (piece.length < ROWS_A_PIECE && left > 0) continue;
      await sheet.writeRows(piece);
      piece = [];
      if (left === 0) break;
    }
    await sheet.endRows();
    await sheet.close({ name: '说明', widths: [20], rows: [['bench']] });
  } finally {
    closeSync(file);
  }
}
