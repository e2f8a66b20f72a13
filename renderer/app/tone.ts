/** Two short notes, quiet: made here, so that no sound file travels and every host sounds the same (IN3). */

const NOTES_HZ = [880, 1_174.7] as const;
const NOTE_S = 0.11;
const LOUDNESS = 0.08;
/** Consumers who write at once are heard once. */
const APART_MS = 1_000;

let context: AudioContext | null = null;
let last = -Infinity;

/** Does nothing where the browser allows no sound yet: it does after the first click in the window. */
export function playTone(): void {
  const now = performance.now();
  if (now - last < APART_MS) return;
  last = now;
  try {
    context ??= new AudioContext();
    const { destination } = context;
    if (context.state === 'suspended') void context.resume().catch(() => undefined);
    const start = context.currentTime;
    NOTES_HZ.forEach((frequency, index) => {
      if (context === null) return;
      const note = context.createOscillator();
      const gain = context.createGain();
      const from = start + index * NOTE_S;
      note.frequency.value = frequency;
      gain.gain.setValueAtTime(0, from);
      gain.gain.linearRampToValueAtTime(LOUDNESS, from + 0.015);
      gain.gain.exponentialRampToValueAtTime(0.0001, from + NOTE_S * 1.8);
      note.connect(gain).connect(destination);
      note.start(from);
      note.stop(from + NOTE_S * 2);
    });
  } catch {
    // A machine without sound.
  }
}
