import { z } from 'zod';
import { err, ok, type Result } from '../../lib/result.ts';
import { Timestamp, type Role } from '../../protocol/entities.ts';
import { isPermitted } from '../permissions.ts';
import { Amount } from './amounts.ts';
import { MISTAKE_TYPES, MistakeType } from './mistakes.ts';
import { isVariable, variablesIn } from './templates.ts';

/** Playbooks and templates (RM1, RM3, RM6): data that supervisors edit; the defaults are in `defaults.ts`. */

const Slug = z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/);
const Localised = z.object({ zh: z.string().min(1).max(200), en: z.string().min(1).max(200) });
export type Localised = z.infer<typeof Localised>;

/** What a step of a playbook does. The window knows how; who may is in `card.ts`. */
export const STEP_ACTIONS = [
  /** Fills the composer with a 【更正】 message linked to the original (RM2). */
  'send_correction',
  /** Fills the composer from a template: apology, explanation, official details. */
  'send_template',
  /** Opens the compensation form (RM3). */
  'compensate',
  /** Asks the platform's support to remove what recall can't. */
  'platform_support',
  /** Tells the superior: the incident goes up the ladder (RM4). */
  'tell_supervisor',
  /** Completes the draft incident (RM4). */
  'complete_incident',
  /** Reads an article or an official link (PV8). */
  'open_reference',
] as const;
export const StepAction = z.enum(STEP_ACTIONS);
export type StepAction = z.infer<typeof StepAction>;

export const TEMPLATE_KINDS = [
  'correction',
  'apology',
  'explanation',
  'honour',
  'compensation',
  'report',
  'reference',
] as const;

export const Template = z.object({
  template_id: Slug,
  kind: z.enum(TEMPLATE_KINDS),
  title: Localised,
  /** Chinese as sent; `{变量}` names a variable (`templates.ts`). */
  text: z.string().min(1).max(2_000),
});
export type Template = z.infer<typeof Template>;

export const PlaybookStep = z.object({
  step_id: Slug,
  action: StepAction,
  title: Localised,
  /** For `send_correction`, `send_template`, `compensate`, `platform_support`. */
  template_id: Slug.optional(),
  /** For `open_reference`. */
  url: z
    .url({ protocol: /^https$/ })
    .max(2_000)
    .optional(),
  /** For `platform_support`: where to turn (entry, number, address), as it is to be copied. */
  contact: z.string().trim().min(1).max(500).optional(),
  /** For `compensate`: what the form begins with. */
  amount: Amount.optional(),
  /** Shown apart, after the others: not every case needs it. */
  optional: z.boolean().default(false),
});
export type PlaybookStep = z.infer<typeof PlaybookStep>;

export const Playbook = z.object({
  type: MistakeType,
  title: Localised,
  /** One or two sentences: what matters in this kind of mistake. */
  advice: z.object({ zh: z.string().min(1).max(500), en: z.string().min(1).max(500) }),
  steps: z.array(PlaybookStep).min(1).max(20),
});
export type Playbook = z.infer<typeof Playbook>;

/** All playbooks of a profile, as one version. Old versions are kept: an incident names the one it was handled by. */
export const PlaybookBook = z
  .object({
    version: z.int().nonnegative(),
    edited_at: Timestamp.nullable(),
    edited_by: z.object({ id: z.string().max(128), name: z.string().max(1_024) }).nullable(),
    playbooks: z.array(Playbook),
    templates: z.array(Template).max(500),
  })
  .superRefine((book, context) => {
    const problem = (path: (string | number)[], message: string): void =>
      context.addIssue({ code: 'custom', path, message });
    for (const type of MISTAKE_TYPES) {
      const count = book.playbooks.filter((playbook) => playbook.type === type).length;
      if (count !== 1) problem(['playbooks'], `PLAYBOOK_COUNT ${type} ${count}`);
    }
    const templates = new Map(book.templates.map((template) => [template.template_id, template]));
    if (templates.size !== book.templates.length) problem(['templates'], 'TEMPLATE_TWICE');
    book.templates.forEach((template, index) => {
      for (const variable of variablesIn(template.text))
        if (!isVariable(variable)) problem(['templates', index, 'text'], `VARIABLE_UNKNOWN ${variable}`);
    });
    book.playbooks.forEach((playbook, index) => {
      const ids = new Set<string>();
      playbook.steps.forEach((step, at) => {
        const path = ['playbooks', index, 'steps', at];
        if (ids.has(step.step_id)) problem(path, `STEP_TWICE ${step.step_id}`);
        ids.add(step.step_id);
        if (step.template_id !== undefined && !templates.has(step.template_id))
          problem([...path, 'template_id'], `TEMPLATE_UNKNOWN ${step.template_id}`);
        if (step.action === 'send_template' && step.template_id === undefined) problem(path, 'TEMPLATE_MISSING');
      });
    });
  });
export type PlaybookBook = z.infer<typeof PlaybookBook>;

export interface PlaybookEdit {
  /** The version that was being edited. */
  readonly base_version: number;
  readonly playbooks: unknown;
  readonly templates: unknown;
}

export interface Editor {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
}

export type PlaybookEditError =
  | { readonly code: 'NOT_ALLOWED' }
  /** Somebody else saved meanwhile; nothing is overwritten. */
  | { readonly code: 'EDIT_CONFLICT'; readonly current: number }
  | { readonly code: 'BAD_INPUT'; readonly problems: readonly { readonly path: string; readonly message: string }[] };

/** The next version of the book (RM6). Supervisors and admins only; refused as a whole when any part is wrong. */
export function editPlaybooks(
  book: PlaybookBook,
  edit: PlaybookEdit,
  editor: Editor,
  at: number,
): Result<PlaybookBook, PlaybookEditError> {
  if (!isPermitted(editor.role, 'playbook.edit')) return err({ code: 'NOT_ALLOWED' });
  if (edit.base_version !== book.version) return err({ code: 'EDIT_CONFLICT', current: book.version });
  const parsed = PlaybookBook.safeParse({
    version: book.version + 1,
    edited_at: at,
    edited_by: { id: editor.id, name: editor.name },
    playbooks: edit.playbooks,
    templates: edit.templates,
  });
  if (!parsed.success)
    return err({
      code: 'BAD_INPUT',
      problems: parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message })),
    });
  return ok(parsed.data);
}

export function playbookOf(book: PlaybookBook, type: MistakeType): Playbook {
  const playbook = book.playbooks.find((each) => each.type === type);
  // The schema demands one for each type.
  if (playbook === undefined) throw new RangeError(`no playbook for ${type}`);
  return playbook;
}

export function templateOf(book: PlaybookBook, id: string): Template | null {
  return book.templates.find((template) => template.template_id === id) ?? null;
}
