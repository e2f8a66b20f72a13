/** Two short notes, quiet: made here, so that no sound file travels and every host sounds the same (IN3). */

const RATE_HZ = 22_050;
const NOTES_HZ = [880, 1_174.7] as const;
/** From one note to the next, and how long each sounds. */
const APART_S = 0.11;
const NOTE_S = 0.198;
const RISE_S = 0.015;
const LOUDNESS = 0.08;
const SILENCE = 0.0001;
const HEAD_BYTES = 44;
/** Consumers who write at once are heard once. */
const REST_MS = 1_000;

/** Rises in a moment and dies away. */
function loudness(second: number): number {
  if (second < 0 || second >= NOTE_S) return 0;
  if (second < RISE_S) return (LOUDNESS * second) / RISE_S;
  return LOUDNESS * (SILENCE / LOUDNESS) ** ((second - RISE_S) / (NOTE_S - RISE_S));
}

/** The tone as a WAV file: one channel, 16 bits a sample. */
export function toneFile(): Uint8Array<ArrayBuffer> {
  const samples = Math.ceil(RATE_HZ * (APART_S * (NOTES_HZ.length - 1) + NOTE_S));
  const bytes = new Uint8Array(HEAD_BYTES + samples * 2);
  const view = new DataView(bytes.buffer);
  const letters = new TextEncoder();
  bytes.set(letters.encode('RIFF'), 0);
  view.setUint32(4, bytes.length - 8, true);
  bytes.set(letters.encode('WAVEfmt '), 8);
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE_HZ, true);
  view.setUint32(28, RATE_HZ * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  bytes.set(letters.encode('data'), 36);
  view.setUint32(40, samples * 2, true);
  for (let sample = 0; sample < samples; sample++) {
    const second = sample / RATE_HZ;
    const height = NOTES_HZ.reduce((sum, frequency, index) => {
      const into = second - index * APART_S;
      return sum + loudness(into) * Math.sin(2 * Math.PI * frequency * into);
    }, 0);
    view.setInt16(HEAD_BYTES + sample * 2, Math.round(height * 32_767), true);
  }
  return bytes;
}

let player: HTMLAudioElement | null = null;
let last = -Infinity;

/**
 * Does nothing where the browser allows no sound yet: it does after the first click in the window. By a media element: an
 * audio context asks for the machine's sound device at its first note and holds the window until it has answered, half a
 * second and more.
 */
export function playTone(): void {
  const now = performance.now();
  if (now - last < REST_MS) return;
  last = now;
  player ??= new Audio(URL.createObjectURL(new Blob([toneFile()], { type: 'audio/wav' })));
  player.currentTime = 0;
  // Not allowed yet, or a machine without sound.
  player.play().catch(() => undefined);
}
