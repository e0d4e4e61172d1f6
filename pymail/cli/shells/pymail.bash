_pymail_completion() {
    local response type value

    response=$(env COMP_WORDS="$(IFS=$'\n'; echo "${COMP_WORDS[*]:0:COMP_CWORD+1}")" \
COMP_CWORD=$COMP_CWORD _PYMAIL_COMPLETE=bash_complete "$1" 2>/dev/null </dev/null)
    COMPREPLY=()
    while IFS=, read -r type value; do
        case $type in
        file) compopt -o default ;;
        plain)
            COMPREPLY+=("$value")
            [[ $value == *= ]] && compopt -o nospace
            ;;
        esac
    done <<< "$response"
    return 0
}

complete -o nosort -F _pymail_completion pymail
