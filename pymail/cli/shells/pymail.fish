function _pymail_completion
    set -l words (commandline -cp)
    set -l word (commandline -ct)
    set -l response (env _PYMAIL_COMPLETE=fish_complete COMP_WORDS="$words" \
COMP_CWORD="$word" pymail 2>/dev/null </dev/null)

    for completion in $response
        set -l metadata (string split \t -- $completion)
        if test "$metadata[1]" = file
            __fish_complete_path "$word"
        else if test "$metadata[3]" != _
            printf '%s\t%s\n' $metadata[2] $metadata[3]
        else
            printf '%s\n' $metadata[2]
        end
    end
end

complete --no-files --command pymail --arguments "(_pymail_completion)"
