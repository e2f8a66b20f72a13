import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '#renderer/ui/Button.tsx';
import { Menu, type MenuAnchor, type MenuItem } from '#renderer/ui/Menu.tsx';
import { toggleColumn, useShownTables, type TableName } from './use-columns.ts';

const TABLES = ['agents', 'numbers', 'messages', 'consumers'] as const satisfies readonly TableName[];

/** Chooses the columns of the tables on the screen; kept in the settings. */
export function ColumnsMenu() {
  const { t } = useTranslation();
  const tables = useShownTables();
  const [anchor, setAnchor] = useState<MenuAnchor | null>(null);
  const items = TABLES.flatMap((name): MenuItem[] => {
    const table = tables[name];
    if (table === undefined) return [];
    const title = t(
      name === 'agents'
        ? 'records.overview'
        : name === 'numbers'
          ? 'records.byNumber'
          : name === 'messages'
            ? 'records.messages'
            : 'records.consumers',
    );
    return table.columns.map((column, index) => ({
      id: `${name}-${column.id}`,
      label: column.title,
      checked: table.shown.includes(column.id),
      stays: true,
      disabled: column.fixed,
      ...(index === 0 ? { heading: t('records.otherTable', { table: title }) } : {}),
      onSelect: () => void toggleColumn(name, column.id),
    }));
  });
  return (
    <>
      <Button
        size="small"
        look="quiet"
        icon="columns"
        aria-haspopup="menu"
        aria-expanded={anchor !== null}
        title={t('records.chooseColumnsHint')}
        disabled={items.length === 0}
        onClick={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          setAnchor({ x: box.left, y: box.bottom + 4, byKeyboard: event.detail === 0 });
        }}
      >
        {t('records.chooseColumns')}
      </Button>
      {anchor && (
        <Menu anchor={anchor} label={t('records.chooseColumnsHint')} items={items} onClose={() => setAnchor(null)} />
      )}
    </>
  );
}
