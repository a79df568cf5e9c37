# Lets a batch of journal lines through until a template repeats too fast, then counts it.
# POSIX awk: mawk, gawk, busybox. In: journalctl -o short-unix --show-cursor, then "R status".
# Out: lines as they are; "F count first last key" for what was held back; "E read status cursor".
# The key is made as in template.py; a test holds the two together on every recorded line.
# ENVIRON["HOT"]: lines "samples TAB key TAB literal": templates that flood, and how many lines of each may pass.
# A literal, where there is one, is sure to give its key. -v values would lose backslashes.

function masked(s) { gsub(/[0-9]+/, "#", s); return s }

function error(s,   i, j) {
    i = index(s, " err=")
    if (!i) return ""
    s = substr(s, i + 5)
    if (substr(s, 1, 2) == "\\\"") { s = substr(s, 3); j = index(s, "\\\"") }
    else if (substr(s, 1, 1) == "\"") { s = substr(s, 2); j = index(s, "\"") }
    else if (substr(s, 1, 1) == "<") j = 2
    else j = index(s, " ")
    if (j) s = substr(s, 1, j - 1)
    return " err=" masked(substr(s, 1, 60))
}

function worded(s,   i) {
    s = substr(s, 1, 80)
    i = index(s, "\" ")
    if (i) s = substr(s, 1, i - 1)
    sub(/["\\]+$/, "", s)
    return masked(s)
}

function wrapped(m,   i) {
    if (substr(m, 1, 6) != "time=\"") return 0
    i = index(m, " level=")
    body = i ? substr(m, i) : ""
    i = index(body, " msg=")
    if (!i) return 0
    body = substr(body, i + 5)
    if (substr(body, 1, 1) == "\"") body = substr(body, 2)
    return 1
}

function named(s,   i) {
    i = index(s, " component=")
    if (!i) return ""
    s = substr(s, i + 11)
    i = index(s, " ")
    return i ? substr(s, 1, i - 1) : s
}

# Key of the message m; sets component, bad (a warning or worse) and goes_on (a further line of the one before).
function key(m, tag,   i, k, first, s) {
    goes_on = 0
    bad = substr(m, 1, 60) ~ /level=(warn|err|fat|pan)/
    if (wrapped(m)) component = named(body)
    else { body = m; component = (tag == "k0s") ? "" : tag }
    s = body
    first = substr(s, 1, 1)
    if (s ~ /^[IWEF][0-9][0-9][0-9][0-9]/) {
        bad = (first != "I")
        i = index(substr(s, 21, 100), "]")
        if (i) {
            k = substr(s, 1, 19 + i)
            if (sub(/.* /, "", k)) k = k error(substr(s, 20 + i))
            else k = ""
        }
    } else if ((first == " " || substr(s, 1, 2) == "\\t" || first == "\t") && component in last_key) {
        goes_on = 1
        return last_key[component]
    } else if (first == "{") {
        bad = substr(s, 1, 80) ~ /"level\\":\\"[wefpd][^e]/
        i = index(substr(s, 1, 300), "\\\"caller\\\":\\\"")
        if (i) {
            s = substr(s, i + 13)
            i = index(s, "\\")
            k = substr(s, 1, i - 1) error(substr(s, i))
        }
    } else if (substr(s, 1, 6) == "time=\\" || substr(s, 1, 6) == "time=\"") {
        if (match(substr(s, 1, 100), /level=[a-z]+ msg=\\"/)) s = substr(s, RSTART + RLENGTH)
    }
    if (k == "") k = worded(s)
    k = (component == "" ? "-" : component) " " k
    if (body == m || substr(m, length(m) - 13, 11) == " stream=std") last_key[component] = k
    return k
}

function hold(k) {
    if (!(k in held)) since[k] = time
    held[k]++
    until[k] = time
    passing = 0
}

function pass() {
    left[bad]--
    bytes -= length($0) + 1
    passing = 1
    print
}

BEGIN {
    hots = ENVIRON["HOT"] == "" ? 0 : split(ENVIRON["HOT"], pairs, "\n")
    for (i = 1; i <= hots; i++) {
        split(pairs[i], part, "\t")
        samples[part[2]] = part[1]
        if (part[3] != "") { literal[++literals] = part[3]; hot[literals] = part[2] }
    }
    left[0] = left[1] = show
}

/^-- cursor: / { cursor = substr($0, 12); next }
/^R [0-9]+$/ { status = substr($0, 3); next }
/^ / { if (passing) { bytes -= length($0) + 1; print } next }

{
    lines++
    time = substr($0, 1, 17)
    for (i = 1; i <= literals; i++) if (index($0, literal[i])) {
        bad = 1
        if (samples[hot[i]]-- > 0) pass(); else hold(hot[i])
        next
    }
    at = index($0, ": ")
    tag = substr($0, 19, at - 19)
    sub(/^[^ ]* /, "", tag)
    sub(/\[.*/, "", tag)
    k = key(at ? substr($0, at + 2) : "", tag)
    if (goes_on) { if (fate[component]) pass(); else hold(k); next }
    second = substr(time, 1, 10)
    if (second != when[k]) { when[k] = second; many[k] = 0 }
    fits = left[bad] > 0 && bytes > 0
    if (k in samples ? samples[k]-- > 0 : many[k]++ < each && fits) pass(); else hold(k)
    fate[component] = passing
}

END {
    for (k in held) print "F", held[k], since[k], until[k], k
    print "E", lines + 0, status + 0, cursor
}
