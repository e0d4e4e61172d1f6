"""What shells are told to do when Tab is pressed, after the scripts of click.

Other than those, ours leave out what is right of the cursor, add no blank after
`NAME=`, complete files after it, and let nothing of ours onto the screen.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple


class Suggestion(NamedTuple):
    """What may be typed next; of `kind` "file" the shell itself knows what."""

    value: str
    kind: str = "plain"
    help: str = ""


BASH = """\
%(complete_func)s() {
    local response type value

    response=$(env COMP_WORDS="$(IFS=$'\\n'; echo "${COMP_WORDS[*]:0:COMP_CWORD+1}")" \\
COMP_CWORD=$COMP_CWORD %(complete_var)s=bash_complete "$1" 2>/dev/null </dev/null)
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

complete -o nosort -F %(complete_func)s %(prog_name)s
"""

ZSH = """\
#compdef %(prog_name)s

%(complete_func)s() {
    local -a response plain described open
    local type key descr
    (( ! $+commands[%(prog_name)s] )) && return 1

    response=("${(@f)$(env COMP_WORDS="${(j: :)words[1,CURRENT]}" \\
COMP_CWORD=$((CURRENT-1)) %(complete_var)s=zsh_complete %(prog_name)s \\
2>/dev/null </dev/null)}")

    for type key descr in ${response}; do
        if [[ $type == file ]]; then
            compset -P '*='
            _files
        elif [[ $key == *= ]]; then
            open+=("$key")
        elif [[ $descr == _ ]]; then
            plain+=("$key")
        else
            described+=("$key:$descr")
        fi
    done

    (( $#described )) && _describe -V unsorted described -U
    (( $#plain )) && compadd -U -V unsorted -a plain
    (( $#open )) && compadd -U -S '' -V unsorted -a open
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""

FISH = """\
function %(complete_func)s
    set -l words (commandline -cp)
    set -l word (commandline -ct)
    set -l response (env %(complete_var)s=fish_complete COMP_WORDS="$words" \\
COMP_CWORD="$word" %(prog_name)s 2>/dev/null </dev/null)

    for completion in $response
        set -l metadata (string split \\t -- $completion)
        if test "$metadata[1]" = file
            __fish_complete_path "$word"
        else if test "$metadata[3]" != _
            printf '%%s\\t%%s\\n' $metadata[2] $metadata[3]
        else
            printf '%%s\\n' $metadata[2]
        end
    end
end

complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
"""

SCRIPTS: Mapping[str, str] = {"bash": BASH, "zsh": ZSH, "fish": FISH}


def _for_bash(each: Suggestion) -> str:
    return f"{each.kind},{each.value}"


def _for_zsh(each: Suggestion) -> str:
    """Write three lines; with a help, zsh takes a colon for the end of the value."""
    value = each.value.replace(":", r"\:") if each.help else each.value
    return f"{each.kind}\n{value or '_'}\n{each.help or '_'}"


def _for_fish(each: Suggestion) -> str:
    return f"{each.kind}\t{each.value}\t{each.help or '_'}"


# How the scripts read what is suggested.
FORMATS: Mapping[str, Callable[[Suggestion], str]] = {
    "bash": _for_bash,
    "zsh": _for_zsh,
    "fish": _for_fish,
}
