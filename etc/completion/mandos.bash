# bash completion of mandos(8)

_mandos() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    # bash takes the “=” of --option=value for a word of its own.
    [[ $current == '=' ]] && current=
    [[ $previous == '=' ]] && previous=${COMP_WORDS[COMP_CWORD - 2]}
    COMPREPLY=()
    case $previous in
    -i | --interface)
        mapfile -t COMPREPLY < <(compgen -W "$(cd /sys/class/net && echo ./* | sed 's,\./,,g')" \
            -- "$current") ;;
    --import-state)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    --configdir | --statedir)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
    --debuglevel)
        mapfile -t COMPREPLY < <(compgen -W 'CRITICAL ERROR WARNING INFO DEBUG' -- "$current") ;;
    -a | --address | -p | --port | --priority | --servicename | --socket) ;;
    *)
        mapfile -t COMPREPLY < <(compgen -W '-h --help -v --version -i --interface -a --address
            -p --port --check --debug --debuglevel --priority --servicename --configdir --no-dbus
            --no-ipv6 --no-restore --socket --statedir --foreground --no-zeroconf
            --import-state --dry-run --print-statedir --check-state --list-revocations' -- "$current") ;;
    esac
}
complete -F _mandos mandos
