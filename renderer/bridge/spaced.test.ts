import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { spaced } from './spaced.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('questions kept apart', () => {
  it('[UX4] the first at once, what comes meanwhile is one more, and the last hint is never lost', async () => {
    let asked = 0;
    let answer = (): void => undefined;
    const questions = spaced(() => {
      asked++;
      return new Promise<void>((resolve) => (answer = resolve));
    }, 100);
    questions.ask();
    expect(asked).toBe(1);
    for (let n = 0; n < 50; n++) questions.ask();
    await vi.advanceTimersByTimeAsync(1_000);
    // One at a time: nothing is asked before the answer is here.
    expect(asked).toBe(1);
    answer();
    await vi.advanceTimersByTimeAsync(99);
    expect(asked).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(asked).toBe(2);
    answer();
    await vi.advanceTimersByTimeAsync(500);
    expect(asked).toBe(2);
    questions.ask();
    expect(asked).toBe(3);
  });

  it('[UX4] a question that fails is no end; after the end nothing is asked', async () => {
    let asked = 0;
    const questions = spaced(() => {
      asked++;
      return Promise.reject(new Error('gone'));
    }, 50);
    questions.ask();
    questions.ask();
    await vi.advanceTimersByTimeAsync(50);
    expect(asked).toBe(2);
    questions.ask();
    questions.stop();
    await vi.advanceTimersByTimeAsync(500);
    questions.ask();
    expect(asked).toBe(2);
    expect(vi.getTimerCount()).toBe(0);
  });
});
