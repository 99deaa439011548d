import type { Command } from 'commander';
import { explainHere } from './help/help-format.js';

/**
 * For bash: what can follow is asked of the program. Nothing that was typed is evaluated, and no other package of completions
 * is needed.
 */
const bashScript = `# bash completion for oss-envelope: source <(oss-envelope complete bash)
_oss_envelope_complete() {
  local typed=\${COMP_LINE:0:COMP_POINT} line
  local -a words
  read -ra words <<< "$typed"
  [[ $typed == *[[:space:]] ]] && words+=('')
  COMPREPLY=()
  while IFS= read -r line; do
    [[ -z $line || $line == :* ]] || COMPREPLY+=("\${line%%$'\\t'*}")
  done < <("\${words[0]}" complete -- "\${words[@]:1}" 2>/dev/null)
}
complete -o default -F _oss_envelope_complete oss-envelope
`;

/**
 * Lets a shell complete the command line: `complete SHELL` prints the script for it, which asks by `complete -- …` what can
 * follow.
 */
export async function addCompletion(program: Command, shell: string | undefined): Promise<void> {
  if (shell === 'bash') {
    program
      .command('complete')
      .argument('<shell>')
      .action(() => {
        process.stdout.write(bashScript);
      });
    return;
  }
  // The library completes what the help of a command shows, and that shows less.
  showAll(program);
  const { default: completion } = await import('@bomb.sh/tab/commander');
  completion(program);
}

function showAll(command: Command): void {
  for (const option of command.options) explainHere(option);
  for (const inner of command.commands) showAll(inner);
}
