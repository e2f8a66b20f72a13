import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'vite';
import { listTree } from './tree.mjs';

/**
 * UX1: no string that a person reads stands in the window's code. Finds, in renderer/**: text between tags, words in the
 * attributes that are shown or read out, words given to properties that are shown, and any literal with Chinese letters.
 * Answers with `{file, line, text}`.
 */
const SHOWN_ATTRIBUTES = new Set([
  'title',
  'aria-label',
  'aria-description',
  'aria-roledescription',
  'aria-valuetext',
  'placeholder',
  'alt',
  'label',
  'note',
  'text',
  'hint',
  'confirm',
  'cancel',
  'empty',
  'closeLabel',
  'retry',
]);
const SHOWN_PROPERTIES = new Set(['label', 'title', 'note', 'text', 'placeholder', 'confirm', 'cancel', 'heading']);

/** Files that are not the product's window: the gallery's samples belong to no shop and no language. */
const NOT_THE_WINDOW = /^renderer\/gallery\/|\.test\.tsx?$|\.d\.ts$/;

/**
 * Words that stand in the code on purpose: what a key is called on every keyboard, and names of formats. Everything else
 * belongs into shared/i18n.
 */
const ALLOWED = new Set([
  ...['Esc', 'Enter', 'Ctrl Enter', 'Shift Enter', 'F1', 'F3', 'n', 'p'],
  ...['CSV', 'XLSX', 'JSONL', 'PNG', 'TSV', 'JSON', 'https://'],
]);

const HAN = /\p{Script=Han}/u;
const LETTER = /\p{L}/u;

export function checkStrings(root) {
  const problems = [];
  const files = listTree(root, /\.tsx?$/).filter((file) => file.startsWith('renderer/') && !NOT_THE_WINDOW.test(file));
  for (const file of files) {
    const source = readFileSync(path.join(root, file), 'utf8');
    problems.push(...stringsOf(file, source).map((found) => ({ file, ...found })));
  }
  return { files: files.length, problems };
}

/** Of one file's source: `{line, text}` for each string that should stand in a catalogue. */
export function stringsOf(file, source) {
  const parsed = parseSync(file, source);
  if (parsed.errors.length > 0) return [{ line: 1, text: `cannot be parsed: ${parsed.errors[0].message}` }];
  const found = new Map();
  const add = (node, text) => {
    const words = text.trim();
    if (!LETTER.test(words) || ALLOWED.has(words)) return;
    found.set(node.start, { line: source.slice(0, node.start).split('\n').length, text: words });
  };
  const literals = (node, visit) => {
    if (node === null || typeof node !== 'object') return;
    if (node.type === 'Literal' && typeof node.value === 'string') return visit(node, node.value);
    if (node.type === 'TemplateLiteral') {
      for (const quasi of node.quasis) visit(quasi, quasi.value.cooked ?? '');
      return;
    }
    // Both branches are shown; a condition and a call's arguments are not.
    if (node.type === 'ConditionalExpression') {
      literals(node.consequent, visit);
      literals(node.alternate, visit);
    } else if (node.type === 'LogicalExpression') {
      literals(node.left, visit);
      literals(node.right, visit);
    } else if (node.type === 'JSXExpressionContainer') literals(node.expression, visit);
    else if (node.type === 'BinaryExpression' && node.operator === '+') {
      literals(node.left, visit);
      literals(node.right, visit);
    }
  };
  const walk = (node) => {
    if (node === null || typeof node !== 'object') return;
    if (Array.isArray(node)) {
      for (const one of node) walk(one);
      return;
    }
    if (typeof node.type !== 'string') return;
    if (node.type === 'TSLiteralType' || node.type === 'ImportDeclaration') return;
    // Punctuation of code between tags is a slip of the editor's, and stands on the screen.
    if (node.type === 'JSXText' && /[;{}]|^\s*[)\]]/.test(node.value)) {
      found.set(node.start, { line: source.slice(0, node.start).split('\n').length, text: node.value.trim() });
    } else if (node.type === 'JSXText') add(node, node.value);
    else if (node.type === 'JSXAttribute' && SHOWN_ATTRIBUTES.has(attributeName(node.name))) literals(node.value, add);
    else if (node.type === 'JSXElement' || node.type === 'JSXFragment') {
      for (const child of node.children) if (child.type === 'JSXExpressionContainer') literals(child.expression, add);
    } else if (node.type === 'Property' && !node.computed && SHOWN_PROPERTIES.has(node.key.name)) {
      // A single lower-case word is a name of ours (a label's key, a look), not a sentence.
      literals(node.value, (at, text) => {
        if (HAN.test(text) || /^\p{Lu}|\s/u.test(text.trim())) add(at, text);
      });
    } else if (node.type === 'Literal' && typeof node.value === 'string' && HAN.test(node.value)) add(node, node.value);
    else if (node.type === 'TemplateElement' && HAN.test(node.value.raw)) add(node, node.value.raw);
    for (const key of Object.keys(node)) if (key !== 'type') walk(node[key]);
  };
  walk(parsed.program.body);
  return [...found.values()];
}

function attributeName(name) {
  return name.type === 'JSXIdentifier' ? name.name : '';
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
  const { files, problems } = checkStrings(root);
  for (const { file, line, text } of problems) console.error(`${file}:${line}: ${text}`);
  console.error(`strings: ${files} files, ${problems.length} outside the catalogues`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
