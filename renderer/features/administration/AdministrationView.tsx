import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAsk } from '#renderer/bridge/ask.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { Icon } from '#renderer/ui/Icon.tsx';
import { Pending } from '#renderer/ui/Pending.tsx';
import { StateMessage } from '#renderer/ui/states.tsx';
import { Tabs } from '#renderer/ui/Tabs.tsx';
import type { AccessView } from '#shared/contract/administration.ts';
import { PERMISSIONS, rolesWith, type Permission } from '#shared/domain/permissions.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import type { Role } from '#shared/protocol/entities.ts';
import { AuditLog } from './AuditLog.tsx';
import { Groups } from './Groups.tsx';
import { Holds } from './Holds.tsx';
import { Retention } from './Retention.tsx';
import './administration.css';

const TABS = ['groups', 'retention', 'holds', 'audit', 'roles'] as const;
type Tab = (typeof TABS)[number];
const NEEDED: Readonly<Record<Tab, Permission | null>> = {
  groups: 'records.search_all',
  retention: 'retention.read',
  holds: 'retention.read',
  audit: 'audit.read',
  roles: null,
};
const ROLES: readonly Role[] = ['agent', 'supervisor', 'qa', 'admin'];

/** 管理: deleting groups (AD2), retention and holds (AD3), the audit log (AD4), and who may do what (AD1). */
export default function AdministrationView(props: {
  readonly rowHeight: number;
  readonly onConversation: (key: ConversationKey) => void;
}) {
  const { t } = useTranslation();
  const [tab, setTab] = useState<Tab>('groups');
  const access = useAsk('access.mine', {});
  const { reload } = access;
  useEffect(() => bridge.subscribe('accounts', reload), [reload]);
  const mine = access.data;
  const needed = NEEDED[tab];
  const permitted = needed === null || mine === null || mine.permissions[needed];
  return (
    <main className="administration">
      <header className="ui-screen-head">
        <h1>{t('administration.title')}</h1>
        <Tabs
          label={t('administration.tabs')}
          value={tab}
          tabs={TABS.map((value) => ({ value, label: t(`administration.tab.${value}`) }))}
          onChange={setTab}
        />
      </header>
      {mine?.offline === true && (
        <p className="administration-strip" role="status">
          <Icon name="offline" size={14} /> {t('administration.offline')}
        </p>
      )}
      {mine === null ? (
        <Pending error={access.error} onRetry={reload} />
      ) : !permitted && needed !== null ? (
        <StateMessage
          icon="info"
          title={t('administration.noPermission')}
          note={t('administration.noPermissionNote', {
            roles: rolesWith(needed)
              .map((role) => t(`administration.role.${role}`))
              .join(t('common.listSeparator')),
          })}
        >
          <span className="is-soft">
            {mine.roles.length === 0
              ? t('administration.noRole')
              : t('administration.yourRoles', {
                  roles: mine.roles.map((role) => t(`administration.role.${role}`)).join(t('common.listSeparator')),
                })}
          </span>
        </StateMessage>
      ) : (
        <>
          {tab === 'groups' && <Groups rowHeight={props.rowHeight} access={mine} />}
          {tab === 'retention' && (
            <Retention rowHeight={props.rowHeight} access={mine} onConversation={props.onConversation} />
          )}
          {tab === 'holds' && <Holds rowHeight={props.rowHeight} access={mine} />}
          {tab === 'audit' && <AuditLog rowHeight={props.rowHeight} />}
          {tab === 'roles' && <Roles access={mine} />}
        </>
      )}
    </main>
  );
}

/** AD1, for reading: the program's table as it is enforced. */
function Roles(props: { access: AccessView }) {
  const { t } = useTranslation();
  return (
    <div className="administration-page" tabIndex={0} role="region" aria-label={t('administration.tab.roles')}>
      <p className="is-soft">{t('administration.roles.intro')}</p>
      <p>
        {props.access.roles.length === 0
          ? t('administration.noRole')
          : t('administration.yourRoles', {
              roles: props.access.roles.map((role) => t(`administration.role.${role}`)).join(t('common.listSeparator')),
            })}
      </p>
      <table className="administration-grid">
        <thead>
          <tr>
            <th scope="col">{t('administration.roles.column')}</th>
            {ROLES.map((role) => (
              <th key={role} scope="col" className={props.access.roles.includes(role) ? 'is-mine' : ''}>
                {t(`administration.role.${role}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {PERMISSIONS.map((permission) => (
            <tr key={permission}>
              <th scope="row">{t(`administration.roles.permission.${permission}`)}</th>
              {ROLES.map((role) => {
                const may = rolesWith(permission).includes(role);
                return (
                  <td key={role} className={may ? 'is-yes' : 'is-soft'}>
                    {may ? <Icon name="check" size={14} /> : '–'}
                    <span className="visually-hidden">
                      {may ? t('administration.roles.yes') : t('administration.roles.no')}
                    </span>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      <p className="is-soft">{t('administration.roles.groupNote')}</p>
    </div>
  );
}
