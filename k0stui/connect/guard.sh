# The one script of k0stui that may act on a host: it looks again, writes down, and asks PID 1 for one restart.
#
# usage: sh -c TEXT guard VERB ARGUMENT...      payload, where there is one, on standard input (guard_loader.sh)
#   status  OP UNIT CONFIG                      looks only
#   lock    EXPECT                              compare-and-swap of the lock line; EXPECT: sha256 of it, - for none
#   beat    OP EPOCH OWNER
#   note    OP EPOCH OWNER                      appends the lines of standard input to the record
#   stage   OP EPOCH OWNER plan|resource|config SHA CONFIG BEFORE
#   restart OP EPOCH OWNER STEP ATTEMPT UNIT MACHINE CA BOOT PRE DEADLINE DATADIR CONFIG BEFORE AFTER MEMBERS NEED STATE
# It answers one line, `code=N key=value ...`, and exits with N:
#   0 done   10 already restarted, or asked before   11 another machine   12 lock is not ours   13 unit or job
#   14 config is another   15 no quorum without us   16 too late   17 no room   19 config file is odd
#   64 arguments   70 began, outcome unknown   75 busy.   Any other exit, or none: unknown; look at the host.
# Nothing is interpolated into this text and nothing in it is evaluated. No variable of the environment changes what it
# does. Tests replace the next line, and only it, to run it in a directory of their own.
root=
set -uf
umask 077
PATH=$root/usr/local/sbin:$root/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
base=$root/var/lib/k0stui
newline='
'
epoch=- op=- owner=- boot=- uptime=- invocation=- job=- active=- live_sha=- extra=

answer() { # CODE WHY
    printf 'code=%s why=%s boot=%s uptime=%s invocation=%s job=%s active=%s sha=%s%s\n' \
        "$1" "$2" "$boot" "$uptime" "${invocation:--}" "${job:--}" "${active:--}" "$live_sha" "$extra"
    exit "$1"
}
sha() { # of a file, or - where there is none
    [ -f "$1" ] || { printf -- '-'; return; }
    sum=$(sha256sum <"$1") && printf '%s' "${sum%% *}"
}
name() { case $1 in '' | [!A-Za-z0-9]* | *[!A-Za-z0-9._@:+-]*) answer 64 "bad-$2" ;; esac; }
number() { case $1 in '' | *[!0-9]* | ??????????*) answer 64 "bad-$2" ;; esac; }
path() { # absolute, plain characters, no way up; or - for none
    case $1 in -) ;; '' | [!/]* | *[!A-Za-z0-9._/+-]* | */../* | */..) answer 64 "bad-$2" ;; esac
}
count() { [ "$1" -eq "$2" ] || answer 64 arguments; }

clock() {
    boot=$(cat "$root/proc/sys/kernel/random/boot_id") && read -r uptime rest <"$root/proc/uptime" || answer 70 clock
    uptime=${uptime%%.*}
}
unit_facts() { # UNIT
    load= active= sub= invocation= job=
    shown=$(timeout -s KILL 10 systemctl show "$1" -p LoadState -p ActiveState -p SubState -p InvocationID -p Job) || return 1
    while IFS='=' read -r key value; do
        case $key in
            LoadState) load=$value ;; ActiveState) active=$value ;; SubState) sub=$value ;;
            InvocationID) invocation=$value ;; Job) job=${value#0} ;;
        esac
    done <<END
$shown
END
}
put() { # PATH [SHA]: standard input replaces the file; old or new at every instant, never torn
    [ ! -d "$1" ] && cat >"$1.new" && { [ "${2:--}" = - ] || [ "$(sha "$1.new")" = "$2" ]; } &&
        sync "$1.new" && mv -f "$1.new" "$1" && sync "${1%/*}"
}
read_lock() { # also sets lock_sha; a line of any other form is unreadable, and nobody's
    lock_sha=$(sha "$base/lock")
    lock_epoch=0 lock_op=- lock_owner=-
    [ -e "$base/lock" ] || return 0
    IFS=' ' read -r lock_epoch lock_op lock_owner rest <"$base/lock"
    [ "$lock_sha" = "$(line_sha "$lock_epoch" "$lock_op" "$lock_owner")" ] && well_formed "$lock_epoch" "$lock_op" "$lock_owner" && return 0
    lock_epoch=unreadable lock_op=unreadable lock_owner=unreadable
}
line_sha() { sum=$(printf '%s %s %s\n' "$1" "$2" "$3" | sha256sum) && printf '%s' "${sum%% *}"; }
well_formed() {
    case $1 in '' | *[!0-9]* | ??????????*) return 1 ;; esac
    case $2$3 in '' | *[!A-Za-z0-9._@:+-]*) return 1 ;; esac
    [ -n "$2" ] && [ -n "$3" ]
}
enter() { # our directory, and the lock of this script in it: held until we exit, freed by the kernel if we die
    [ -e "$base" ] || mkdir -m 0700 "$base" 2>/dev/null
    [ -d "$base" ] && [ ! -L "$base" ] && [ "$(stat -c '%u %a' "$base")" = "$(id -u) 700" ] || answer 19 state-directory
    (: >>"$base/.flock") 2>/dev/null || answer 17 state-directory
    exec 9>>"$base/.flock"
    flock -w 5 9 || answer 75 busy
    # From here on a client that is gone ends nothing half-way: neither us nor, since it is inherited, what we start.
    # Our own time limits therefore kill.
    trap '' HUP INT PIPE TERM
    clock
    read_lock
}
ours() { # OP EPOCH OWNER
    op=$1 epoch=$2 owner=$3
    name "$op" op && number "$epoch" epoch && name "$owner" owner
    enter
    extra=" lock=$lock_sha epoch=$lock_epoch op=$lock_op owner=$lock_owner"
    [ "$lock_sha" = "$(line_sha "$epoch" "$op" "$owner")" ] || answer 12 "lock-is-$lock_epoch-$lock_op"
    dir=$base/ops/$op
    mkdir -p -m 0700 "$base/ops" "$dir" || answer 17 state-directory
}
record() { # one line or more; one that was torn before it is closed first
    log=$dir/record.jsonl
    if [ -s "$log" ] && [ -n "$(tail -c 1 "$log")" ]; then printf '\n' >>"$log" || return 1; fi
    printf '%s\n' "$1" >>"$log" && sync "$log" && sync "$dir"
}
plain_file() { # CONFIG: a file that a rename replaces wholly, in a directory that only we can change
    [ -f "$1" ] && [ ! -L "$1" ] && [ "$(stat -c %h "$1")" = 1 ] || return 1
    at=$(stat -c '%u %a' "${1%/*}") || return 1
    case $at in "$(id -u) "*[2367]? | "$(id -u) "*[2367]) return 1 ;; "$(id -u) "*) ;; *) return 1 ;; esac
}
room() { # DIRECTORY: a mebibyte
    free=$(df -Pk "$1" | tail -n 1) || return 1
    # shellcheck disable=SC2086 # split on purpose: device, size, used, available
    set -- $free
    [ "${4:-0}" -ge 1024 ]
}
etcd() { # PATH [JSON]
    timeout -s KILL 5 curl -s --noproxy '*' --max-time 3 --cacert "$data/pki/etcd/ca.crt" --cert "$data/pki/apiserver-etcd-client.crt" \
        --key "$data/pki/apiserver-etcd-client.key" ${2:+-d "$2"} "https://127.0.0.1:2379$1"
}
quorum_without_us() { # peers' etcd listens on loopback only: our own member must tell whom it talks to
    [ "$need" != - ] || return 0
    case $(etcd /health) in *'"health":"true"'*) ;; *) [ "$state" = any ]; return ;; esac
    listed=$(etcd /v3/cluster/member/list '{"linearizable":true}' | grep -o '"ID":' | wc -l)
    peers=$(etcd /metrics | grep -c '^etcd_network_active_peers{.*} 1$')
    [ "$listed" -eq "$members" ] && [ "$peers" -ge "$need" ]
}

verb_status() {
    count $# 3
    name "$1" op && name "$2" unit && path "$3" config
    clock
    unit_facts "$2" || active=unknown
    [ "$3" = - ] || live_sha=$(sha "$root$3")
    read_lock
    beat_boot=- beat_uptime=- age=-
    [ ! -s "$base/beat" ] || read -r beat_boot beat_uptime rest <"$base/beat"
    [ "$beat_boot" != "$boot" ] || age=$((uptime - beat_uptime))
    records=0
    [ ! -f "$base/ops/$1/record.jsonl" ] || records=$(wc -l <"$base/ops/$1/record.jsonl")
    extra=" lock=$lock_sha epoch=$lock_epoch op=$lock_op owner=$lock_owner beat=$age records=$((records)) load=${load:--} sub=${sub:--}"
    answer 0 status
}
verb_lock() {
    count $# 1
    IFS=' ' read -r epoch op owner rest || answer 64 bad-line
    well_formed "$epoch" "$op" "$owner" && [ -z "$rest" ] || answer 64 bad-line
    enter
    extra=" epoch=$lock_epoch op=$lock_op owner=$lock_owner lock=$lock_sha"
    [ "$lock_sha" = "$1" ] || answer 12 "lock-is-$lock_epoch-$lock_op"
    if [ "$lock_epoch" != unreadable ]; then # the epoch only grows; a release keeps it
        [ "$epoch" -gt "$lock_epoch" ] || { [ "$epoch" -eq "$lock_epoch" ] && [ "$op" = - ]; } || answer 12 epoch-too-low
    fi
    printf '%s %s %s\n' "$epoch" "$op" "$owner" | put "$base/lock" || answer 17 not-written
    read_lock
    extra=" epoch=$lock_epoch op=$lock_op owner=$lock_owner lock=$lock_sha"
    answer 0 locked
}
verb_beat() {
    count $# 3
    ours "$@"
    printf '%s %s\n' "$boot" "$uptime" | put "$base/beat" || answer 17 not-written
    answer 0 beaten
}
verb_note() {
    count $# 3
    ours "$@"
    lines=$(head -c 65537; printf .) # the dot keeps the last newline: without one the line was torn on its way
    case $lines in ?*"$newline.") ;; *) answer 64 bad-line ;; esac
    record "${lines%"$newline."}" || answer 17 not-written
    answer 0 noted
}
verb_stage() {
    count $# 7
    name "$5" sha && path "$6" config
    ours "$1" "$2" "$3"
    case $4 in
        plan) put "$dir/plan.json" "$5" || answer 17 not-written ;;
        resource) put "$dir/resource.before" "$5" || answer 17 not-written ;;
        config)
            plain_file "$root$6" || answer 19 config-file
            live_sha=$(sha "$root$6")
            [ "$live_sha" = "$7" ] || answer 14 config-is-another
            [ -f "$dir/config.before" ] || put "$dir/config.before" "$7" <"$root$6" || answer 17 not-written
            [ "$(sha "$dir/config.before")" = "$7" ] || answer 14 config-before
            put "$dir/config.after" "$5" || answer 17 not-written
            ;;
        *) answer 64 bad-kind ;;
    esac
    answer 0 staged
}
verb_restart() {
    count $# 18
    step=$4 attempt=$5 unit=$6 machine=$7 ca=$8 want_boot=$9
    pre=${10} deadline=${11} data=$root${12} config=${13} before=${14} after=${15} members=${16} need=${17} state=${18}
    name "$step" step && number "$attempt" attempt && number "$deadline" deadline && path "$config" config && path "${12}" data
    case $unit in k0scontroller.service | k0sworker.service) ;; *) answer 64 bad-unit ;; esac
    case $state in active | any) ;; *) answer 64 bad-state ;; esac
    case $need in -) ;; *) number "$need" need && number "$members" members ;; esac
    command -v sha256sum flock systemctl stat timeout curl >/dev/null || answer 64 tool-missing
    ours "$1" "$2" "$3"
    live=$root$config tmp=${root}${config%/*}/.k0stui.$op.new
    if [ "$config" != - ]; then rm -f -- "$tmp"; fi

    [ "$(cat "$root/etc/machine-id")" = "$machine" ] && [ "$(sha "$data/pki/ca.crt")" = "$ca" ] || answer 11 identity
    unit_facts "$unit" || answer 13 unit-not-shown
    [ "$boot" = "$want_boot" ] || answer 10 rebooted
    [ "$invocation" = "$pre" ] || [ "$state" = any ] || answer 10 already-restarted
    mine="{\"by\":\"guard\",\"step\":\"$step\",\"attempt\":$attempt,"
    if grep -qF -- "$mine" "$dir/record.jsonl" 2>/dev/null; then answer 10 asked-before; fi
    [ "$uptime" -le "$deadline" ] || answer 16 too-late
    [ "$load" = loaded ] && [ -z "$job" ] || answer 13 job-pending
    [ "$state" = any ] || [ "$active/$sub" = active/running ] || answer 13 "unit-is-$active-$sub"

    candidate=
    if [ "$config" != - ]; then
        plain_file "$live" || answer 19 config-file
        live_sha=$(sha "$live")
        if [ "$after" = - ]; then
            [ "$live_sha" = "$before" ] || answer 14 config-is-another
        elif [ "$live_sha" != "$after" ]; then
            [ "$live_sha" = "$before" ] || answer 14 config-is-another
            for file in config.after config.before; do # before: the way back
                if [ "$(sha "$dir/$file")" = "$after" ]; then candidate=$dir/$file; fi
            done
            [ -n "$candidate" ] || answer 14 candidate-is-another
        fi
    fi
    quorum_without_us || answer 15 no-quorum-without-us
    room "$base" || answer 17 no-room
    [ "$config" = - ] || room "${live%/*}" || answer 17 no-room
    seen="\"epoch\":$epoch,\"boot\":\"$boot\",\"uptime\":$uptime,\"pre\":\"$pre\",\"before\":\"$before\",\"after\":\"$after\"}"
    record "$mine\"state\":\"intent\",$seen" || answer 17 not-written

    if [ -n "$candidate" ]; then # cp -a keeps mode, owner and label; the name changes hands in one rename
        cp -a "$live" "$tmp" && cat "$candidate" >"$tmp" && sync "$tmp" && [ "$(sha "$tmp")" = "$after" ] &&
            [ "$(sha "$live")" = "$before" ] || { rm -f -- "$tmp"; answer 17 not-written; }
        mv -f "$tmp" "$live" && sync "${live%/*}" || answer 70 commit
        live_sha=$after
    fi
    record "$mine\"state\":\"accepted\",$seen" || answer 70 not-recorded
    timeout -s KILL 5 logger -t k0stui "restart of $unit: operation $op, step $step, epoch $epoch, $owner" || :
    timeout -s KILL 20 systemctl --no-block restart "$unit" || answer 70 systemctl
    answer 0 accepted
}

verb=${1:-none}
[ $# -eq 0 ] || shift
case $verb in
    status | lock | beat | note | stage | restart) "verb_$verb" "$@" ;;
    *) answer 64 bad-verb ;;
esac
