import { describe, expect, it } from 'vitest';
import { DELETION_STEPS, isTypedName, mayDeleteGroup, mayFollow } from './deletion.ts';
import type { Policy } from '../../protocol/entities.ts';

const policy = (...roles: string[]): Policy =>
  ({ group_delete: { roles, restore_ms: 1, notice_required: true } }) as unknown as Policy;

describe('deleting a group', () => {
  it('[AD2] policy and table both have to allow it; without a policy nobody may', () => {
    expect(mayDeleteGroup('admin', policy('admin'))).toEqual({ allowed: true });
    expect(mayDeleteGroup('supervisor', policy('admin'))).toEqual({ allowed: false, reason: 'policy' });
    expect(mayDeleteGroup('supervisor', policy('admin', 'supervisor'))).toEqual({ allowed: true });
    // A policy gives nobody more than the program's table does.
    expect(mayDeleteGroup('agent', policy('agent'))).toEqual({ allowed: false, reason: 'role' });
    expect(mayDeleteGroup('qa', policy('qa'))).toEqual({ allowed: false, reason: 'role' });
    expect(mayDeleteGroup('admin', null)).toEqual({ allowed: false, reason: 'no_policy' });
    expect(mayDeleteGroup(null, policy('admin'))).toEqual({ allowed: false, reason: 'role' });
  });

  it('[AD2] no step is left out: nothing is removed that was not exported, noticed and asked for', () => {
    const before = (step: (typeof DELETION_STEPS)[number]): string[] =>
      DELETION_STEPS.filter((each) => mayFollow(each, step));
    expect(before('requested')).toEqual(['noticed']);
    expect(before('noticed')).toEqual(['exported', 'noticed', 'requested']);
    expect(before('removed')).toEqual(['requested']);
    expect(before('erased')).toEqual(['purged']);
    expect(DELETION_STEPS.filter((step) => mayFollow(null, step))).toEqual(['started']);
    expect(DELETION_STEPS.filter((step) => mayFollow('erased', step))).toEqual([]);
  });

  it('[AD2] the typed name is the group’s, whatever its width and outer spaces', () => {
    expect(isTypedName(' 老客福利群（１） ', '老客福利群(1)')).toBe(true);
    expect(isTypedName('老客福利', '老客福利群')).toBe(false);
    expect(isTypedName('', '')).toBe(false);
    expect(isTypedName('群a', '群A')).toBe(false);
  });
});
