import { isPermitted } from '#shared/domain/permissions.ts';
import type { Store, Visibility } from '../ports/store.ts';

/** Source of imported records: whoever can open this profile put them there, so whoever can open it sees them. */
export const IMPORT_SOURCE = 'import';

/**
 * What the person at this profile may see in records, searches and exports (SR10): whole sources where one of their
 * roles allows it, otherwise only what was theirs (IN4). The stored role counts, so it holds offline too, for what was
 * allowed already (AD1). An account that never got a welcome sees nothing.
 */
export async function visibilityOf(store: Store): Promise<Visibility> {
  const sources = new Set([IMPORT_SOURCE]);
  const agents: { source: string; agent_id: string }[] = [];
  for (const account of await store.accounts()) {
    if (account.agent === null) continue;
    if (isPermitted(account.agent.role, 'records.search_all')) sources.add(account.source);
    else if (isPermitted(account.agent.role, 'records.search'))
      agents.push({ source: account.source, agent_id: account.agent.agent_id });
  }
  return { kind: 'limited', sources: [...sources], agents };
}
