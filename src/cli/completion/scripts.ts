/**
 * What a shell needs: it asks `eyrie complete` for what fits in, one candidate a line with its description behind a tab.
 * `:files` stands for names of files, which the shell knows best. Asked is the very command that is typed, so that it works
 * for `bin/eyrie` of any checkout.
 */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

/**
 * Words are split at spaces alone: bash itself splits at the `=`, `@` and `:` of values and names, too, and is given what
 * follows those.
 */
const BASH = `# For ~/.bashrc: eval "$(eyrie completion bash)"
_eyrie() {
  local words value typed files=
  read -ra words <<<"\${COMP_LINE:0:COMP_POINT}"
  [[ \${COMP_LINE:0:COMP_POINT} != *[[:space:]] ]] || words+=('')
  typed=\${words[-1]%"$2"}
  COMPREPLY=()
  while IFS=$'\\t' read -r value _; do
    if [[ $value == :files ]]; then files=1; else COMPREPLY+=("\${value#"$typed"}"); fi
  done < <("\${1/#\\~\\//$HOME/}" complete -- "\${words[@]:1}" 2>/dev/null)
  if [[ $files ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "$2")
  fi
}
complete -F _eyrie eyrie
`;

const ZSH = `#compdef eyrie
# For ~/.zshrc, below compinit: eval "$(eyrie completion zsh)"
_eyrie() {
  local line value
  local -a values
  for line in "\${(@f)$("\${words[1]/#\\~\\//$HOME/}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    value=\${\${line%%$'\\t'*}//:/\\\\:}
    case $line in
      '') ;;
      :files) compset -P '--*='; _files ;;
      *$'\\t') values+=("$value") ;;
      *) values+=("$value:\${line#*$'\\t'}") ;;
    esac
  done
  (( $#values == 0 )) || _describe 'eyrie' values
}
if [[ $funcstack[1] == _eyrie ]]; then _eyrie "$@"; else compdef _eyrie eyrie; fi
`;

const FISH = `# For ~/.config/fish/completions/eyrie.fish: eyrie completion fish
function __eyrie_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    set -l eyrie (string replace -r '^~/' "$HOME/" -- $words[1])
    for line in ($eyrie complete -- $words[2..-1] "$typed" 2>/dev/null)
        if test "$line" = ':files'
            set -l flag (string match -r '^--[^=]*=' -- "$typed")
            for path in (__fish_complete_path (string replace -- "$flag" '' "$typed"))
                printf '%s%s\\n' "$flag" $path
            end
        else
            printf '%s\\n' $line
        end
    end
end
complete -c eyrie -f -a '(__eyrie_complete)'
`;

export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
