import { LOCAL_KINDS, type BackupInspection, type Inventory } from '#shared/contract/upkeep.ts';
import type { zhCN } from '#shared/i18n/index.ts';
import { formatNumber, type Locale } from './format.ts';
import './restore-table.css';

type Words = typeof zhCN.upkeep.backups;
type Key =
  | `upkeep.backups.${'unreadable' | 'same' | 'lost' | 'more' | 'formerKey' | 'unsentFiles'}`
  | `upkeep.backups.column2.${keyof Words['column2']}`
  | `upkeep.backups.items.${keyof Words['items']}`;

/** The part of i18next's `t` that is needed here: this folder knows no catalogue. */
export type RestoreSay = (key: Key, values: Readonly<Record<string, number>>) => string;

/** What a backup holds beside what is there now: what would be lost, and what comes back; and what else to know (ST4). */
export function RestoreTable(props: { inspection: BackupInspection; say: RestoreSay; locale: Locale }) {
  const { inspection, locale } = props;
  const t = (key: Key, values: Readonly<Record<string, number>> = {}): string => props.say(key, values);
  const rows = [
    ...(['conversations', 'messages'] as const).map((item) => ({
      item,
      of: (inventory: Inventory) => inventory[item],
    })),
    ...LOCAL_KINDS.map((item) => ({ item, of: (inventory: Inventory) => inventory.local[item] })),
  ];
  const { inventory, present } = inspection;
  return (
    <>
      <table className="restore-table">
        <thead>
          <tr>
            <th scope="col">{t('upkeep.backups.column2.item')}</th>
            <th scope="col">{t('upkeep.backups.column2.backup')}</th>
            <th scope="col">{t('upkeep.backups.column2.now')}</th>
            <th scope="col">{t('upkeep.backups.column2.change')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ item, of }) => {
            const change = present === null ? null : of(inventory) - of(present);
            return (
              <tr key={item} className={change === 0 ? '' : 'is-changed'}>
                <th scope="row">{t(`upkeep.backups.items.${item}`)}</th>
                <td className="num">{formatNumber(of(inventory), locale)}</td>
                <td className="num">
                  {present === null ? t('upkeep.backups.unreadable') : formatNumber(of(present), locale)}
                </td>
                <td className={`num ${change !== null && change < 0 ? 'is-failed' : 'is-soft'}`}>
                  {change === null
                    ? '–'
                    : change === 0
                      ? t('upkeep.backups.same')
                      : t(change < 0 ? 'upkeep.backups.lost' : 'upkeep.backups.more', {
                          count: Math.abs(change),
                        })}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {inspection.key === 'former' && <p className="is-soft">{t('upkeep.backups.formerKey')}</p>}
      {inventory.unsent_files > 0 && (
        <p className="is-soft">{t('upkeep.backups.unsentFiles', { count: inventory.unsent_files })}</p>
      )}
    </>
  );
}
