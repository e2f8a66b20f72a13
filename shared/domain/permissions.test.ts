import { describe, expect, it } from 'vitest';
import type { Role } from '../protocol/entities.ts';
import { PERMISSIONS, isPermitted, type Permission } from './permissions.ts';

describe('permissions', () => {
  it('[AD1] fails closed: no role, an unknown role and an unknown permission have nothing', () => {
    for (const permission of PERMISSIONS) {
      expect(isPermitted(null, permission)).toBe(false);
      expect(isPermitted(undefined, permission)).toBe(false);
      expect(isPermitted('owner' as Role, permission)).toBe(false);
    }
    for (const name of ['constructor', '__proto__', 'has', 'everything'])
      expect(isPermitted('admin', name as Permission)).toBe(false);
  });

  it('[AD1] seals and whole records are for oversight, deletion for admins, talking to consumers not for QA', () => {
    const who = (permission: Permission): Role[] =>
      (['agent', 'supervisor', 'qa', 'admin'] as const).filter((role) => isPermitted(role, permission));
    expect(who('seal.open')).toEqual(['supervisor', 'qa', 'admin']);
    expect(who('records.search_all')).toEqual(['supervisor', 'qa', 'admin']);
    // The most a shop's policy can allow; the policy decides (deletion.test.ts).
    expect(who('group.delete')).toEqual(['supervisor', 'admin']);
    expect(who('retention.run')).toEqual(['admin']);
    expect(who('message.send')).toEqual(['agent', 'supervisor', 'admin']);
    expect(who('records.search')).toEqual(['agent', 'supervisor', 'qa', 'admin']);
  });
});
