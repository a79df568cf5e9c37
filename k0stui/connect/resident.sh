# What k0stui runs on a host: this text, read by a plain `sh` from its standard input, and after it one line per
# question. Nothing is installed, no file is written (a full disk must not keep us from looking), no terminal is
# allocated. It runs as it is in dash, bash and busybox ash. It ends when its input does, that is with the connection.
#
# Before it, the client has set M to a random word that no command can know. An answer is, on stdout,
#     M ID <   the command's stdout   M !   its stderr   M >
# with `M = STATUS` somewhere in it, and `M .` to go back to stdout; each mark ends with a newline. What rc files print, before or between, is told from
# it, and any byte may be in it. Few and large writes: each one may become a packet, and that costs the client more than
# what is in it.
#
# Descriptors: 6 is the client; 9 is a pipe with one byte in it, the token: who has taken the byte may write an answer. A
# pipe is the one lock that every sh has, and a killed process leaves no file of it. The command line that started this
# shell has opened it (lane.py).

exec 6>&1 2>/dev/null
trap : TERM PIPE
LC_ALL=C SYSTEMD_PAGER= PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL SYSTEMD_PAGER PATH
unset KUBECONFIG
rooted=

# The time limit is kept here on the host: it holds even when nobody is left to ask. busybox before 1.34 has no -k,
# before 1.30 it wants -t; some hosts have no `timeout` at all.
for limit in 'timeout -k 2' 'timeout' 'timeout -t' ''; do
  [ -z "$limit" ] || $limit 1 true </dev/null >/dev/null && break
done

watch='
  seconds=$1; shift; exec 3<&0
  "$@" <&3 3<&- & command=$!
  { sleep "$seconds"; kill "$command"; sleep 2; kill -9 "$command"; } <&- >/dev/null 2>&1 3<&- & watchdog=$!
  wait "$command"; status=$?
  kill "$watchdog" 2>/dev/null
  exit "$status"'

# These two become the command. `timeout` must run as root too: nobody else may end what root runs. sudo's secure_path
# often lacks /usr/local/bin, where k0s is.
limited() { # SECONDS ARGV...
  ulimit -S -d "$memory"
  [ -z "$limit" ] || exec $limit "$@"
  exec sh -c "$watch" sh "$@"
}

# What a command says on stderr is kept in the shell's memory: 64 MiB of it, and that shell gives up, the client sees
# nonsense and opens another channel. The commands themselves have the memory that the login has.
memory=$(ulimit -S -d)
bounded='ulimit -S -d 65536'

become='PATH=$1 LC_ALL=C; export PATH LC_ALL; unset KUBECONFIG; shift; '
as_root() { # SECONDS ARGV...
  ulimit -S -d "$memory"
  [ -z "$limit" ] || exec sudo -n sh -c "$become"'exec "$@"' sh "$PATH" $limit "$@"
  exec sudo -n sh -c "$become$watch" sh "$PATH" "$@"
}

newline='
'

# One question. Its stdout is kept back until it has ended and the token is ours: `tail` prints the last CAP bytes at the
# end of its input, which the shell before it holds open. The other way round, `head` and then something that waits,
# costs two processes more for each question. TERM (cancel, below) and PIPE are for the command only: the shells in
# between must live to give the token back.
answer() { # ID CAP limited|as_root SECONDS ARGV...
  trap : TERM PIPE
  id=$1 cap=$2
  shift 2
  {
    trap : TERM PIPE
    $bounded
    said=$("$@" 2>&1 >&5 5>&- 6>&- 9>&-)
    status=$?
    read -r token <&9
    printf '%s %s <\n' "$M" "$id" >&6
    printf '%s = %s\n%s !\n%.65536s%s%s >\n' "$M" "$status" "$M" "$said" "${said:+$newline}" "$M"
  } 5>&1 | tail -c "$((cap + 66000))" >&6
  echo >&9
}

ask() { # ID CAP ...
  answer "$@" </dev/null &
  eval "job$1=\$!"
}

tell() { # INPUT ID CAP ...   the command's standard input, in printf's octal escapes
  input=$1
  shift
  printf '%b' "$input" | answer "$@" &
  eval "job$1=\$!"
  input=
}

# For logs: one question at a time, and nothing kept back, so that megabytes pass as they come. `head` ends a command that
# says too much.
stream() { # ID CAP limited|as_root SECONDS ARGV...
  id=$1 cap=$2
  shift 2
  printf '%s %s <\n' "$M" "$id" >&6
  {
    trap : TERM PIPE
    $bounded
    said=$("$@" 2>&1 >&5 </dev/null 5>&- 6>&- 9>&-)
    # In one write, since `head` may still be writing: what it says on stderr is cut to less than PIPE_BUF.
    printf '%s = %s\n%s !\n%.3800s%s%s .\n' "$M" "$?" "$M" "$said" "${said:+$newline}" "$M" >&6
  } 5>&1 | head -c "$cap" >&6
  printf '%s >\n' "$M" >&6
}

# How long the way is: no process is started.
echo_back() { # ID
  read -r token <&9
  printf '%s %s <\n%s = 0\n%s !\n%s >\n' "$M" "$1" "$M" "$M" "$M" >&6
  echo >&9
}

# The client has the answers: let the shell forget the processes, or its table of jobs grows for ever.
done_with() { # ID...
  for id; do
    eval "wait \$job$id; unset job$id"
  done
}

# End what runs below a process, but not its own children: those are our shells, and the `tail` through which the rest of
# the answer must come. First find all, since whoever loses its parent is not below any more. Not `timeout` and `sudo`
# themselves: they would kill for good two seconds later, and a command that asks for time (trap) has it, up to its
# limit. A kernel without CONFIG_PROC_CHILDREN leaves all to that limit; asking every process for its parent would be
# dear on a host with a thousand of them.
reap='
  targets=
  below() { # PID DEPTH
    for list in /proc/"$1"/task/*/children; do
      children=
      { read -r children <"$list"; } 2>/dev/null
      for child in $children; do
        name=
        { read -r name <"/proc/$child/comm"; } 2>/dev/null
        case $2:$child:$name in 0:* | *:"$PPID":* | *:timeout | *:sudo) ;; *) targets="$targets $child" ;; esac
        [ "$child" = "$$" ] || below "$child" $(($2 + 1))
      done
    done
  }
  below "$1" 0
  for child in $targets; do [ "$child" = "$$" ] || kill "$child" 2>/dev/null; done'

cancel() { # ID
  eval "reap_below \"\$job$1\""
}

reap_below() { # PID
  if [ -n "$rooted" ]; then sudo -n sh -c "$reap" sh "$1"; else sh -c "$reap" sh "$1"; fi </dev/null >/dev/null
}

trap 'exec >/dev/null 6>&-; reap_below "$$"' EXIT

while read -r key uid rest; do [ "$key" = Uid: ] && break; done </proc/$$/status
echo >&9
printf '%s 0 <\n%s %s %s%s = 0\n%s !\n%s >\n' "$M" "$uid" "$$" "${limit:-none}" "$M" "$M" "$M" >&6
