import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inspect } from '../guard/inspect.ts';
import { createWordSet } from '../guard/words.ts';
import { DEFAULT_PLAYBOOKS } from './defaults.ts';
import { MISTAKE_TYPES, proposeMistakeType, type MistakeType } from './mistakes.ts';
import { editPlaybooks, PlaybookBook, playbookOf, templateOf } from './playbooks.ts';
import { asCorrection, isVariable, renderTemplate, TEMPLATE_VARIABLES, variablesIn } from './templates.ts';

describe('[RM1] the proposed type', () => {
  const words = createWordSet([
    { word: '滚', category: 'abuse', action: 'block' },
    { word: '内部价', category: '价格', action: 'confirm' },
  ]);
  const propose = (text: string, wrong = false): MistakeType =>
    proposeMistakeType(inspect(text, { send: { confirm: [], block: [] } }, words).hits, wrong).type;

  it.each<[string, MistakeType]>([
    ['到手价138元', 'price'],
    ['给您内部价', 'price'],
    ['保证假一赔十', 'policy'],
    ['全网最低价，只要99元', 'policy'],
    ['加我微信', 'policy'],
    ['滚', 'wording'],
    ['她电话13800138000', 'privacy'],
    ['110105197503136677 保证退您100元', 'privacy'],
    ['好的', 'other'],
  ])('[RM1] %s: %s', (text, type) => {
    expect(propose(text)).toBe(type);
    expect(propose(text, true)).toBe('wrong_conversation');
  });

  it('[RM1] says why, and what else it could be, without any text', () => {
    const hits = inspect('保证只要99元，打13800138000', { send: { confirm: [], block: [] } }, words).hits;
    expect(proposeMistakeType(hits)).toEqual({
      type: 'privacy',
      because: ['phone'],
      alternatives: ['policy', 'price'],
    });
    expect(proposeMistakeType(hits, true)).toEqual({
      type: 'wrong_conversation',
      because: ['wrong_conversation'],
      alternatives: ['privacy', 'policy', 'price'],
    });
    expect(proposeMistakeType([])).toEqual({ type: 'other', because: [], alternatives: [] });
  });
});

describe('[RM6] playbooks and templates', () => {
  const lead = { id: 'a-1', name: '主管', role: 'supervisor' as const };

  it('[RM6] the defaults are a valid book: one playbook a type, every template used or of use', () => {
    expect(PlaybookBook.safeParse(DEFAULT_PLAYBOOKS).error?.issues).toBeUndefined();
    const used = new Set(
      DEFAULT_PLAYBOOKS.playbooks.flatMap((playbook) => playbook.steps.map((step) => step.template_id)),
    );
    for (const template of DEFAULT_PLAYBOOKS.templates)
      expect(used.has(template.template_id), template.template_id).toBe(true);
    for (const type of MISTAKE_TYPES) expect(playbookOf(DEFAULT_PLAYBOOKS, type).steps.at(-1)).toBeDefined();
  });

  it('[RM1] privacy: platform support first, then the superior', () => {
    expect(
      playbookOf(DEFAULT_PLAYBOOKS, 'privacy')
        .steps.slice(0, 2)
        .map((step) => step.action),
    ).toEqual(['platform_support', 'tell_supervisor']);
  });

  it('[RM2] each default correction begins with its mark, once', () => {
    for (const template of DEFAULT_PLAYBOOKS.templates.filter((each) => each.kind === 'correction')) {
      expect(template.text.startsWith('【更正】')).toBe(true);
      expect(asCorrection(template.text)).toBe(template.text);
    }
    expect(asCorrection(' 价格是 5 元')).toBe('【更正】价格是 5 元');
  });

  it('[RM6] supervisors edit, a version at a time; a stale edit overwrites nothing', () => {
    const { playbooks, templates } = DEFAULT_PLAYBOOKS;
    const edit = { base_version: 0, playbooks, templates };
    expect(editPlaybooks(DEFAULT_PLAYBOOKS, edit, { ...lead, role: 'agent' }, 5)).toEqual({
      ok: false,
      error: { code: 'NOT_ALLOWED' },
    });
    expect(editPlaybooks(DEFAULT_PLAYBOOKS, edit, { ...lead, role: 'qa' }, 5)).toEqual({
      ok: false,
      error: { code: 'NOT_ALLOWED' },
    });
    const next = editPlaybooks(DEFAULT_PLAYBOOKS, edit, lead, 5);
    expect(next).toMatchObject({
      ok: true,
      value: { version: 1, edited_at: 5, edited_by: { id: 'a-1', name: '主管' } },
    });
    if (next.ok)
      expect(editPlaybooks(next.value, edit, lead, 6)).toEqual({
        ok: false,
        error: { code: 'EDIT_CONFLICT', current: 1 },
      });
  });

  it.each([
    [
      'a playbook missing',
      { playbooks: DEFAULT_PLAYBOOKS.playbooks.slice(1), templates: DEFAULT_PLAYBOOKS.templates },
      'PLAYBOOK_COUNT price 0',
    ],
    [
      'a template gone that a step names',
      { playbooks: DEFAULT_PLAYBOOKS.playbooks, templates: DEFAULT_PLAYBOOKS.templates.slice(1) },
      'TEMPLATE_UNKNOWN price-correction',
    ],
    [
      'a template twice',
      {
        playbooks: DEFAULT_PLAYBOOKS.playbooks,
        templates: [...DEFAULT_PLAYBOOKS.templates, DEFAULT_PLAYBOOKS.templates[0]],
      },
      'TEMPLATE_TWICE',
    ],
    [
      'an unknown variable',
      {
        playbooks: DEFAULT_PLAYBOOKS.playbooks,
        templates: DEFAULT_PLAYBOOKS.templates.map((each, index) => (index === 0 ? { ...each, text: '{密码}' } : each)),
      },
      'VARIABLE_UNKNOWN 密码',
    ],
  ])('[RM6] refused whole: %s', (_name, parts, message) => {
    const result = editPlaybooks(DEFAULT_PLAYBOOKS, { base_version: 0, ...parts }, lead, 5);
    expect(result.ok).toBe(false);
    if (!result.ok && result.error.code === 'BAD_INPUT')
      expect(result.error.problems.map((problem) => problem.message)).toContain(message);
    else expect.unreachable();
  });

  it('[RM6] links of a playbook are https', () => {
    const playbooks = DEFAULT_PLAYBOOKS.playbooks.map((playbook, index) =>
      index === 0
        ? {
            ...playbook,
            steps: [
              { step_id: 'x', action: 'open_reference', title: { zh: '看', en: 'Read' }, url: 'javascript:alert(1)' },
            ],
          }
        : playbook,
    );
    expect(
      editPlaybooks(DEFAULT_PLAYBOOKS, { base_version: 0, playbooks, templates: DEFAULT_PLAYBOOKS.templates }, lead, 5),
    ).toMatchObject({ ok: false, error: { code: 'BAD_INPUT' } });
  });
});

describe('[RM3] templates', () => {
  it('[RM3] variables are filled, missing ones are named and stay', () => {
    const template = templateOf(DEFAULT_PLAYBOOKS, 'compensation-offer');
    const rendered = renderTemplate(template?.text ?? '', {
      consumer_name: '小王',
      compensation_kind: '优惠券',
      amount: '5.00',
      deadline: '',
    });
    expect(rendered.text).toContain('小王 您好');
    expect(rendered.text).toContain('{凭证号}');
    expect(rendered.missing).toEqual(['凭证号', '处理时限']);
    expect(templateOf(DEFAULT_PLAYBOOKS, 'none')).toBeNull();
  });

  it('[RM3] a value is text: braces and dollar signs in it mean nothing', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        fc.pre(value !== '');
        expect(renderTemplate('a{金额}b{金额}', { amount: value }).text).toBe(`a${value}b${value}`);
      }),
    );
    expect(renderTemplate('{金额}', { amount: '{订单号}$&', order_no: 'X' })).toEqual({
      text: '{订单号}$&',
      missing: [],
    });
  });

  it('[RM3] every variable that is known is one', () => {
    for (const name of Object.keys(TEMPLATE_VARIABLES)) expect(isVariable(name)).toBe(true);
    expect(isVariable('constructor')).toBe(false);
    expect(variablesIn('{a}{b}{a}{}{c\n}')).toEqual(['a', 'b']);
  });
});
