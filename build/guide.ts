import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { lexer, type Token, type Tokens } from 'marked';
import type { Plugin } from 'vite';
import type { Block, Inline, Topic } from '../renderer/features/help/topic.ts';

/**
 * The written guide (docs/guide) is also the help inside the window: read and parsed when the window is built, so the same
 * words serve both and nothing is fetched. What the help can't show fails the build.
 */
export const GUIDE = fileURLToPath(new URL('../docs/guide', import.meta.url));

/** In the order of the help's list. */
export const GUIDE_TOPICS = [
  'start',
  'agent',
  'recall',
  'supervisor',
  'qa',
  'search',
  'admin',
  'connection',
  'keyboard',
] as const;

export type GuideLocale = 'zh' | 'en';

export function readTopic(locale: GuideLocale, id: string): Topic {
  const file = path.join(GUIDE, locale, `${id}.md`);
  return parseTopic(id, readFileSync(file, 'utf8'));
}

/** One page: a first heading, then second and third ones, paragraphs, flat lists, tables and pictures. */
export function parseTopic(id: string, markdown: string): Topic {
  const blocks: Block[] = [];
  let title: string | null = null;
  const seen = new Set<string>();
  for (const token of lexer(markdown)) {
    switch (token.type) {
      case 'space':
        break;
      case 'heading': {
        const heading = token as Tokens.Heading;
        if (heading.depth === 1) {
          title = heading.text;
          break;
        }
        if (heading.depth > 3) throw new Error(`${id}: a heading of level ${heading.depth}`);
        let section = anchorOf(heading.text);
        while (seen.has(section)) section += '-';
        seen.add(section);
        blocks.push({ kind: 'heading', level: heading.depth === 2 ? 2 : 3, id: section, text: heading.text });
        break;
      }
      case 'paragraph': {
        const { tokens } = token as Tokens.Paragraph;
        const [first] = tokens;
        if (tokens.length === 1 && first?.type === 'image') {
          const image = first as Tokens.Image;
          blocks.push({ kind: 'picture', name: path.basename(image.href, '.webp'), alt: image.text });
        } else blocks.push({ kind: 'paragraph', inline: inlineOf(id, tokens) });
        break;
      }
      case 'list': {
        const list = token as Tokens.List;
        blocks.push({
          kind: 'list',
          ordered: list.ordered,
          items: list.items.map((item) => inlineOf(id, item.tokens)),
        });
        break;
      }
      case 'table': {
        const table = token as Tokens.Table;
        blocks.push({
          kind: 'table',
          head: table.header.map((cell) => inlineOf(id, cell.tokens)),
          rows: table.rows.map((row) => row.map((cell) => inlineOf(id, cell.tokens))),
        });
        break;
      }
      default:
        throw new Error(`${id}: the help can't show “${token.type}”`);
    }
  }
  if (title === null) throw new Error(`${id}: no first heading`);
  return { id, title, blocks };
}

/** As GitHub makes it, so that the same links work there. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s-]/gu, '')
    .replaceAll(/\s/g, '-');
}

const unescaped = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

function inlineOf(id: string, tokens: readonly Token[]): readonly Inline[] {
  return tokens.flatMap((token): readonly Inline[] => {
    switch (token.type) {
      case 'text': {
        const inner = (token as Tokens.Text).tokens;
        return inner
          ? inlineOf(id, inner)
          : [{ kind: 'text', text: unescaped((token as Tokens.Text).text).replaceAll('\n', ' ') }];
      }
      case 'paragraph':
        return inlineOf(id, (token as Tokens.Paragraph).tokens);
      case 'escape':
        return [{ kind: 'text', text: (token as Tokens.Escape).text }];
      case 'strong':
        return [{ kind: 'word', text: (token as Tokens.Strong).text }];
      case 'codespan': {
        const text = unescaped((token as Tokens.Codespan).text);
        return [{ kind: isKey(text) ? 'key' : 'code', text }];
      }
      case 'link': {
        const { href, text } = token as Tokens.Link;
        const [page = '', section] = href.split('#');
        if (/^[a-z]+:|\//.test(page) && page !== '../../errors.md')
          throw new Error(`${id}: leads out of the guide: ${href}`);
        const topic = page === '' ? id : page === '../../errors.md' ? 'errors' : page.replace(/\.md$/, '');
        return [{ kind: 'link', text, topic, section: section === undefined ? null : decodeURIComponent(section) }];
      }
      default:
        throw new Error(`${id}: the help can't show “${token.type}” in a line`);
    }
  });
}

/** `Ctrl K`, `F1`, `↑`: keys are drawn as keys. */
function isKey(text: string): boolean {
  return /^(Ctrl|⌘|Alt|Shift|Enter|Esc|Tab|Home|End|F\d|[↑↓←→]|[?/、np])( .{1,8})*$/.test(text);
}

const MODULE = 'virtual:guide';

/** `virtual:guide`: `{ 'zh-CN': Guide, en: Guide }`, pictures as files beside the window. */
export function guide(): Plugin {
  return {
    name: 'workbench-guide',
    resolveId: (id) => (id === MODULE ? `\0${MODULE}` : null),
    load(id) {
      if (id !== `\0${MODULE}`) return null;
      const imports: string[] = [];
      const language = (locale: GuideLocale): string => {
        const topics = GUIDE_TOPICS.map((topic) => readTopic(locale, topic));
        const names = new Set(
          topics.flatMap(({ blocks }) => blocks.flatMap((block) => (block.kind === 'picture' ? [block.name] : []))),
        );
        const pictures = [...names].flatMap((name) => {
          const file = path.join(GUIDE, 'pictures', locale, `${name}.webp`);
          if (!existsSync(file)) return [];
          this.addWatchFile(file);
          imports.push(`import ${locale}${imports.length} from ${JSON.stringify(`${file}?url`)};`);
          return [`${JSON.stringify(name)}: ${locale}${imports.length - 1}`];
        });
        return `{ topics: ${JSON.stringify(topics)}, pictures: { ${pictures.join(', ')} } }`;
      };
      const zh = language('zh');
      const en = language('en');
      return `${imports.join('\n')}\nexport const guides = { 'zh-CN': ${zh}, en: ${en} };`;
    },
  };
}
