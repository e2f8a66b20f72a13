import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { LIST_SORTS, type ListFilter, type ListSort } from '#shared/contract/desk.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { IconButton } from '#renderer/ui/Button.tsx';
import { Input } from '#renderer/ui/fields.tsx';
import { Menu, menuAnchor, type MenuAnchor, type MenuItem } from '#renderer/ui/Menu.tsx';

const REPLIES = ['unreplied', 'read_unreplied', 'replied'] as const;
const TYPES = ['single', 'group'] as const;

/** Above a list: a name to find, the order, the filters (IN1). */
export function ListTools(props: {
  sort: ListSort;
  filter: ListFilter;
  onSort: (sort: ListSort) => void;
  onFilter: (filter: ListFilter) => void;
}) {
  const { t } = useTranslation();
  const { filter, onFilter } = props;
  const [menu, setMenu] = useState<{ readonly of: 'sort' | 'filter'; readonly anchor: MenuAnchor } | null>(null);
  const [tags, setTags] = useState<readonly string[]>([]);
  const [name, setName] = useState(filter.name ?? '');
  const opened = menu?.of;
  useEffect(() => {
    if (opened !== 'filter') return;
    void bridge
      .call('consumers.tags', {})
      .then((answer) => answer.ok && setTags(answer.result.tags.map(({ tag }) => tag)));
  }, [opened]);
  // Cleared from elsewhere: what stands in the field must not be asked for again.
  useEffect(
    () => setName((typed) => (typed.trim() === (filter.name ?? '') ? typed : (filter.name ?? ''))),
    [filter.name],
  );
  // A name is asked for when the typing pauses: each letter would ask the store anew.
  useEffect(() => {
    const wanted = name.trim();
    if (wanted === (filter.name ?? '')) return undefined;
    const timer = setTimeout(() => onFilter(set(filter, 'name', wanted === '' ? undefined : wanted)), 150);
    return () => clearTimeout(timer);
  }, [name, filter, onFilter]);

  const active = Object.keys(filter).filter((key) => key !== 'name').length;
  const choice = <K extends 'reply' | 'type' | 'tag'>(
    key: K,
    value: NonNullable<ListFilter[K]>,
    label: string,
    heading?: string,
  ): MenuItem => ({
    id: `${key}-${value}`,
    label,
    ...(heading === undefined ? {} : { heading }),
    checked: filter[key] === value,
    stays: true,
    onSelect: () => onFilter(set(filter, key, filter[key] === value ? undefined : value)),
  });
  const toggle = (key: 'starred' | 'mine', label: string): MenuItem => ({
    id: key,
    label,
    checked: filter[key] === true,
    stays: true,
    onSelect: () => onFilter(set(filter, key, filter[key] ? undefined : true)),
  });
  const items: MenuItem[] =
    opened === 'sort'
      ? LIST_SORTS.map((sort) => ({
          id: sort,
          label: t(`desk.list.sorts.${sort}`),
          checked: props.sort === sort,
          onSelect: () => props.onSort(sort),
        }))
      : [
          toggle('mine', t('desk.list.mine')),
          toggle('starred', t('desk.list.starred')),
          ...REPLIES.map((reply, index) =>
            choice('reply', reply, t(`inbox.reply.${reply}`), index === 0 ? t('desk.list.reply') : undefined),
          ),
          ...TYPES.map((type, index) =>
            choice('type', type, t(`desk.list.types.${type}`), index === 0 ? t('desk.list.type') : undefined),
          ),
          ...tags
            .slice(0, 12)
            .map((tag, index) => choice('tag', tag, tag, index === 0 ? t('desk.list.tags') : undefined)),
          ...(active > 0
            ? [
                {
                  id: 'clear',
                  icon: 'close' as const,
                  label: t('desk.list.clear'),
                  separatorBefore: true,
                  onSelect: () => onFilter(filter.name === undefined ? {} : { name: filter.name }),
                },
              ]
            : []),
        ];
  return (
    <div className="inbox-tools" role="group" aria-label={t('desk.list.tools')}>
      <Input
        icon="search"
        value={name}
        maxLength={128}
        placeholder={t('desk.list.find')}
        aria-label={t('desk.list.find')}
        onChange={(event) => setName(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape' || name === '' || event.nativeEvent.isComposing) return;
          event.stopPropagation();
          setName('');
        }}
      />
      <IconButton
        icon="sort"
        label={`${t('desk.list.sort')}: ${t(`desk.list.sorts.${props.sort}`)}`}
        pressed={props.sort !== 'newest'}
        onClick={(event) => setMenu({ of: 'sort', anchor: menuAnchor(event) })}
      />
      <IconButton
        icon="filter"
        label={active > 0 ? t('desk.list.filtered', { count: active }) : t('desk.list.filter')}
        pressed={active > 0}
        onClick={(event) => setMenu({ of: 'filter', anchor: menuAnchor(event) })}
      />
      {menu && (
        <Menu
          anchor={menu.anchor}
          label={t(menu.of === 'sort' ? 'desk.list.sort' : 'desk.list.filters')}
          items={items}
          onClose={() => setMenu(null)}
        />
      )}
    </div>
  );
}

function set<K extends keyof ListFilter>(filter: ListFilter, key: K, value: ListFilter[K] | undefined): ListFilter {
  const { [key]: _, ...rest } = filter;
  return value === undefined ? (rest as ListFilter) : { ...rest, [key]: value };
}
