#compdef backstay
# zsh completion of backstay: the program itself says what can come next.
_backstay() {
    local -a suggestions
    suggestions=("${(@f)$("${words[1]}" "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
    suggestions=(${suggestions:#})
    if (( ${#suggestions} )); then
        compadd -- "${suggestions[@]}" && return 0
    fi
    _files
}
if [[ ${funcstack[1]} == _backstay ]]; then
    _backstay "$@"
else
    compdef _backstay backstay
fi
