import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { bridge } from '#renderer/bridge/index.ts';
import { usePlaybooks, watchPlaybooks } from '#renderer/bridge/playbooks.ts';
import { Button, IconButton } from '#renderer/ui/Button.tsx';
import { Field, Input, Segmented, Select, Switch, TextArea } from '#renderer/ui/fields.tsx';
import { formatStamp } from '#renderer/ui/format.ts';
import { toast } from '#renderer/ui/Toast.tsx';
import { useKept } from '#renderer/ui/use-kept.ts';
import { currentLocale, errorLine, errorWords } from '#renderer/ui/words.ts';
import { MISTAKE_TYPES, type MistakeType } from '#shared/domain/remedy/mistakes.ts';
import {
  playbookOf,
  STEP_ACTIONS,
  TEMPLATE_KINDS,
  type Playbook,
  type PlaybookBook,
  type PlaybookStep,
  type Template,
} from '#shared/domain/remedy/playbooks.ts';
import { TEMPLATE_VARIABLES } from '#shared/domain/remedy/templates.ts';

const NONE = '-';
/** As the schema has it. */
const MOST_TEMPLATES = 500;

/** RM6: supervisors edit playbooks and templates; each save is a version of its own, the old ones stay. */
export function PlaybookEditor() {
  const { t, i18n } = useTranslation();
  const language = currentLocale(i18n.language) === 'en' ? 'en' : 'zh';
  const { book, editors } = usePlaybooks();
  useEffect(watchPlaybooks, []);
  const [type, setType] = useState<MistakeType>('price');
  /** What is being edited, on top of which version; null: nothing was changed. */
  const [draft, setDraft] = useKept<PlaybookBook | null>('playbooks', () => null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const editor = editors[0] ?? null;
  const shown = draft ?? book;
  const playbook = playbookOf(shown, type);
  const readOnly = editor === null;

  const change = (next: Partial<Pick<PlaybookBook, 'playbooks' | 'templates'>>): void => {
    setProblem(null);
    setDraft({ ...shown, ...next });
  };
  const changePlaybook = (next: Partial<Playbook>): void =>
    change({ playbooks: shown.playbooks.map((each) => (each.type === type ? { ...each, ...next } : each)) });
  const changeStep = (index: number, next: PlaybookStep): void =>
    changePlaybook({ steps: playbook.steps.with(index, next) });
  const move = (index: number, by: 1 | -1): void => {
    const [moved, other] = [playbook.steps[index], playbook.steps[index + by]];
    if (moved === undefined || other === undefined) return;
    changePlaybook({ steps: playbook.steps.with(index, other).with(index + by, moved) });
  };
  const changeTemplate = (id: string, next: Partial<Template>): void =>
    change({
      templates: shown.templates.map((each) => (each.template_id === id ? { ...each, ...next } : each)),
    });

  const save = async (): Promise<void> => {
    if (draft === null || editor === null) return;
    setBusy(true);
    const answer = await bridge.call('playbooks.edit', {
      account_id: editor,
      base_version: draft.version,
      playbooks: draft.playbooks,
      templates: draft.templates,
    });
    setBusy(false);
    if (answer.ok) {
      setDraft(null);
      usePlaybooks.setState({ book: answer.result });
      toast({ tone: 'done', text: t('incidents.playbooks.saved', { version: answer.result.version }) });
      return;
    }
    const { code, details } = answer.error;
    if (code === 'STALE_STATE')
      setProblem(t('incidents.playbooks.conflict', { version: String(details?.['current'] ?? '') }));
    else if (code === 'BAD_INPUT') {
      const problems = Array.isArray(details?.['problems']) ? (details['problems'] as { path: string }[]) : [];
      setProblem(t('incidents.playbooks.invalid', { path: problems.map(({ path }) => path).join(', ') }));
    } else {
      const words = errorWords(answer.error);
      setProblem(`${words.title} ${errorLine(words)}`);
    }
  };

  const addTemplate = (): void =>
    change({
      templates: [
        ...shown.templates,
        {
          template_id: freeTemplateId(shown.templates),
          kind: 'apology',
          title: {
            zh: i18n.getFixedT('zh-CN')('incidents.playbooks.newTemplate'),
            en: i18n.getFixedT('en')('incidents.playbooks.newTemplate'),
          },
          // Nothing to send yet: saved only when there is something in it.
          text: '',
        },
      ],
    });
  const usersOf = (id: string): MistakeType[] =>
    shown.playbooks.filter(({ steps }) => steps.some((step) => step.template_id === id)).map((each) => each.type);

  const templateEditor = (each: Template) => {
    const users = usersOf(each.template_id);
    const label = each.title[language];
    return (
      <section key={each.template_id} className="playbook-template" aria-label={label}>
        <div className="playbook-template-head">
          <Input
            aria-label={t('incidents.playbooks.templateTitle')}
            placeholder={t('incidents.playbooks.templateTitle')}
            maxLength={200}
            value={each.title.zh}
            onChange={(event) => changeTemplate(each.template_id, { title: { ...each.title, zh: event.target.value } })}
          />
          <Input
            aria-label={t('incidents.playbooks.templateTitleEn')}
            placeholder={t('incidents.playbooks.templateTitleEn')}
            maxLength={200}
            value={each.title.en}
            onChange={(event) => changeTemplate(each.template_id, { title: { ...each.title, en: event.target.value } })}
          />
          <Select
            label={t('incidents.playbooks.templateKind')}
            value={each.kind}
            width={140}
            disabled={readOnly}
            options={TEMPLATE_KINDS.map((value) => ({ value, label: t(`incidents.playbooks.kind.${value}`) }))}
            onChange={(kind) => changeTemplate(each.template_id, { kind })}
          />
          <IconButton
            icon="close"
            label={
              users.length === 0
                ? t('incidents.playbooks.removeTemplate')
                : t('incidents.playbooks.templateUsed', {
                    types: users.map((value) => t(`incidents.type.${value}`)).join(t('common.listSeparator')),
                  })
            }
            disabled={users.length > 0}
            onClick={() =>
              change({ templates: shown.templates.filter(({ template_id }) => template_id !== each.template_id) })
            }
          />
        </div>
        <TextArea
          aria-label={`${t('incidents.playbooks.templateText')} ${label}`}
          rows={3}
          maxLength={2_000}
          value={each.text}
          onChange={(event) => changeTemplate(each.template_id, { text: event.target.value })}
        />
      </section>
    );
  };

  const used = new Set(playbook.steps.flatMap((step) => (step.template_id === undefined ? [] : [step.template_id])));
  return (
    <div className="incidents-list">
      <div className="incidents-filter">
        <Segmented
          label={t('incidents.filter.type')}
          value={type}
          onChange={setType}
          options={MISTAKE_TYPES.map((value) => ({ value, label: t(`incidents.type.${value}`) }))}
        />
        <span className="remedy-space" />
        <span className="is-soft foreign">
          {t('incidents.playbooks.version', { version: shown.version })}
          {' · '}
          {shown.edited_by === null
            ? t('incidents.playbooks.shipped')
            : t('incidents.playbooks.edited', {
                name: shown.edited_by.name,
                time: formatStamp(shown.edited_at ?? 0),
              })}
        </span>
        {!readOnly && (
          <>
            <Button disabled={draft === null} onClick={() => (setDraft(null), setProblem(null))}>
              {t('incidents.playbooks.reset')}
            </Button>
            <Button look="primary" disabled={draft === null} busy={busy} onClick={() => void save()}>
              {t('incidents.playbooks.save')}
            </Button>
          </>
        )}
      </div>
      {readOnly && <p className="incidents-hint">{t('incidents.playbooks.readOnly')}</p>}
      {problem !== null && (
        <p className="incidents-hint job-failed" role="alert">
          {problem}
        </p>
      )}
      <fieldset className="playbook" disabled={readOnly}>
        <Field label={t('incidents.playbooks.advice')} id="playbook-advice">
          <TextArea
            id="playbook-advice"
            rows={2}
            maxLength={500}
            value={playbook.advice.zh}
            onChange={(event) => changePlaybook({ advice: { ...playbook.advice, zh: event.target.value } })}
          />
        </Field>
        <Field label={t('incidents.playbooks.adviceEn')} id="playbook-advice-en">
          <TextArea
            id="playbook-advice-en"
            rows={2}
            maxLength={500}
            value={playbook.advice.en}
            onChange={(event) => changePlaybook({ advice: { ...playbook.advice, en: event.target.value } })}
          />
        </Field>
        <h2>{t('incidents.playbooks.steps')}</h2>
        <ol className="playbook-steps">
          {playbook.steps.map((step, index) => (
            <li key={step.step_id}>
              <Input
                aria-label={t('incidents.playbooks.step')}
                placeholder={t('incidents.playbooks.step')}
                maxLength={200}
                value={step.title.zh}
                onChange={(event) => changeStep(index, { ...step, title: { ...step.title, zh: event.target.value } })}
              />
              <Input
                aria-label={t('incidents.playbooks.stepEn')}
                placeholder={t('incidents.playbooks.stepEn')}
                maxLength={200}
                value={step.title.en}
                onChange={(event) => changeStep(index, { ...step, title: { ...step.title, en: event.target.value } })}
              />
              <Select
                label={t('incidents.playbooks.action')}
                value={step.action}
                width={150}
                disabled={readOnly}
                options={STEP_ACTIONS.map((value) => ({ value, label: t(`incidents.action.${value}`) }))}
                onChange={(action) => changeStep(index, { ...step, action })}
              />
              {step.action === 'open_reference' ? (
                <Input
                  aria-label={t('incidents.playbooks.url')}
                  placeholder="https://"
                  maxLength={2_000}
                  value={step.url ?? ''}
                  onChange={(event) => {
                    const { url: _, ...rest } = step;
                    const url = event.target.value.trim();
                    changeStep(index, url === '' ? rest : { ...rest, url });
                  }}
                />
              ) : (
                <div className="playbook-second">
                  <Select
                    label={t('incidents.playbooks.template')}
                    value={step.template_id ?? NONE}
                    width={180}
                    disabled={readOnly}
                    options={[
                      { value: NONE, label: t('incidents.playbooks.noTemplate') },
                      ...shown.templates.map((each) => ({ value: each.template_id, label: each.title.zh })),
                    ]}
                    onChange={(value) => {
                      const { template_id: _, ...rest } = step;
                      changeStep(index, value === NONE ? rest : { ...rest, template_id: value });
                    }}
                  />
                  {step.action === 'platform_support' && (
                    <Input
                      aria-label={t('incidents.playbooks.contact')}
                      placeholder={t('incidents.playbooks.contact')}
                      maxLength={500}
                      value={step.contact ?? ''}
                      onChange={(event) => {
                        const { contact: _, ...rest } = step;
                        changeStep(index, event.target.value === '' ? rest : { ...rest, contact: event.target.value });
                      }}
                    />
                  )}
                  {step.action === 'compensate' && (
                    <Input
                      aria-label={t('incidents.playbooks.amount')}
                      placeholder={t('incidents.playbooks.amount')}
                      inputMode="decimal"
                      value={step.amount ?? ''}
                      onChange={(event) => {
                        const { amount: _, ...rest } = step;
                        const amount = event.target.value.trim();
                        changeStep(index, amount === '' ? rest : { ...rest, amount });
                      }}
                    />
                  )}
                </div>
              )}
              <span className="playbook-optional">
                <Switch
                  label={t('incidents.playbooks.optional')}
                  checked={step.optional}
                  disabled={readOnly}
                  onChange={(optional) => changeStep(index, { ...step, optional })}
                />
                {t('incidents.playbooks.optional')}
              </span>
              <span>
                <IconButton icon="arrowUp" label={t('incidents.playbooks.up')} onClick={() => move(index, -1)} />
                <IconButton icon="arrowDown" label={t('incidents.playbooks.down')} onClick={() => move(index, 1)} />
                <IconButton
                  icon="close"
                  label={t('incidents.playbooks.removeStep')}
                  onClick={() => changePlaybook({ steps: playbook.steps.filter((_, at) => at !== index) })}
                />
              </span>
            </li>
          ))}
        </ol>
        <Button
          icon="plus"
          onClick={() =>
            changePlaybook({
              steps: [
                ...playbook.steps,
                {
                  step_id: freeId(playbook.steps),
                  action: 'send_correction',
                  title: { zh: t('incidents.action.send_correction'), en: 'Send a correction' },
                  optional: true,
                },
              ],
            })
          }
        >
          {t('incidents.playbooks.addStep')}
        </Button>
        <h2>{t('incidents.playbooks.templates')}</h2>
        <p className="is-soft">
          {t('incidents.playbooks.variables', {
            names: Object.keys(TEMPLATE_VARIABLES)
              .map((name) => `{${name}}`)
              .join(' '),
          })}
        </p>
        {shown.templates.filter((each) => used.has(each.template_id)).map(templateEditor)}
        <h2>{t('incidents.playbooks.otherTemplates')}</h2>
        {shown.templates.filter((each) => !used.has(each.template_id)).map(templateEditor)}
        <Button icon="plus" disabled={shown.templates.length >= MOST_TEMPLATES} onClick={addTemplate}>
          {t('incidents.playbooks.addTemplate')}
        </Button>
      </fieldset>
    </div>
  );
}

/** The first of `template-1`, `template-2` … that no template has. */
function freeTemplateId(templates: readonly Template[]): string {
  for (let number = 1; ; number++) {
    const id = `template-${number}`;
    if (!templates.some((each) => each.template_id === id)) return id;
  }
}

/** The first of `step-1`, `step-2` … that no step has. */
function freeId(steps: readonly PlaybookStep[]): string {
  for (let number = 1; ; number++) {
    const id = `step-${number}`;
    if (!steps.some((step) => step.step_id === id)) return id;
  }
}
