# encrypted.bash RIGS WORK: an encrypted root file system boots with the password from the server.
# This one runs on the machine itself, and has virtual ones made.
here=$(dirname "$(readlink -f "$0")")
source "$here/expect.bash"
rigs=$1 work=$2
binary=$work/stage/usr/sbin/mandos

# boot NAME OPTION...: with the log of the server in NAME.server.
boot() {
    local name=$1
    shift
    "$rigs/luks-vm" --verbose --console "$work/$name.console" --server "
        exec $binary --foreground --debug --configdir \"\$LUKS_VM_CONF\" \
            2>$work/$name.server" --announced "$announced" "$@"
}
has_logged() { grep -F -- "$2" "$work/$1.server"; }
asks_for_password() { grep -a 'unlock disk' "$work/$1.console"; }

announced='avahi-browse -tp _mandos._tcp | grep -q ^+'
expect 'it boots without anybody' boot plain
expect 'because it was sent its secret' has_logged plain 'client encrypted: secret sent to'

approve='server: until mandos-ctl | grep -q ^encrypted; do sleep 0.2; done
    until grep -q "needs approval" '$work'/approval.server; do sleep 0.2; done
    mandos-ctl --approve encrypted'
expect 'it boots when somebody approves' boot approval --also "$approve" \
    --client-option 'approved_by_default = no' --client-option 'approval_delay = PT5M'
expect 'for which it had to wait' has_logged approval 'needs approval'

expect 'it does not boot when it is disabled' refused boot disabled --timeout 60 \
    --client-option 'enabled = no'
expect 'but asks for its password' asks_for_password disabled
expect 'since the server refuses it' has_logged disabled 'client encrypted: is disabled; nothing is sent'
finish
