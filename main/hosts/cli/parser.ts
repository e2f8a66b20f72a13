import { Command, type ErrorOptions, type Help, type Option } from 'commander';
import { fill } from '#shared/i18n/cli.ts';
import { usageWords, type UsageWords } from '#shared/i18n/cli-usage.ts';
import type { Locale } from '#shared/i18n/index.ts';
import { UsageError } from './usage.ts';

/**
 * The parser's library says what is wrong with a line in its own English words and with a code. Here they become ours
 * (UX6): the code tells which sentence it is, and what the person wrote stands in it between fixed words.
 */
export class CommandLine extends Command {
  readonly #locale: Locale;

  constructor(name: string | undefined, locale: Locale) {
    super(name);
    this.#locale = locale;
    const words = usageWords[locale];
    this.helpOption('-h, --help', words.help).exitOverride().configureHelp(helpIn(words));
  }

  override createCommand(name?: string): CommandLine {
    return new CommandLine(name, this.#locale);
  }

  /** `--text --count` is a forgotten value, not a search for it. */
  override addOption(option: Option): this {
    super.addOption(option);
    if (option.required)
      this.on(`option:${option.name()}`, (value: string) => {
        if (isFlag(this, value)) {
          const { missingValue } = usageWords[this.#locale];
          throw new UsageError(fill(missingValue, { option: option.flags }), commandPath(this));
        }
      });
    return this;
  }

  override error(message: string, options?: ErrorOptions): never {
    throw new UsageError(said(message, options?.code ?? '', usageWords[this.#locale]), commandPath(this));
  }
}

function isFlag(command: Command, word: string): boolean {
  for (let at: Command | null = command; at !== null; at = at.parent)
    if (at.options.some(({ long, short }) => word === long || word === short)) return true;
  return word === '--help';
}

/** `merchant-workbench review merge`, as it is typed. */
export function commandPath(command: Command): string {
  const names: string[] = [];
  for (let at: Command | null = command; at !== null; at = at.parent) names.unshift(at.name());
  return names.join(' ');
}

const SAID: Readonly<Record<string, readonly [RegExp, (found: readonly string[], words: UsageWords) => string]>> = {
  'commander.unknownOption': [
    /^error: unknown option '(.*?)'(?:\n\(Did you mean (?:one of )?([^\n]*)\?\))?$/su,
    ([value = '', similar = ''], words) => withSimilar(fill(words.unknownOption, { value }), similar, words),
  ],
  'commander.unknownCommand': [
    /^error: unknown command '(.*?)'(?:\n\(Did you mean (?:one of )?([^\n]*)\?\))?$/su,
    ([value = '', similar = ''], words) => withSimilar(fill(words.unknownCommand, { value }), similar, words),
  ],
  'commander.missingArgument': [
    /^error: missing required argument '(.*)'$/su,
    ([name = ''], words) => fill(words.missingArgument, { name: `<${name}>` }),
  ],
  'commander.optionMissingArgument': [
    /^error: option '(.*)' argument missing$/su,
    ([option = ''], words) => fill(words.missingValue, { option }),
  ],
  'commander.missingMandatoryOptionValue': [
    /^error: required option '(.*)' not specified$/su,
    ([option = ''], words) => fill(words.missingOption, { option }),
  ],
  'commander.conflictingOption': [
    /^error: option '(.*)' cannot be used with option '(.*)'$/su,
    ([option = '', other = ''], words) => fill(words.together, { option, other }),
  ],
  'commander.excessArguments': [
    /^error: too many arguments.* Expected (\d+) arguments? but got (\d+)\.$/su,
    ([most = '', count = ''], words) => fill(words.tooMany, { most, count }),
  ],
  'commander.invalidArgument': [
    /^error: option '(.*?)' argument '(.*)' is invalid\. (?:Allowed choices are ([^\n]*)\.)?/su,
    ([option = '', value = '', choices = ''], words) =>
      choices === ''
        ? fill(words.wrongValue, { option, value })
        : fill(words.notOneOf, { option, value, choices: choices.replaceAll(', ', ' | ') }),
  ],
};

function said(message: string, code: string, words: UsageWords): string {
  const known = SAID[code];
  const found = known?.[0].exec(message);
  return known === undefined || found === null || found === undefined ? words.other : known[1](found.slice(1), words);
}

function withSimilar(text: string, similar: string, words: UsageWords): string {
  return similar === '' ? text : `${text}${gap(words)}${fill(words.didYouMean, { values: similar })}`;
}

/** Between two sentences. */
const gap = ({ other }: UsageWords): string => (other.endsWith('.') ? ' ' : '');

/** Characters that take two columns of a terminal. */
const WIDE = /[\u2e80-\u9fff\uf900-\ufaff\uff01-\uff60]/gu;

function helpIn(words: UsageWords): Partial<Help> {
  const titles: Readonly<Record<string, string>> = {
    'Usage:': words.usage,
    'Arguments:': words.arguments,
    'Options:': words.options,
    'Commands:': words.commands,
  };
  const placed = (text: string): string =>
    text.replaceAll('[options]', words.optionsPlace).replaceAll('[command]', words.commandPlace);
  return {
    displayWidth: (text) => text.replaceAll(WIDE, '  ').length,
    styleTitle: (title) => titles[title] ?? title,
    styleUsage: placed,
    styleSubcommandTerm: placed,
    optionDescription: ({ description, argChoices, defaultValue }: Option) => {
      const notes = [
        ...(argChoices === undefined ? [] : [fill(words.choices, { choices: argChoices.join(' | ') })]),
        ...(typeof defaultValue === 'string' ? [fill(words.default, { value: defaultValue })] : []),
      ];
      return notes.length === 0 ? description : `${description} (${notes.join('; ')})`;
    },
  };
}
