import { describe, expect, test } from 'vitest';
import { ACCESS } from '#shared/contract/access.ts';
import { PROCEDURES, type Handlers, type ProcedureName } from '#shared/contract/procedures.ts';
import { PERMISSIONS, rolesWith } from '#shared/domain/permissions.ts';
import type { Role } from '#shared/protocol/entities.ts';
import { checkAccess, guardHandlers, type AccessPorts } from './access.ts';

const ROLES: readonly Role[] = ['agent', 'supervisor', 'qa', 'admin'];
const NAMES = Object.keys(PROCEDURES) as ProcedureName[];

/**
 * Said a second time, on purpose: who may not call what. A (agent), S (supervisor), Q (qa), D (admin). Every procedure that
 * isn't here is for everyone; the walk below fails for one that is declared otherwise.
 */
const REFUSED: Readonly<Record<string, string>> = {
  'conversations.claim': 'Q',
  'conversations.transfer': 'Q',
  'conversations.end': 'Q',
  'messages.send': 'Q',
  'messages.retry': 'Q',
  'attachments.begin': 'Q',
  'attachments.write': 'Q',
  'attachments.finish': 'Q',
  'attachments.send': 'Q',
  'recall.dashboard': 'A',
  'seals.open': 'A',
  'seals.save': 'A',
  'incidents.open': 'Q',
  'incidents.act': 'Q',
  'playbooks.edit': 'AQ',
  'scorecards.save': 'A',
  'samples.preview': 'A',
  'samples.draw': 'A',
  'samples.get': 'A',
  'reviews.dashboard': 'A',
  'reviews.merge': 'A',
  'packages.reviews': 'A',
  'packages.putReview': 'A',
  'packages.saveReviews': 'A',
  'reviews.open': 'A',
  'reviews.save': 'A',
  'samples.check': 'A',
  'samples.close': 'A',
  'words.edit_local': 'AQ',
  'articles.save': 'AQ',
  'groups.list': 'A',
  'groups.check': 'A',
  'groups.export': 'AQ',
  'groups.notice': 'AQ',
  'groups.delete': 'AQ',
  'groups.restore': 'AQ',
  'groups.abandon': 'AQ',
  'retention.get': 'A',
  'retention.set': 'ASQ',
  'retention.calendar': 'A',
  'retention.list': 'A',
  'retention.run': 'ASQ',
  'holds.list': 'A',
  'holds.of': 'A',
  'holds.place': 'AQ',
  'evidence.mark': 'A',
  'holds.release': 'AQ',
  'audit.list': 'A',
  'audit.facets': 'A',
  'audit.verify': 'A',
  'audit.export': 'A',
  'backups.inspect': 'AQ',
  'backups.restore': 'AQ',
  'consumers.note': 'Q',
  'lessons.import': 'AQ',
  'lessons.save': 'AQ',
  'lessons.remove': 'AQ',
};
const LETTER: Readonly<Record<Role, string>> = { agent: 'A', supervisor: 'S', qa: 'Q', admin: 'D' };

const portsOf = (role: Role | null, online = true): AccessPorts => ({
  roles: () => Promise.resolve([{ account_id: 'acc-1', role, practice: false }]),
  isOnline: () => online,
});
const codeOf = async (name: string, input: unknown, ports: AccessPorts): Promise<string> => {
  try {
    await checkAccess(name, input, ports);
    return 'passes';
  } catch (thrown) {
    return (thrown as { error: { code: string } }).error.code;
  }
};

describe('access', () => {
  test('[AD1] every procedure is declared, and none that is not one', () => {
    expect(Object.keys(ACCESS).toSorted()).toEqual([...NAMES].toSorted());
  });

  test('[AD1] every procedure for every role, as declared', async () => {
    const found: Record<string, string> = {};
    for (const name of NAMES) {
      const refused: string[] = [];
      for (const role of ROLES)
        if ((await codeOf(name, {}, portsOf(role))) === 'NO_PERMISSION') refused.push(LETTER[role]);
      if (refused.length > 0) found[name] = refused.join('');
    }
    expect(found).toEqual(REFUSED);
  });

  test('[AD1] fails closed: no role, an undeclared name, and the names of objects', async () => {
    for (const name of NAMES)
      expect([name, await codeOf(name, {}, portsOf(null))]).toEqual([
        name,
        ACCESS[name].may === 'everyone' ? 'passes' : 'NO_PERMISSION',
      ]);
    for (const name of ['constructor', '__proto__', 'toString', 'groups.purge', ''])
      expect(await codeOf(name, {}, portsOf('admin'))).toBe('NO_PERMISSION');
  });

  test('[AD1] with a cached role only reading is left', async () => {
    for (const name of [
      'groups.delete',
      'retention.set',
      'holds.place',
      'holds.release',
      'evidence.mark',
      'playbooks.edit',
    ])
      expect([name, await codeOf(name, {}, portsOf('admin', false))]).toEqual([name, 'OFFLINE']);
    for (const name of ['groups.list', 'retention.list', 'audit.list', 'audit.verify', 'seals.open', 'search.page'])
      expect([name, await codeOf(name, {}, portsOf('admin', false))]).toEqual([name, 'passes']);
  });

  test('[AD1] an account that is named decides by its own role, not by another one’s', async () => {
    const ports: AccessPorts = {
      roles: () =>
        Promise.resolve([
          { account_id: 'acc-agent', role: 'agent', practice: false },
          { account_id: 'acc-lead', role: 'supervisor', practice: false },
        ]),
      isOnline: () => true,
    };
    expect(await codeOf('playbooks.edit', { account_id: 'acc-agent' }, ports)).toBe('NO_PERMISSION');
    expect(await codeOf('playbooks.edit', { account_id: 'acc-lead' }, ports)).toBe('passes');
    expect(await codeOf('groups.list', {}, ports)).toBe('passes');
  });

  test('[AD1] a handler behind the guard is not reached without permission', async () => {
    const called: string[] = [];
    const handlers = Object.fromEntries(
      NAMES.map((name) => [name, () => Promise.resolve(called.push(name))]),
    ) as unknown as Handlers;
    const guarded = guardHandlers(handlers, portsOf('agent'));
    for (const name of NAMES) await (guarded[name] as (input: object) => Promise<unknown>)({}).catch(() => undefined);
    expect(called).toEqual(NAMES.filter((name) => !(REFUSED[name] ?? '').includes('A')));
  });

  test('[AD1] whom to ask: every permission has somebody', () => {
    for (const permission of PERMISSIONS) expect(rolesWith(permission).length).toBeGreaterThan(0);
    expect(rolesWith('constructor' as never)).toEqual([]);
  });
});
