# Takes the guard's text from standard input and runs it; what follows the text there is left to the guard. So neither
# sudo's command line nor its log carries twelve kilobytes, and nothing is ever put into a text that runs.
#
# usage: sh -c LOADER guard LINES SHA256 VERB ARGUMENT...
# `read` takes byte for byte from a pipe, so it stops exactly behind the text; head and dd may take more. A text that is
# not the one that was meant is not run: 64, without an answer.
text= newline='
'
left=$1 wanted=$2
shift 2
while [ "$left" -gt 0 ]; do
    IFS= read -r line || exit 64
    text=$text$line$newline
    left=$((left - 1))
done
sum=$(printf '%s' "$text" | sha256sum) && [ "${sum%% *}" = "$wanted" ] || exit 64
exec sh -c "$text" guard "$@"
