import type { zhCN } from '#shared/i18n/index.ts';
import { formatStamp } from './format.ts';
import type { SealWords } from './SealDialog.tsx';

type Key = 'common.close' | `incidents.seal.${keyof typeof zhCN.incidents.seal}`;

/** The part of i18next's `t` that is needed here: this folder knows no catalogue (and its type is too deep to pass through). */
export type SealSay = (key: Key, values: Readonly<Record<string, string>>) => string;

/** Words of the dialog, in whatever language `t` speaks. */
export function sealWords(t: SealSay): SealWords {
  return {
    title: t('incidents.seal.title', {}),
    loading: t('incidents.seal.loading', {}),
    close: t('common.close', {}),
    noText: t('incidents.seal.noText', {}),
    picture: (name) => t('incidents.seal.picture', { name }),
    save: t('incidents.seal.save', {}),
    saveHint: t('incidents.seal.saveHint', {}),
    saved: t('incidents.seal.saved', {}),
    fileGone: t('incidents.seal.fileGone', {}),
    sent: (seal) => t('incidents.seal.sent', { name: seal.sender.name, time: formatStamp(seal.sent_at) }),
    recalled: (seal) => t('incidents.seal.recalled', { name: seal.operator.name, time: formatStamp(seal.recalled_at) }),
    read: (seal) =>
      seal.read_at === null
        ? t('incidents.seal.unread', {})
        : t('incidents.seal.read', { time: formatStamp(seal.read_at) }),
    reason: (seal) => (seal.reason === null ? null : t('incidents.seal.reason', { reason: seal.reason })),
    audited: (seal) => t('incidents.seal.audited', { actor: seal.audited.actor, time: formatStamp(seal.audited.at) }),
  };
}
