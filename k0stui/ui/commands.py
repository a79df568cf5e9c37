"""Every command, declared once: its keys, its name behind `:`, its help. Bindings, palette, footer and `?` come of it.

A key of the terminal, of tmux or of the shell is never bound (`NEVER`). Users rebind by id in `[keys]` of config.toml.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that a key, or a typed name, does."""

    id: str
    """For `[keys]`; never changes."""
    keys: str
    """Textual's names, apart by commas; empty: only by its name."""
    title: str
    """Two or three words, for footer and palette."""
    action: str
    """Of the app, of the pane or of the widget that `where` names."""
    where: str = "app"
    """`app`, a pane's name, or `table`, `grid`, `story`: whoever has the focus."""
    help: str = ""
    """A sentence where the title does not say all."""
    needs: str = ""
    """What must be there (`lacks` of ui/conditions.py says what is missing)."""
    typed: str = ""
    """Its name behind `:`."""
    takes: str = ""
    """What its argument is, `host` or `rule` …; empty: none."""


COMMANDS: tuple[Command, ...] = (
    Command("go.overview", "1", "overview", "go('overview')", typed="overview"),
    Command("go.controllers", "2", "controllers", "go('controllers')", typed="controllers"),
    Command("go.workers", "3", "workers", "go('workers')", typed="workers"),
    Command("go.matrix", "4", "matrix", "go('matrix')", typed="matrix",
            help="which agent has a link to which controller"),
    Command("go.logs", "5", "logs", "open_logs", needs="logs", typed="logs", takes="filter"),
    Command("go.plan", "6", "plan", "plan", needs="plan", typed="plan", takes="plan"),
    Command("go.operations", "7", "operations", "go('operations')", needs="operations", typed="operations"),
    Command("focus.next", "tab", "next part", "focus_next"),
    Command("focus.previous", "shift+tab", "part before", "focus_previous"),
    Command("help", "?,f1", "keys", "help", help="what each key does here, and what the signs mean", typed="keys"),
    Command("prompt", ":", "command", "prompt", help="a command by its name; Tab completes it"),
    Command("filter", "/", "filter", "filter", needs="filter",
            help="only rows with these words; in a text: the next place"),
    Command("find.next", "n", "next match", "find(1)", needs="match"),
    Command("find.previous", "N", "match before", "find(-1)", needs="match"),
    Command("up", "q,backspace,escape", "back", "up", help="one level up; at the overview it asks whether to leave"),
    Command("leave", "ctrl+q,f10", "leave", "leave", help="asks whether to leave k0stui", typed="q"),
    Command("zoom", "z", "zoom", "zoom", help="only the part that has the focus, or all again"),
    Command("logs", "L", "logs of this", "logs", help="the logs of what is under the cursor", needs="logs"),
    Command("refresh", "r,f5", "look now", "refresh", needs="live", typed="refresh",
            help="ask every host now, not at its pace"),
    Command("reconnect", "R", "reconnect host", "reconnect", help="a new connection to the host under the cursor, now",
            needs="live host", typed="reconnect", takes="host"),
    Command("freeze", "p", "freeze", "freeze", help="what is shown stays; looking goes on", needs="look"),
    Command("copy.row", "y,ctrl+c", "copy", "copy_row", help="the row, cell or text under the cursor, as it is",
            needs="look"),
    Command("copy.command", "Y", "copy command", "copy_command", help="the shell command that shows the same"),
    Command("export", "x", "export", "export", help="this screen as text into a file", needs="look", typed="export"),
    Command("shell", "o", "shell on host", "shell", help="your own ssh to the host under the cursor", needs="host ssh"),
    Command("ran", "@", "commands run", "ran", help="every command that was sent to hosts", typed="debug"),
    Command("redraw", "ctrl+l", "redraw", "redraw", help="paint the screen anew"),
    Command("host", "", "one host", "host", help="every question to one host, with answer and age", needs="look",
            typed="host", takes="host"),
    Command("explain", "", "explain", "explain", help="what a finding means", typed="explain", takes="rule"),
    Command("verify", "", "verify", "verify", help="is it gone? every part of the proof, at each look", needs="look",
            typed="verify"),
    Command("time", "", "go to time", "go_to_time", help="the logs at 02:51, -20m, yesterday 23:10", needs="logs",
            typed="time", takes="time"),
    Command("since", "", "logs since", "since", help="the logs from then on: 1h, 20m, 02:51", needs="logs",
            typed="since", takes="time"),
    Command("unmute", "", "tell again", "unmute", help="tell of muted findings again", needs="look", typed="unmute"),
    Command("set", "", "set", "set", help="theme= tz= lowbw= mouse= for this session", typed="set", takes="setting"),
    Command("lofi", "", "plain lines", "lofi", help="this screen as lines on the normal screen, to select from",
            needs="look", typed="lofi"),
    Command("finding.next", "f", "next finding", "finding(1)", "overview", needs="findings"),
    Command("finding.previous", "F", "finding before", "finding(-1)", "overview", needs="findings"),
    Command("mute", "m", "mute", "mute", "overview", help="do not tell of this finding for a while: how long, and why",
            needs="look"),
    Command("evidence", "enter", "evidence", "evidence", "overview", help="all evidence of the finding shown",
            needs="finding"),
    Command("actions", "a", "act", "actions", help="a menu of what can be done; never an act", needs="look"),
    Command("verdict.down", "down,j", "next part", "focus_next", "verdict"),
    Command("matrix.value", "v", "value", "value", "matrix", help="state and age, age, or what each side counts"),
    Command("logs.filter", "/", "filter", "ask_filter", "logs",
            help='words, "two words", /pattern/, comp: host: level>=W since:-20m; Tab takes what was seen'),
    Command("logs.search", "", "search", "search", "logs", help="find words, with n and N, and hide nothing",
            typed="find", takes="words"),
    Command("logs.follow", "f", "follow", "follow", "logs", help="the newest line, and on from there"),
    Command("logs.error", "e", "next error", "level('E', 1)", "logs"),
    Command("logs.error_before", "E", "error before", "level('E', -1)", "logs"),
    Command("logs.warning", "w", "next warning", "level('W', 1)", "logs", help="or error"),
    Command("logs.warning_before", "W", "warning before", "level('W', -1)", "logs", help="or error"),
    Command("logs.warnings", "!", "warnings only", "warnings", "logs", help="level>=W, or all again"),
    Command("logs.component", "c", "component", "ask_filter('comp:')", "logs", help="those seen, with their lines"),
    Command("logs.host", "u", "host", "ask_filter('host:')", "logs", help="those seen, with their lines"),
    Command("logs.like", "+", "only like this", "like(False)", "logs", help="rows of this template alone"),
    Command("logs.unlike", "-", "none like this", "like(True)", "logs",
            help="hide this template; in the histogram: zoom out"),
    Command("logs.fold", "d", "fold", "fold", "logs", help="repeats as one row with its count, or each line"),
    Command("logs.context", "C", "context", "context", "logs", help="3, 10, all lines of the same host around this"),
    Command("logs.histogram", "i", "histogram", "histogram", "logs",
            help="a cursor on it: h l moves, Enter zooms, - out; R: k0s began anew, ?: lines may be missing"),
    Command("logs.left", "left,h", "left", "sideways(-1)", "logs"),
    Command("logs.right", "right,l", "right", "sideways(1)", "logs"),
    Command("logs.minute_before", "[", "minute before", "minutes(-1)", "logs"),
    Command("logs.minute_after", "]", "minute after", "minutes(1)", "logs"),
    Command("logs.time", "T", "go to time", "ask_time", "logs", help="02:51, -20m, yesterday 23:10, a pasted time"),
    Command("logs.shorter", "<", "shorter window", "window(-1)", "logs"),
    Command("logs.longer", ">", "longer window", "window(1)", "logs",
            help="of the histogram; what is not here yet is fetched"),
    Command("logs.range", "v", "range", "range", "logs", help="of rows, from here to where y copies it"),
    Command("logs.bookmark", "m", "bookmark", "bookmark", "logs"),
    Command("logs.next_bookmark", "'", "next bookmark", "next_bookmark", "logs"),
    Command("logs.wrap", "backslash", "wrap", "wrap", "logs", help="long rows go on below, or to the right"),
    Command("logs.clock", "t", "times", "clock", "logs",
            help="in the zone set, in local time, apart from this row, by each host's own clock"),
    Command("logs.highlight", "", "mark words", "highlight", "logs",
            help="these words, up to four, wherever they stand; again: no more", typed="hl", takes="words"),
    Command("logs.uncap", "", "send all", "uncap", "logs", help="30s: hosts fold nothing for so long",
            typed="uncap", takes="time"),
    Command("logs.export_as", "X", "export as", "export_as", "logs",
            help="each line for itself, as Markdown; :write jsonl and :write text for programs", typed="write",
            takes="form"),
    Command("log.up", "up,k", "up", "move(-1)", "log", help="following ends; f or G goes on"),
    Command("log.down", "down,j", "down", "move(1)", "log"),
    Command("log.page_up", "pageup,b,ctrl+u", "page up", "page(-1)", "log"),
    Command("log.page_down", "pagedown,space,ctrl+d", "page down", "page(1)", "log"),
    Command("log.first", "home,g", "first row", "move(-1000000000)", "log"),
    Command("log.last", "end,G", "last row", "move(1000000000)", "log", help="and follow"),
    Command("log.open", "enter", "open", "choose", "log",
            help="unfold; with a filter: all lines around this one; else the whole line"),
    Command("plan.diff", "D", "diff", "diff", "plan", help="what changes in k0s.yaml"),
    Command("plan.pause", "P", "pause", "pause", "plan", help="the host in flight is finished, then it waits",
            needs="working"),
    Command("plan.go_on", "C", "go on", "go_on", "plan", help="after a pause; all gates are asked first",
            needs="waiting"),
    Command("plan.undo", "B", "undo", "undo", "plan", help="how it would be taken back, step by step; nothing is done"),
    Command("plan.proof", "V", "proof", "proof", "plan", help="is it gone: each part, error rate, before and now"),
    Command("plan.stop", "E", "stop dialog", "stop", "plan",
            help="pause, end after this host, roll back: what follows", needs="operation"),
    Command("table.up", "up,k", "up", "move(-1)", "table"),
    Command("table.down", "down,j", "down", "move(1)", "table"),
    Command("table.page_up", "pageup,b,ctrl+u", "page up", "page(-1)", "table"),
    Command("table.page_down", "pagedown,space,ctrl+d", "page down", "page(1)", "table"),
    Command("table.first", "home,g", "first row", "move(-1000000)", "table"),
    Command("table.last", "end,G", "last row", "move(1000000)", "table"),
    Command("table.open", "enter", "open", "choose", "table"),
    Command("table.sort", "s", "sort", "sort", "table", help="by the next column; after the last one as given"),
    Command("table.reverse", "S", "sort reversed", "reverse", "table"),
    Command("table.problems", "!", "problems only", "problems", "table"),
    Command("grid.up", "up,k", "up", "step(-1, 0)", "grid"),
    Command("grid.down", "down,j", "down", "step(1, 0)", "grid"),
    Command("grid.left", "left,h", "left", "step(0, -1)", "grid"),
    Command("grid.right", "right,l", "right", "step(0, 1)", "grid"),
    Command("grid.first_column", "0", "first controller", "step(0, -1000000)", "grid"),
    Command("grid.last_column", "$", "last controller", "step(0, 1000000)", "grid"),
    Command("grid.first", "home,g", "first row", "step(-1000000, 0)", "grid"),
    Command("grid.last", "end,G", "last row", "step(1000000, 0)", "grid"),
    Command("grid.page_up", "pageup,b,ctrl+u", "page up", "page(-1)", "grid"),
    Command("grid.page_down", "pagedown,space,ctrl+d", "page down", "page(1)", "grid"),
    Command("grid.turn", "t", "turn", "turn", "grid", help="rows and columns exchanged"),
    Command("grid.unfold", "d", "equal rows", "unfold", "grid", help="show or fold rows that look alike"),
    Command("grid.open", "enter", "story", "choose", "grid", help="why the cell says what it says"),
    Command("story.up", "up,k", "up", "read(-1)", "story"),
    Command("story.down", "down,j", "down", "read(1)", "story"),
    Command("story.page_up", "pageup,b,ctrl+u", "page up", "read_page(-1)", "story"),
    Command("story.page_down", "pagedown,space,ctrl+d", "page down", "read_page(1)", "story"),
    Command("story.first", "home,g", "first line", "read(-1000000)", "story"),
    Command("story.last", "end,G", "last line", "read(1000000)", "story"),
)  # fmt: skip

BY_ID = {command.id: command for command in COMMANDS}

WIDGETS = frozenset({"table", "grid", "story", "log"})
"""These run their actions themselves; all others go through the app, which says why when it is not possible."""

NEVER = frozenset(
    {"ctrl+a", "ctrl+b", "ctrl+s", "ctrl+z", "ctrl+backslash", "ctrl+h", "ctrl+i", "ctrl+j", "ctrl+m",
     "ctrl+left_square_bracket", "ctrl+p", "tilde", "ctrl+c"}
)  # fmt: skip
"""Taken by the terminal, screen, tmux or the shell, or another key on the wire. ctrl+c, where users expect a copy or
fear an end, only ever copies."""

ALIASES = frozenset({"ctrl+q", *(f"f{number}" for number in range(1, 13))})
"""Never the only key of a command: terminals and editors take them."""


def of(where: str) -> tuple[Command, ...]:
    """The commands of one place, in the order listed."""
    return tuple(command for command in COMMANDS if command.where == where)


def bindings(where: str) -> list[Binding | tuple[str, str] | tuple[str, str, str]]:
    """Textual's bindings of one place."""
    return [
        Binding(
            command.keys,
            command.action if where in WIDGETS else f"app.run_command('{command.id}')",
            command.title,
            show=False,
            id=command.id,
        )
        for command in of(where)
        if command.keys
    ]


def is_forbidden(key: str) -> bool:
    """Whether a key may never be bound: see `NEVER`; alt+x is split on slow links."""
    return key.strip().lower() in NEVER or key.strip().lower().startswith("alt+")


def keymap(wanted: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The user's keys that can be had, and a sentence for each that cannot."""
    taken: dict[str, str] = {}
    complaints = []
    for ident, keys in wanted.items():
        forbidden = next((key for key in keys.split(",") if is_forbidden(key)), None)
        if ident not in BY_ID:
            complaints.append(f"keys.{ident}: there is no such command; `?` lists the ids")
        elif forbidden:
            complaints.append(f"keys.{ident}: {forbidden} belongs to the terminal, tmux or the shell; not bound")
        else:
            taken[ident] = keys
    return taken, tuple(complaints)


SHOWN = {
    "question_mark": "?", "colon": ":", "slash": "/", "exclamation_mark": "!", "at": "@", "dollar_sign": "$",
    "pageup": "PgUp", "pagedown": "PgDn", "escape": "Esc", "backspace": "Bksp", "enter": "Enter", "space": "Space",
    "home": "Home", "end": "End", "up": "Up", "down": "Down", "left": "Left", "right": "Right", "tab": "Tab",
    "shift+tab": "S-Tab",
}  # fmt: skip


LEAVING = ("up", "leave")
"""What leaves the program while there is nothing in it yet."""


def leaves(key: str, rebound: Mapping[str, str]) -> bool:
    """Whether a key leaves the program while there is nothing in it yet."""
    return any(key in rebound.get(ident, BY_ID[ident].keys).split(",") for ident in LEAVING)


def shown_keys(command: Command, rebound: Mapping[str, str]) -> str:
    """The keys as help writes them: `q Bksp Esc`."""
    keys = rebound.get(command.id, command.keys)
    return " ".join(SHOWN.get(key.strip(), key.strip()) for key in keys.split(",") if key)


def first_key(command: Command, rebound: Mapping[str, str]) -> str:
    """The one key that the footer names."""
    return shown_keys(command, rebound).partition(" ")[0]
