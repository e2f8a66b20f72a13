/** The guide (docs/guide) as the window gets it: parsed when it is built (build/guide.ts), so nothing is interpreted here. */

export type Inline =
  | { readonly kind: 'text'; readonly text: string }
  /** A word of the window, as it stands on the screen. */
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'key'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly topic: string; readonly section: string | null };

export type Block =
  | { readonly kind: 'heading'; readonly level: 2 | 3; readonly id: string; readonly text: string }
  | { readonly kind: 'paragraph'; readonly inline: readonly Inline[] }
  | { readonly kind: 'list'; readonly ordered: boolean; readonly items: readonly (readonly Inline[])[] }
  | {
      readonly kind: 'table';
      readonly head: readonly (readonly Inline[])[];
      readonly rows: readonly (readonly (readonly Inline[])[])[];
    }
  | { readonly kind: 'picture'; readonly name: string; readonly alt: string };

export interface Topic {
  /** The file's name without its ending, the same in every language. */
  readonly id: string;
  readonly title: string;
  readonly blocks: readonly Block[];
}

export interface Guide {
  readonly topics: readonly Topic[];
  /** Address of each picture by its name. */
  readonly pictures: Readonly<Record<string, string>>;
}

export const plain = (inline: readonly Inline[]): string => inline.map(({ text }) => text).join('');

/** Everything of a block that can be searched. */
export function blockText(block: Block): string {
  if (block.kind === 'heading') return block.text;
  if (block.kind === 'paragraph') return plain(block.inline);
  if (block.kind === 'list') return block.items.map(plain).join('\n');
  if (block.kind === 'table') return [block.head, ...block.rows].map((row) => row.map(plain).join(' ')).join('\n');
  return block.alt;
}
