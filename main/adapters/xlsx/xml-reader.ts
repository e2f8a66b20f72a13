import sax from 'sax';
import { AppFailure } from '#shared/contract/errors.ts';

export interface XmlEvents {
  /** Names without their prefix. */
  open(name: string, attributes: Readonly<Record<string, string>>): void;
  close(name: string): void;
  /** May come in several pieces. */
  text(text: string): void;
}

export interface XmlReader {
  write(bytes: Uint8Array): void;
  end(): void;
}

/** Far above what any spreadsheet has. */
const MAX_DEPTH = 64;
const MAX_ATTRIBUTES = 256;
/** Of a name, a value, a comment. */
const MAX_TOKEN = 64 * 1024;
/** Where sax keeps a token that is not whole yet. */
const TOKENS = [
  'tagName',
  'attribName',
  'attribValue',
  'comment',
  'procInstName',
  'procInstBody',
  'sgmlDecl',
  'entity',
] as const;

/**
 * sax in strict mode with bounds: no document type (and so no entities but the five of XML, and nothing external), no
 * endless depth, no endless tags or names. Anything else than well-formed XML throws FILE_FORMAT. sax bounds names only
 * while it counts lines, which makes it a quarter slower: they are bounded here.
 */
export function createXmlReader(events: XmlEvents): XmlReader {
  const parser = new sax.SAXParser(true, { position: false });
  let decoder: TextDecoder | null = null;
  let depth = 0;
  let attributes = 0;
  let problem: AppFailure | null = null;
  const refuse = (why: string): void => {
    problem ??= new AppFailure('FILE_FORMAT', why, { format: 'xlsx' });
  };

  parser.onerror = () => refuse('malformed XML');
  parser.ondoctype = () => refuse('XML with a document type');
  parser.onopentagstart = () => {
    attributes = 0;
  };
  parser.onattribute = () => {
    if (++attributes > MAX_ATTRIBUTES) throw new AppFailure('FILE_FORMAT', 'too many attributes', { format: 'xlsx' });
  };
  parser.onopentag = ({ name, attributes: found }) => {
    if (++depth > MAX_DEPTH) throw new AppFailure('FILE_FORMAT', 'XML too deep', { format: 'xlsx' });
    events.open(local(name), found as Record<string, string>);
  };
  parser.onclosetag = (name) => {
    depth--;
    events.close(local(name));
  };
  parser.ontext = (text) => events.text(text);
  parser.oncdata = (text) => events.text(text);

  function feed(work: () => void): void {
    try {
      work();
    } catch (thrown) {
      throw thrown instanceof AppFailure ? thrown : new AppFailure('FILE_FORMAT', 'malformed XML', { format: 'xlsx' });
    }
    if (problem !== null) throw problem;
    const held = parser as unknown as Readonly<
      Record<(typeof TOKENS)[number] | 'textNode' | 'cdata', string | undefined>
    >;
    for (const token of TOKENS)
      if ((held[token]?.length ?? 0) > MAX_TOKEN)
        throw new AppFailure('FILE_FORMAT', 'an endless name or value', { format: 'xlsx' });
    if ((held.textNode?.length ?? 0) > MAX_TOKEN || (held.cdata?.length ?? 0) > MAX_TOKEN) parser.flush();
  }

  return {
    write(bytes) {
      // The standard allows UTF-8 and UTF-16; the latter always has its mark.
      decoder ??= new TextDecoder(
        bytes[0] === 0xff && bytes[1] === 0xfe
          ? 'utf-16le'
          : bytes[0] === 0xfe && bytes[1] === 0xff
            ? 'utf-16be'
            : 'utf-8',
      );
      const text = decoder.decode(bytes, { stream: true });
      if (text !== '') feed(() => parser.write(text));
    },
    end() {
      feed(() => {
        const rest = decoder?.decode() ?? '';
        if (rest !== '') parser.write(rest);
        parser.close();
      });
    },
  };
}

function local(name: string): string {
  const colon = name.indexOf(':');
  return colon === -1 ? name : name.slice(colon + 1);
}

/** An attribute by its name without prefix. */
export function attribute(attributes: Readonly<Record<string, string>>, name: string): string | undefined {
  const plain = attributes[name];
  if (plain !== undefined) return plain;
  for (const key in attributes) if (key.endsWith(`:${name}`) && Object.hasOwn(attributes, key)) return attributes[key];
  return undefined;
}
