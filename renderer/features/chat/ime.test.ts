import { describe, expect, it } from 'vitest';
import { COMPOSITION_TAIL_MS, enterAction, type KeyFacts } from './ime.ts';

const enter: KeyFacts = {
  key: 'Enter',
  keyCode: 13,
  isComposing: false,
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  timeStamp: 10_000,
};

describe('Enter in the composer', () => {
  it('[PV1] sends when nothing is being composed', () => {
    expect(enterAction(enter, false, null, true)).toBe('send');
    expect(enterAction(enter, false, 10_000 - COMPOSITION_TAIL_MS, true)).toBe('send');
  });
  it('[PV1] never sends while isComposing', () => {
    expect(enterAction({ ...enter, isComposing: true }, false, null, true)).toBe('none');
    expect(enterAction(enter, true, null, true)).toBe('none');
    expect(enterAction({ ...enter, isComposing: true, ctrlKey: true }, true, null, true)).toBe('none');
  });
  it('[PV1] never sends with key code 229', () => {
    expect(enterAction({ ...enter, keyCode: 229 }, false, null, true)).toBe('none');
    expect(enterAction({ ...enter, keyCode: 229, metaKey: true }, false, null, true)).toBe('none');
  });
  it('[PV1] never sends with the Enter right after compositionend, and that Enter breaks no line', () => {
    expect(enterAction(enter, false, 9_999, true)).toBe('ignore');
    expect(enterAction(enter, false, 10_000, true)).toBe('ignore');
    expect(enterAction(enter, false, 10_000 - COMPOSITION_TAIL_MS + 1, false)).toBe('ignore');
  });
  it('[PV1] Shift+Enter breaks the line, and where Enter does not send, Ctrl or ⌘ does', () => {
    expect(enterAction({ ...enter, shiftKey: true }, false, null, true)).toBe('break');
    expect(enterAction(enter, false, null, false)).toBe('break');
    expect(enterAction({ ...enter, ctrlKey: true }, false, null, false)).toBe('send');
    expect(enterAction({ ...enter, metaKey: true }, false, null, false)).toBe('send');
  });
  it('[PV1] other keys are left alone', () => {
    expect(enterAction({ ...enter, key: 'a', keyCode: 65 }, false, null, true)).toBe('none');
  });
});
