import type { PracticeSpeed } from '#shared/contract/training.ts';

/** How the shop's clock stands to the real one. */
export interface PracticeClockState {
  readonly speed: PracticeSpeed;
  /** Ahead of the real clock, milliseconds; grows while it runs faster. */
  readonly ahead_ms: number;
  readonly now: number;
}

/**
 * The practice shop's time (IN5): runs faster, or jumps ahead, so that windows, session ends and retention can be seen
 * within an hour. It never runs backwards by itself; back to the real time is asked for.
 */
export class PracticeTime {
  readonly #real: () => number;
  #speed: PracticeSpeed = 1;
  /** What was gained before `#since` (real). */
  #gained = 0;
  #since: number;

  constructor(real: () => number) {
    this.#real = real;
    this.#since = real();
  }

  now(): number {
    return this.#real() + this.ahead;
  }

  /** Milliseconds. */
  get ahead(): number {
    return this.#gained + Math.round((this.#real() - this.#since) * (this.#speed - 1));
  }

  get speed(): PracticeSpeed {
    return this.#speed;
  }

  run(speed: PracticeSpeed): void {
    this.#restart(this.ahead);
    this.#speed = speed;
  }

  jump(ms: number): void {
    this.#restart(this.ahead + ms);
  }

  /** To the real time, at its speed. */
  reset(): void {
    this.#restart(0);
    this.#speed = 1;
  }

  #restart(gained: number): void {
    this.#gained = gained;
    this.#since = this.#real();
  }
}
