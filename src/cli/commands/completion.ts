import { Argument, Command } from 'commander';

import { print } from '../output.js';

export function completionCommand(): Command {
  const command = new Command('completion');
  return command
    .description('print a script that completes playbook in your shell')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      `
Examples:
  $ source <(playbook completion bash)                                   # ~/.bashrc
  $ playbook completion zsh > "\${fpath[1]}/_playbook"
  $ playbook completion fish > ~/.config/fish/completions/playbook.fish`,
    )
    .action(async (shell: 'bash' | 'zsh' | 'fish') => {
      const { renderCompletion } = await import('../completion.js');
      const program = command.parent;
      if (!program) throw new Error('completion is a subcommand');
      print(renderCompletion(shell, program));
    });
}
