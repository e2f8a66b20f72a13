/**
 * Puts a text into a field as if it had been typed, so that one undo takes it out again. Only the browser's own editing
 * command keeps the undo stack; where it refuses (no focus) the value is set, and undo ends there.
 */
export function typeInto(field: HTMLTextAreaElement, text: string, start: number, end: number): void {
  field.focus();
  field.setSelectionRange(start, end);
  const done =
    text === '' && start !== end
      ? document.execCommand('delete')
      : text !== '' && document.execCommand('insertText', false, text);
  if (done) return;
  field.setRangeText(text, start, end, 'end');
  field.dispatchEvent(new InputEvent('input', { bubbles: true, inputType: 'insertReplacementText' }));
}
