import type { Command, Option } from 'commander';

/** One completable command, as the shells need it. */
interface Entry {
  /** The words that lead to it: `config explain`; empty for the program itself. */
  readonly path: string;
  readonly description: string;
  readonly subcommands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly Option[];
  /** What its arguments can be. */
  readonly words: readonly string[];
  /** Whether its arguments are scenarios. */
  readonly takesScenarios: boolean;
}

/** Builds the completion script from the commands themselves, so that it cannot fall behind them. */
export function renderCompletion(shell: 'bash' | 'zsh' | 'fish', program: Command): string {
  const entries = entriesOf(program, '', program.options);
  switch (shell) {
    case 'bash':
      return renderBash(entries);
    case 'zsh':
      return renderZsh(entries);
    case 'fish':
      return renderFish(entries);
  }
}

function entriesOf(command: Command, path: string, globals: readonly Option[]): readonly Entry[] {
  const entry: Entry = {
    path,
    description: command.description(),
    subcommands: command.commands.map((child) => ({
      name: child.name(),
      description: child.description(),
    })),
    options: path === '' ? globals : [...command.options, ...globals],
    words: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    takesScenarios: command.registeredArguments.some((argument) =>
      argument.name().includes('scenario'),
    ),
  };
  const below = command.commands.flatMap((child) =>
    entriesOf(child, `${path} ${child.name()}`.trim(), globals),
  );
  return [entry, ...below];
}

/** Prints the project's scenario names; silent where there is no project. */
const LIST_SCENARIOS =
  'playbook scenarios --format json 2>/dev/null | sed -n \'s/^    "name": "\\(.*\\)",$/\\1/p\'';

function renderBash(entries: readonly Entry[]): string {
  const cases = entries.flatMap((entry) => {
    const words = [
      ...entry.subcommands.map(({ name }) => name),
      ...entry.words,
      ...entry.options.flatMap(({ long }) => (long ? [long] : [])),
    ];
    const choices = entry.options
      .filter(({ argChoices }) => argChoices)
      .map(
        ({ long, argChoices }) =>
          `    '${entry.path}|${long ?? ''}') COMPREPLY=($(compgen -W '${(argChoices ?? []).join(' ')}' -- "$cur")); return ;;`,
      );
    const scenarios = entry.takesScenarios ? ` $(${LIST_SCENARIOS})` : '';
    return [...choices, `    '${entry.path}|'*) words="${words.join(' ')}${scenarios}" ;;`];
  });
  const paths = entries.map(({ path }) => path).filter(Boolean);
  return `# bash completion for playbook
_playbook() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" path='' word words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${path:+$path }$word" in
      ${paths.map((path) => `'${path}'`).join('|')}) path="\${path:+$path }$word" ;;
    esac
  done
  case "$prev" in -C|--project|--config-dir) COMPREPLY=($(compgen -d -- "$cur")); return ;; esac
  case "$path|$prev" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _playbook playbook
`;
}

/** zsh runs the bash completion through the emulation that it ships for this. */
function renderZsh(entries: readonly Entry[]): string {
  return `#compdef playbook
autoload -U +X bashcompinit && bashcompinit
${renderBash(entries)}`;
}

function renderFish(entries: readonly Entry[]): string {
  const quote = (text: string) => `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`;
  const lines = entries.flatMap((entry) => {
    const words = entry.path.split(' ').filter(Boolean);
    const condition =
      words.length === 0
        ? '__fish_use_subcommand'
        : words.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
    const add = (rest: string) => `complete -c playbook -n ${quote(condition)} ${rest}`;
    return [
      ...entry.subcommands.map(({ name, description }) =>
        add(`-f -a ${name} -d ${quote(description)}`),
      ),
      ...entry.words.map((word) => add(`-f -a ${word}`)),
      ...(entry.takesScenarios ? [add(`-f -a ${quote(`(${LIST_SCENARIOS})`)}`)] : []),
      ...entry.options.flatMap(({ long, short, description, argChoices, required }) => {
        if (!long) return [];
        const names = `-l ${long.slice(2)}${short ? ` -s ${short.slice(1)}` : ''}`;
        const value = argChoices ? ` -x -a ${quote(argChoices.join(' '))}` : required ? ' -r' : '';
        return [add(`${names}${value} -d ${quote(description)}`)];
      }),
    ];
  });
  return `# fish completion for playbook\n${lines.join('\n')}\n`;
}
