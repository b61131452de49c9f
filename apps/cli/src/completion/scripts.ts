export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/**
 * What a shell has to run once to complete `q`. They know nothing of the commands: each Tab asks `q` itself, so that
 * they stay right when `q` is newer than they are.
 */
export const completionScripts: Readonly<Record<Shell, string>> = {
  bash: `# Completion of q for bash. In ~/.bashrc:  eval "$(q completion bash)"
_q_complete() {
  local current=\${COMP_WORDS[COMP_CWORD]} candidate program=("$1")
  [[ -z \${BASH_ALIASES[$1]-} ]] || eval "program=(\${BASH_ALIASES[$1]})"
  COMPREPLY=()
  while IFS=$'\\t' read -r candidate _; do
    if [[ $candidate == :files ]]; then
      compopt -o default 2>/dev/null
    else
      printf -v candidate %q "$candidate"
      COMPREPLY+=("$candidate")
    fi
  done < <("\${program[@]}" __complete --bash "\${COMP_LINE:0:COMP_POINT}" "$current" 2>/dev/null)
}
complete -F _q_complete q
`,
  zsh: `#compdef q
# Completion of q for zsh. In ~/.zshrc:  eval "$(q completion zsh)"
_q() {
  local line candidate
  local -a candidates
  local files=
  for line in "\${(@f)$("\${words[1]}" __complete -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}"; do
    if [[ $line == :files ]]; then
      files=1
    elif [[ -n $line ]]; then
      candidate=\${line%%$'\\t'*}
      if [[ $line == *$'\\t'* ]]; then
        candidates+=("\${candidate//:/\\\\:}:\${line#*$'\\t'}")
      else
        candidates+=("\${candidate//:/\\\\:}")
      fi
    fi
  done
  if [[ -n $files ]]; then
    _files
  elif (( $#candidates )); then
    _describe -t q q candidates
  fi
}
if [[ $funcstack[1] == _q ]]; then
  _q
else
  if ! (( $+functions[compdef] )); then
    autoload -Uz compinit && compinit
  fi
  compdef _q q
fi
`,
  fish: `# Completion of q for fish:  q completion fish > ~/.config/fish/completions/q.fish
function __q_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    for line in ($program __complete -- $words "$current" 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path "$current"
        else
            printf '%s\\n' $line
        end
    end
end
complete -c q -f -a '(__q_complete)'
`,
};
