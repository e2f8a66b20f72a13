import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PackageReport, PackageView } from '#shared/contract/packages.ts';
import { MASK_KINDS } from '#shared/domain/mask/choices.ts';
import { problemWords } from '#shared/i18n/viewer.ts';
import { useAsk } from '#renderer/bridge/ask.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { Button, IconButton } from '#renderer/ui/Button.tsx';
import { ConfirmDialog, Dialog } from '#renderer/ui/Dialog.tsx';
import { formatNumber, formatStamp } from '#renderer/ui/format.ts';
import { Icon } from '#renderer/ui/Icon.tsx';
import { Tag } from '#renderer/ui/marks.tsx';
import { currentLocale, errorWords } from '#renderer/ui/words.ts';
import { reloadPackages } from './packages.ts';
import { ReviewFileDialog } from './PackageReview.tsx';
import './packages.css';

/** Which records are searched: those of this program, or of a package that is open (EX7). */
export function PackageBar(props: {
  packages: readonly PackageView[];
  chosen: string | undefined;
  onChoose: (id: string | undefined) => void;
}) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const { packages, chosen } = props;
  const [closing, setClosing] = useState<{ readonly one: PackageView; readonly reviews: number } | null>(null);
  const close = async (one: PackageView, asked: boolean): Promise<void> => {
    if (!asked && one.state === 'open') {
      const answer = await bridge.call('packages.reviews', { package_id: one.package_id });
      if (answer.ok && !answer.result.saved) {
        setClosing({ one, reviews: answer.result.reviews.length });
        return;
      }
    }
    setClosing(null);
    if (chosen === one.package_id) props.onChoose(undefined);
    await bridge.call('packages.close', { package_id: one.package_id });
    await reloadPackages();
  };
  const current = packages.find((one) => one.package_id === chosen);
  return (
    <>
      <div className="package-bar" role="group" aria-label={t('packages.sources')}>
        <button
          type="button"
          className="package-chip"
          aria-pressed={chosen === undefined}
          onClick={() => props.onChoose(undefined)}
        >
          <Icon name="records" size={14} />
          {t('packages.own')}
        </button>
        {packages.map((one) => (
          <span key={one.package_id} className="package-chip-with">
            <button
              type="button"
              className="package-chip"
              aria-pressed={chosen === one.package_id}
              disabled={one.state !== 'open'}
              title={one.name}
              onClick={() => props.onChoose(one.package_id)}
            >
              <Icon name={one.report?.ok === false || one.state === 'failed' ? 'warning' : 'box'} size={14} />
              <span className="ellipsis foreign">{one.name}</span>
              {one.state === 'opening' && (
                <span className="num is-soft">{t('packages.opening', { percent: Math.floor(one.share * 100) })}</span>
              )}
              {one.state === 'failed' && (
                <Tag tone="failed">
                  {one.code === null ? t('packages.failed') : errorWords({ code: one.code as never }).title}
                </Tag>
              )}
            </button>
            <IconButton
              icon="close"
              iconSize={12}
              label={t('packages.close', { name: one.name })}
              onClick={() => void close(one, false)}
            />
          </span>
        ))}
      </div>
      {current?.report && <About key={current.package_id} one={current} report={current.report} locale={locale} />}
      {closing && (
        <ConfirmDialog
          open
          danger
          title={t('packages.closeTitle')}
          confirm={t('packages.closeConfirm')}
          cancel={t('common.cancel')}
          onConfirm={() => void close(closing.one, true)}
          onCancel={() => setClosing(null)}
        >
          {t('packages.closeNote', { count: closing.reviews })}
        </ConfirmDialog>
      )}
    </>
  );
}

function About(props: { one: PackageView; report: PackageReport; locale: ReturnType<typeof currentLocale> }) {
  const { t } = useTranslation();
  const { report, one } = props;
  const { about } = report;
  const maskName = (mask: string): string => {
    const known = MASK_KINDS.find((kind) => kind === mask);
    return known === undefined ? mask : t(`export.mask.${known}`);
  };
  const [dialog, setDialog] = useState<'problems' | 'reviews' | null>(null);
  const reviews = useAsk('packages.reviews', { package_id: one.package_id });
  const { reload } = reviews;
  useEffect(() => bridge.subscribe('packages', reload), [reload]);
  const count = reviews.data?.reviews.length ?? 0;
  return (
    <div className="package-about">
      <p className="package-facts">
        <Tag>{t('packages.readOnly')}</Tag>
        {about && (
          <span className="foreign">
            {t('packages.about', { operator: about.operator, at: formatStamp(Date.parse(about.created_at)) })}
          </span>
        )}
        <span className="num">{t('packages.messages', { n: formatNumber(report.messages, props.locale) })}</span>
        {about && (
          <span>
            {about.masks.length === 0
              ? t('packages.noMasks')
              : t('packages.masks', { masks: about.masks.map(maskName).join(t('common.listSeparator')) })}
          </span>
        )}
        {about && about.reason !== '' && <span className="foreign is-soft ellipsis">{about.reason}</span>}
        {report.ok && <Tag tone="done">{t('packages.whole')}</Tag>}
        {report.fingerprint !== null && (
          <span className="is-soft ellipsis num" title={`${report.fingerprint}\n${t('packages.fingerprintNote')}`}>
            {t('packages.fingerprint', { fingerprint: `${report.fingerprint.slice(0, 16)}…` })}
          </span>
        )}
        <span className="query-space" />
        {count > 0 && (
          <>
            <span className="num">
              {t('packages.review.count', { count })}
              {reviews.data?.saved === false && ` · ${t('packages.review.unsaved')}`}
            </span>
            <Button size="small" icon="download" onClick={() => setDialog('reviews')}>
              {t('packages.review.save')}
            </Button>
          </>
        )}
      </p>
      {!report.ok && (
        <p className="package-warning" role="alert">
          <Icon name="warning" size={14} />{' '}
          {t('packages.damaged', { count: report.problems.length + report.more, messages: report.damaged })}{' '}
          {report.unreadable > 0 && t('packages.unreadable', { count: report.unreadable })}{' '}
          <Button look="link" onClick={() => setDialog('problems')}>
            {t('packages.problems')}
          </Button>
        </p>
      )}
      {dialog === 'problems' && <Problems report={report} onClose={() => setDialog(null)} />}
      {dialog === 'reviews' && <ReviewFileDialog packageId={one.package_id} onClose={() => setDialog(null)} />}
    </div>
  );
}

const SHOWN = 200;

function Problems(props: { report: PackageReport; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const words = problemWords[currentLocale(i18n.language)];
  const { problems, more } = props.report;
  const rest = more + Math.max(0, problems.length - SHOWN);
  return (
    <Dialog
      open
      title={t('packages.problemsTitle')}
      width={640}
      onClose={props.onClose}
      footer={<Button onClick={props.onClose}>{t('common.close')}</Button>}
    >
      <div
        className="ui-chart-table package-problems"
        tabIndex={0}
        role="region"
        aria-label={t('packages.problemsTitle')}
      >
        <table>
          <thead>
            <tr>
              <th scope="col">{t('packages.where')}</th>
              <th scope="col">{t('packages.what')}</th>
            </tr>
          </thead>
          <tbody>
            {problems.slice(0, SHOWN).map(({ where, what, records }, index) => (
              <tr key={`${index} ${where}`}>
                <th scope="row" className="foreign num">
                  {where}
                  {records !== undefined &&
                    ` · ${
                      records[0] === records[1]
                        ? t('packages.records', { from: records[0] })
                        : t('packages.recordRange', { from: records[0], to: records[1] })
                    }`}
                </th>
                <td>
                  {words[what]} <code className="ui-code">{what}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rest > 0 && <p className="is-soft">{t('packages.more', { count: rest })}</p>}
    </Dialog>
  );
}
