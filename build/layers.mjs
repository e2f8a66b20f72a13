import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'vite';
import { LAYERS, RESERVED_NAMES, UNIT_TEST } from './layer-table.mjs';
import { listTree } from './tree.mjs';

/**
 * Checks every import of every .ts and .tsx under the root against layer-table.mjs: static, dynamic, `import type`,
 * `import('…')` in types, `export … from`, `require`, `new URL('…', import.meta.url)` (workers), and `#…` package imports.
 * Answers with problems as `{file, line, target, problem}`.
 */
export function checkLayers(root, options = {}) {
  const layers = options.layers ?? LAYERS;
  const packageImports = readPackageImports(root);
  const problems = [];
  let imports = 0;
  const files = listTree(root, /\.tsx?$/);
  for (const file of files) {
    const layer = layerOf(file, layers);
    if (layer === null) {
      problems.push({ file, line: 1, target: '', problem: 'belongs to no layer' });
      continue;
    }
    const source = readFileSync(path.join(root, file), 'utf8');
    const parsed = parseSync(file, source);
    if (parsed.errors.length > 0) {
      problems.push({ file, line: 1, target: '', problem: `cannot be parsed: ${parsed.errors[0].message}` });
      continue;
    }
    const isTest = /\.test\.tsx?$/.test(file);
    const lineOf = (offset) => source.slice(0, offset).split('\n').length;
    for (const found of collectImports(parsed.program)) {
      if ('reserved' in found) {
        const home = RESERVED_NAMES[found.reserved];
        if (file !== home && !isTest && !file.startsWith('test/'))
          problems.push({ file, line: lineOf(found.at), target: found.reserved, problem: `only ${home} may name it` });
        continue;
      }
      imports++;
      const problem =
        found.specifier === null
          ? 'import whose target is not a plain string'
          : judge(root, file, layer, found, isTest, packageImports);
      if (problem !== null) problems.push({ file, line: lineOf(found.at), target: found.specifier ?? '?', problem });
    }
  }
  return { files: files.length, imports, problems };
}

function judge(root, file, layer, found, isTest, packageImports) {
  const target = resolveTarget(file, found.specifier, packageImports);
  if (target === null) return 'leaves the project';
  const { rule, bindings } = layer;
  const fill = (entry) => entry.replaceAll(/\{(\w+)\}/g, (_, name) => bindings[name] ?? '');
  const matches = (entries) => entries.some((entry) => covers(fill(entry), target));
  if (rule.may.includes('*')) return null;
  if (isTest && matches(UNIT_TEST.may)) return null;
  if (isTest && file.startsWith('main/') && matches(UNIT_TEST.inMain)) return null;
  // The source's own package.json is data, not code of a layer.
  if (target === 'package.json') return null;
  if (matches(rule.never ?? [])) return `${rule.path} must not import it`;
  if (matches(rule.may)) return null;
  if (found.typeOnly && matches(rule.types ?? [])) return null;
  if (matches(rule.types ?? [])) return `${rule.path} may import only its types`;
  return `${rule.path} may not import it`;
}

function covers(entry, target) {
  if (entry.endsWith('/')) return target.startsWith(entry);
  if (entry === 'node:') return target.startsWith('node:');
  return target === entry || target.startsWith(`${entry}/`);
}

/** A project path, `node:…`, or a package name with its subpath; null for a path outside the project. */
function resolveTarget(file, specifier, packageImports) {
  const bare = specifier.replace(/[?#][^/]*$/, (suffix, at) => (at === 0 ? suffix : ''));
  if (bare.startsWith('.')) {
    const resolved = path.posix.normalize(path.posix.join(path.posix.dirname(file), bare));
    return resolved.startsWith('..') ? null : resolved;
  }
  if (bare.startsWith('/') || /^[a-z]+:\/\//.test(bare)) return null;
  if (bare.startsWith('#')) {
    for (const [from, to] of packageImports)
      if (bare.startsWith(from)) return path.posix.normalize(to + bare.slice(from.length));
    return bare;
  }
  return bare;
}

function readPackageImports(root) {
  const file = path.join(root, 'package.json');
  if (!existsSync(file)) return [];
  const { imports = {} } = JSON.parse(readFileSync(file, 'utf8'));
  return Object.entries(imports).map(([from, to]) => [
    from.replace(/\*$/, ''),
    path.posix.normalize(String(to).replace(/\*$/, '')),
  ]);
}

function layerOf(file, layers) {
  // Configuration files at the top (vitest.config.ts …) belong to the tools.
  if (!file.includes('/')) return { rule: { path: '', may: ['*'] }, bindings: {} };
  for (const rule of layers) {
    const names = [];
    const pattern = rule.path.replaceAll(/[.*+?^$()|[\]\\]/g, String.raw`\$&`).replaceAll(/\{(\w+)\}/g, (_, name) => {
      names.push(name);
      return '([^/]+)';
    });
    const match = new RegExp(`^${pattern}`).exec(file);
    if (match !== null) return { rule, bindings: Object.fromEntries(names.map((name, i) => [name, match[i + 1]])) };
  }
  return null;
}

function collectImports(program) {
  const found = [];
  const add = (literal, typeOnly, at) =>
    found.push({ specifier: typeof literal?.value === 'string' ? literal.value : null, typeOnly, at });
  const visit = (node) => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (node === null || typeof node !== 'object' || typeof node.type !== 'string') return;
    switch (node.type) {
      case 'ImportDeclaration': {
        const everyType = node.specifiers?.length > 0 && node.specifiers.every((s) => s.importKind === 'type');
        add(node.source, node.importKind === 'type' || everyType, node.start);
        break;
      }
      case 'ExportAllDeclaration':
      case 'ExportNamedDeclaration':
        if (node.source) add(node.source, node.exportKind === 'type', node.start);
        break;
      case 'ImportExpression':
        add(plainString(node.source), false, node.start);
        break;
      case 'TSImportType':
        add(node.source ?? node.argument?.literal, true, node.start);
        break;
      case 'TSExternalModuleReference':
        add(node.expression, false, node.start);
        break;
      case 'CallExpression':
        if (node.callee.type === 'Identifier' && node.callee.name === 'require')
          add(plainString(node.arguments[0]), false, node.start);
        break;
      case 'NewExpression':
        // Workers and assets are named by URL; only relative ones of this module are imports.
        if (node.callee.name === 'URL' && isImportMetaUrl(node.arguments[1])) {
          const literal = plainString(node.arguments[0]);
          if (/\.[cm]?[jt]sx?$/.test(literal?.value ?? '')) add(literal, false, node.start);
        }
        break;
      case 'Identifier':
        if (Object.hasOwn(RESERVED_NAMES, node.name)) found.push({ reserved: node.name, at: node.start });
        break;
      default:
    }
    for (const key of Object.keys(node)) if (key !== 'type') visit(node[key]);
  };
  visit(program.body);
  return found;
}

function plainString(node) {
  if (node?.type === 'Literal') return node;
  if (node?.type === 'TemplateLiteral' && node.expressions.length === 0) return { value: node.quasis[0].value.cooked };
  return undefined;
}

function isImportMetaUrl(node) {
  return node?.type === 'MemberExpression' && node.object.type === 'MetaProperty' && node.property.name === 'url';
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
  const { files, imports, problems } = checkLayers(root);
  for (const { file, line, target, problem } of problems) console.error(`${file}:${line}: ${target} - ${problem}`);
  console.error(`layers: ${files} files, ${imports} imports, ${problems.length} problems`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
