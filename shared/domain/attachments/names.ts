/** Names of files come from anywhere (SE2): they are shown and passed on, never believed, and never become a path here. */

const LONGEST_NAME = 255;
/** Control characters, and invisible ones that turn the reading direction or join others. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** The bare name: nothing before the last separator, nothing invisible, at most 255 characters, its ending kept. */
export function plainName(name: string): string {
  const bare = name
    .slice(0, 16_384)
    .toWellFormed()
    .replace(UNSEEN, '')
    .replace(/^.*[/\\]/su, '')
    .trim();
  if (bare === '' || /^\.+$/.test(bare)) return 'file';
  const characters = [...bare];
  if (characters.length <= LONGEST_NAME) return bare;
  const ending = [...endingOf(bare)];
  return [...characters.slice(0, LONGEST_NAME - ending.length), ...ending].join('');
}

/** ".pdf" of "a.pdf"; "" where there is none or it is no plain short one. */
function endingOf(name: string): string {
  return /\.[0-9A-Za-z]{1,8}$/.exec(name)?.[0] ?? '';
}

/** A long name with its middle left out, so that beginning and ending stay readable: "很长的名字…2024.pdf". */
export function shortName(name: string, longest: number): string {
  const characters = [...plainName(name)];
  if (characters.length <= longest) return characters.join('');
  const tail = Math.min(Math.floor(longest / 2), [...endingOf(name)].length + 6);
  return `${characters.slice(0, longest - tail - 1).join('')}…${characters.slice(-tail).join('')}`;
}

/** The type that is declared to the gateway for a file that is no picture: by its ending, from a short list. */
export function declaredType(name: string): string {
  return TYPES[endingOf(name).slice(1).toLowerCase()] ?? 'application/octet-stream';
}

const TYPES: Readonly<Record<string, string>> = {
  txt: 'text/plain',
  csv: 'text/csv',
  pdf: 'application/pdf',
  zip: 'application/zip',
  doc: 'application/msword',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xls: 'application/vnd.ms-excel',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  ppt: 'application/vnd.ms-powerpoint',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  mp4: 'video/mp4',
  mp3: 'audio/mpeg',
  svg: 'image/svg+xml',
};
