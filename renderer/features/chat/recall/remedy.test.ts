import { describe, expect, it } from 'vitest';
import type { MessageView } from '#shared/contract/views.ts';
import { remedyFor } from './remedy.ts';

const message = (recall: object | null, recalled: object | null = null): MessageView =>
  ({ recall, recalled }) as MessageView;

describe('remedy card', () => {
  it('[RC12] only `both` is success; the others open the card', () => {
    expect(remedyFor(message({ state: 'done', effect: 'both', code: null }, { effect: 'both' }))).toBeNull();
    expect(remedyFor(message({ state: 'done', effect: 'maybe_seen', code: null }, { effect: 'maybe_seen' }))).toEqual({
      kind: 'maybe_seen',
      code: null,
    });
    expect(remedyFor(message({ state: 'done', effect: 'local_only', code: null }))).toEqual({
      kind: 'local_only',
      code: null,
    });
  });
  it('[RM1] a failed or expired recall opens it with its reason', () => {
    expect(remedyFor(message({ state: 'failed', effect: null, code: 'ALREADY_READ' }))).toEqual({
      kind: 'failed',
      code: 'ALREADY_READ',
    });
    expect(remedyFor(message({ state: 'expired', effect: null, code: null }))).toEqual({
      kind: 'expired',
      code: 'WINDOW_EXPIRED',
    });
  });
  it('[RC17] already recalled counts as done', () => {
    expect(remedyFor(message({ state: 'failed', effect: null, code: 'ALREADY_RECALLED' }))).toBeNull();
  });
  it('[RC15] nothing is claimed while the result is unknown', () => {
    expect(remedyFor(message({ state: 'unknown', effect: null, code: 'NETWORK_UNKNOWN' }))).toBeNull();
    expect(remedyFor(message({ state: 'requested', effect: null, code: null }))).toBeNull();
    expect(remedyFor(message(null))).toBeNull();
  });
});
