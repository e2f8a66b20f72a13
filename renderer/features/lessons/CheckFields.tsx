import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { INCIDENT_STATES } from '#shared/domain/remedy/incident.ts';
import { MISTAKE_TYPES } from '#shared/domain/remedy/mistakes.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { Field, Input, Select, Switch, TextArea, type Option } from '#renderer/ui/fields.tsx';
import { CHECK_KINDS, type CheckDraft } from './lesson-draft.ts';

const EFFECTS = ['both', 'maybe_seen', 'local_only'] as const;

/** One point that a lesson scores: what is checked, with what that kind of check needs. */
export function CheckFields(props: {
  index: number;
  check: CheckDraft;
  consumers: readonly Option<string>[];
  /** What is wrong at a place of the check, as the format calls it. */
  wrong: (place: string) => ReactNode;
  onChange: (patch: Partial<CheckDraft>) => void;
  onRemove: (() => void) | null;
}) {
  const { t } = useTranslation();
  const { check, index, wrong, onChange } = props;
  const kind = check.check;
  const id = (name: string): string => `lesson-check-${name}-${index}`;
  return (
    <div className="lesson-part" role="group" aria-label={t('training.form.check', { number: index + 1 })}>
      <div className="lesson-row">
        <Field label={t('training.form.kind')}>
          <Select
            label={t('training.form.kind')}
            value={kind}
            width={210}
            options={CHECK_KINDS.map((value) => ({ value, label: t(`training.form.kinds.${value}`) }))}
            onChange={(value) => onChange({ check: value })}
          />
        </Field>
        {kind !== 'answer' && (
          <Field label={t('training.form.consumers')} error={wrong('with')}>
            <Select
              label={t('training.form.consumers')}
              value={check.with}
              width={150}
              options={props.consumers}
              onChange={(value) => onChange({ with: value })}
            />
          </Field>
        )}
        <div className="is-short">
          <Field label={t('training.form.points')} id={id('points')} error={wrong('points')}>
            <Input
              id={id('points')}
              inputMode="numeric"
              value={check.points}
              onChange={(event) => onChange({ points: event.target.value })}
            />
          </Field>
        </div>
        <Field label={t('training.form.required')}>
          <Switch
            label={t('training.form.required')}
            checked={check.required}
            onChange={(required) => onChange({ required })}
          />
        </Field>
        {props.onRemove && (
          <Button size="small" look="quiet" icon="trash" onClick={props.onRemove}>
            {t('training.form.remove')}
          </Button>
        )}
      </div>
      <Field label={t('training.form.checkSays')} id={id('says')} error={wrong('says')}>
        <Input
          id={id('says')}
          value={check.says}
          maxLength={200}
          onChange={(event) => onChange({ says: event.target.value })}
        />
      </Field>
      {(kind === 'recalled' || kind === 'corrected' || kind === 'cannot_see') && (
        <Field label={t('training.form.text')} id={id('text')} error={wrong('text')}>
          <Input
            id={id('text')}
            value={check.text}
            maxLength={200}
            onChange={(event) => onChange({ text: event.target.value })}
          />
        </Field>
      )}
      {(kind === 'sent' || kind === 'not_sent' || kind === 'answer') && (
        <Field
          label={t('training.form.anyOf')}
          id={id('any')}
          error={wrong('any_of')}
          note={t('training.form.linesNote')}
        >
          <TextArea
            id={id('any')}
            rows={2}
            value={check.anyOf}
            onChange={(event) => onChange({ anyOf: event.target.value })}
          />
        </Field>
      )}
      {kind === 'recalled' && (
        <div className="lesson-row">
          <Field label={t('training.form.effect')}>
            <Select
              label={t('training.form.effect')}
              value={check.effect}
              width={240}
              options={EFFECTS.map((value) => ({ value, label: t(`recall.effects.${value}`) }))}
              onChange={(effect) => onChange({ effect })}
            />
          </Field>
          <Field label={t('training.form.within')} id={id('within')} error={wrong('within_seconds')}>
            <Input
              id={id('within')}
              inputMode="numeric"
              value={check.within}
              onChange={(event) => onChange({ within: event.target.value })}
            />
          </Field>
        </div>
      )}
      {kind === 'incident' && (
        <div className="lesson-row">
          <Field label={t('training.form.type')}>
            <Select
              label={t('training.form.type')}
              value={check.type}
              width={150}
              options={[
                { value: 'any', label: t('training.form.anyType') },
                ...MISTAKE_TYPES.map((value) => ({ value, label: t(`incidents.type.${value}`) })),
              ]}
              onChange={(type) => onChange({ type })}
            />
          </Field>
          <Field label={t('training.form.atLeast')}>
            <Select
              label={t('training.form.atLeast')}
              value={check.atLeast}
              width={150}
              options={INCIDENT_STATES.map((value) => ({ value, label: t(`incidents.state.${value}`) }))}
              onChange={(atLeast) => onChange({ atLeast })}
            />
          </Field>
        </div>
      )}
    </div>
  );
}
