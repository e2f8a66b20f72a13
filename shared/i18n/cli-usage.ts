import type { Locale } from './index.ts';

/** What the command line says of how it was called, and the frame of its help. zh-CN is the source. */
const zhCN = {
  effect: '什么都没有执行，消费者不受影响。',
  next: '改正后重新运行；用法见 {command} --help。',
  unknownOption: '没有 {value} 这个选项。',
  unknownCommand: '没有 {value} 这个命令。',
  didYouMean: '是不是 {values}？',
  missingArgument: '缺少 {name}。',
  missingOption: '必须给出 {option}。',
  missingValue: '{option} 后面缺少值。',
  tooMany: '参数太多：最多 {most} 个，给了 {count} 个。',
  notOneOf: '{option} 只能是 {choices}：{value}',
  wrongValue: '{option} 的值不对：{value}',
  together: '{option} 与 {other} 不能同用。',
  other: '参数不符合用法。',
  usage: '用法：',
  arguments: '参数：',
  options: '选项：',
  commands: '命令：',
  optionsPlace: '[选项]',
  commandPlace: '[命令]',
  choices: '可选：{choices}',
  default: '默认：{value}',
  help: '显示用法',
  helpCommand: '显示某个命令的用法',
} as const;

export type UsageWords = { readonly [K in keyof typeof zhCN]: string };

const en: UsageWords = {
  effect: 'Nothing was done; the consumer is not affected.',
  next: 'Correct it and run it again; see {command} --help.',
  unknownOption: 'There is no option {value}.',
  unknownCommand: 'There is no command {value}.',
  didYouMean: 'Did you mean {values}?',
  missingArgument: '{name} is missing.',
  missingOption: '{option} has to be given.',
  missingValue: '{option} needs a value.',
  tooMany: 'Too many arguments: at most {most}, {count} were given.',
  notOneOf: '{option} takes one of {choices}: {value}',
  wrongValue: '{option} does not take this value: {value}',
  together: '{option} and {other} cannot be combined.',
  other: 'The arguments do not fit.',
  usage: 'Usage:',
  arguments: 'Arguments:',
  options: 'Options:',
  commands: 'Commands:',
  optionsPlace: '[options]',
  commandPlace: '[command]',
  choices: 'one of: {choices}',
  default: 'default: {value}',
  help: 'show how it is used',
  helpCommand: 'show how a command is used',
};

export const usageWords: Readonly<Record<Locale, UsageWords>> = { 'zh-CN': zhCN, en };
