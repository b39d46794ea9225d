# fish completion of backstay: the program itself says what can come next.
function __backstay_suggest
    set -l line (commandline -cp)
    set -l words (commandline -opc)
    $words[1] "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
end
complete -c backstay -f -a '(__backstay_suggest)'
complete -c backstay -n 'test (count (__backstay_suggest)) -eq 0' -F
