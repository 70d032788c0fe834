/**
 * What a shell needs: it asks `eyrie complete` for what fits in, one candidate a line with its description behind a tab.
 * `:files` stands for names of files, which the shell knows best. Asked is the very command that is typed, so that it works
 * for `bin/eyrie` of any checkout.
 */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

/** Words are split at spaces alone: bash itself splits at the `@` and `:` of names, too. */
const BASH = `# For ~/.bashrc: eval "$(eyrie completion bash)"
_eyrie() {
  local words value files=
  read -ra words <<<"\${COMP_LINE:0:COMP_POINT}"
  [[ \${COMP_LINE:0:COMP_POINT} != *[[:space:]] ]] || words+=('')
  COMPREPLY=()
  while IFS=$'\\t' read -r value _; do
    if [[ $value == :files ]]; then files=1; else COMPREPLY+=("$value"); fi
  done < <("$1" complete -- "\${words[@]:1}" 2>/dev/null)
  if [[ $files ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "\${words[-1]}")
  fi
}
complete -F _eyrie eyrie
`;

const ZSH = `#compdef eyrie
# For ~/.zshrc, below compinit: eval "$(eyrie completion zsh)"
_eyrie() {
  local line
  local -a values
  for line in "\${(@f)$("$words[1]" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      '') ;;
      :files) _files ;;
      *) values+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
    esac
  done
  (( $#values == 0 )) || _describe 'eyrie' values
}
compdef _eyrie eyrie
`;

const FISH = `# For ~/.config/fish/completions/eyrie.fish: eyrie completion fish
function __eyrie_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    for line in ($words[1] complete -- $words[2..-1] "$typed" 2>/dev/null)
        if test "$line" = ':files'
            __fish_complete_path "$typed"
        else
            printf '%s\\n' $line
        end
    end
end
complete -c eyrie -f -a '(__eyrie_complete)'
`;

export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
