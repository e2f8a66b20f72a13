/**
 * Small copies of checked pictures, made here in the sandboxed page from bytes that the core has looked at (SE2), and kept
 * in memory alone. A chat of large photographs then costs what its thumbnails cost.
 */

/** Pixels of the longer side; twice what is shown, for dense screens. */
const SIDE = 560;
const MOST_KEPT = 150;

const kept = new Map<string, Promise<string | null>>();

export const pictureAddress = (ref: string): string => new URL(`attachments/${ref}`, document.baseURI).href;

/** Address of the small copy, or null where the picture is gone or can't be decoded. */
export function thumbnail(ref: string): Promise<string | null> {
  const known = kept.get(ref);
  if (known !== undefined) {
    kept.delete(ref);
    kept.set(ref, known);
    return known;
  }
  const made = make(ref).catch(() => null);
  kept.set(ref, made);
  void made.then((address) => {
    // What failed may be there the next time.
    if (address === null) kept.delete(ref);
  });
  for (const [oldest, address] of kept) {
    if (kept.size <= MOST_KEPT) break;
    kept.delete(oldest);
    void address.then((value) => value !== null && URL.revokeObjectURL(value));
  }
  return made;
}

async function make(ref: string): Promise<string | null> {
  const response = await fetch(pictureAddress(ref), { credentials: 'same-origin' });
  if (!response.ok) return null;
  const blob = await response.blob();
  const whole = await createImageBitmap(blob);
  const scale = Math.min(1, SIDE / Math.max(whole.width, whole.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(whole.width * scale));
  canvas.height = Math.max(1, Math.round(whole.height * scale));
  const context = canvas.getContext('2d');
  if (context === null) return null;
  context.imageSmoothingQuality = 'high';
  context.drawImage(whole, 0, 0, canvas.width, canvas.height);
  whole.close();
  const small = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/webp', 0.85));
  canvas.width = 0;
  return small === null ? null : URL.createObjectURL(small);
}
