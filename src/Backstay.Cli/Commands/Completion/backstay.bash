# bash completion of backstay: the program itself says what can come next.
_backstay() {
    local IFS=$'\n' current="${COMP_WORDS[COMP_CWORD]}" words
    # A word with ':' or '=' in it is several words to bash; "=" starts a new value.
    [[ $current == = ]] && current=
    words=$("${COMP_WORDS[0]}" "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null) || return
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    # Nothing of ours fits: the word may be a file.
    [[ ${#COMPREPLY[@]} -eq 0 ]] && compopt -o default 2>/dev/null
    return 0
}
complete -F _backstay backstay
