import { Chalk } from 'chalk';

/** 0: none; 1: 16 colours; 2: 256; 3: 16 million. */
export type ColorLevel = 0 | 1 | 2 | 3;

/** What the terminal can show. Decided once, by who knows `NO_COLOR`, `--no-color` and the locale. */
export interface StyleSettings {
  readonly colors: ColorLevel;
  /** `false`: only ASCII for ticks, lines and spinners. */
  readonly isUnicode: boolean;
}

/** Colours by what they mean, and the signs that go with them. */
export interface Style {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly caution: (text: string) => string;
  /** What the eye may skip. */
  readonly faint: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly accent: (text: string) => string;
  readonly signs: Signs;
}

export interface Signs {
  readonly done: string;
  readonly failed: string;
  readonly skipped: string;
  readonly warning: string;
  readonly waiting: string;
  /** Leads a hint. */
  readonly hint: string;
  /** Leads a line of a program's output. */
  readonly bar: string;
  /** Stands between short facts on one line. */
  readonly dot: string;
  /** Stands where there is no value. */
  readonly none: string;
  readonly ellipsis: string;
  readonly spinner: readonly [string, ...string[]];
}

const UNICODE: Signs = {
  done: '✔',
  failed: '✖',
  skipped: '↓',
  warning: '⚠',
  waiting: '○',
  hint: '→',
  bar: '│',
  dot: '·',
  none: '–',
  ellipsis: '…',
  spinner: ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'],
};

const ASCII: Signs = {
  done: '+',
  failed: 'x',
  skipped: '-',
  warning: '!',
  waiting: 'o',
  hint: '->',
  bar: '|',
  dot: '-',
  none: '-',
  ellipsis: '...',
  spinner: ['-', '\\', '|', '/'],
};

export function createStyle({ colors, isUnicode }: StyleSettings): Style {
  const chalk = new Chalk({ level: colors });
  return {
    good: (text) => chalk.green(text),
    bad: (text) => chalk.red(text),
    caution: (text) => chalk.yellow(text),
    faint: (text) => chalk.dim(text),
    strong: (text) => chalk.bold(text),
    accent: (text) => chalk.cyan(text),
    signs: isUnicode ? UNICODE : ASCII,
  };
}

/** Neither colours nor terminal: what goes into a file or a pipe. */
export const plainStyle: Style = createStyle({ colors: 0, isUnicode: true });

/** How a text is to be made. */
export interface TextOptions {
  /** Default: without colours. */
  readonly style?: Style;
  /** Columns of the terminal. Default 80. */
  readonly width?: number;
}
