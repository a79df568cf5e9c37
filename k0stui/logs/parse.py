"""How bad a line is and who wrote it, found at arrival in a microsecond; everything else waits until it is drawn.

The outer level of a line that k0s passes on from a child is always info, so the child's own mark decides: klog's
letter, etcd's and containerd's `level`, Envoy's word. Continuation lines belong to the last line of their component.
"""

from __future__ import annotations

import re
from array import array
from typing import NamedTuple

from k0stui.logs.record import Records
from k0stui.logs.template import Templates, error_span
from k0stui.model.log import Level

CONTINUATION = 1
"""Flag: a further line of the record before it of the same component."""
UNPARSED = 2
"""Flag: none of the known forms."""
MARK = 4
"""Flag: our own record in the stream: a gap, a drop, a clock step."""
FOLDED = 8
"""Flag: stands for lines that were counted on the host and not sent."""
LATE = 16
"""Flag: came after the reorder window; put in at its time all the same."""

CHUNK = 16_000
"""Characters. k0s cuts a child's line at 16 KiB (pkg/supervisor/supervisor.go): what follows goes on with it."""

_CHILD = (" stream=stderr", " stream=stdout")
"""How k0s ends a line that it passes on. Its own lines about a child go on nothing of the child's."""

_USUAL = '" level=info msg="'
"""At character 25 of a line that k0s passes on: before it the time, after it the child's own line."""

BEGINNING = 104
"""Characters: location and the first words, enough to tell a component's lines apart."""

_LETTERS = {"I": 2, "W": 3, "E": 4, "F": 5}
_WORDS = {"t": 1, "d": 1, "i": 2, "n": 2, "w": 3, "e": 4, "f": 5, "p": 5, "c": 5}
"""`Level` by first letter: trace debug info notice warning error fatal panic dpanic critical."""

_klog = re.compile(r"([IWEF])[0-9]{4} [0-9:.]+ +([0-9]+) ([^] ]+)\] ?")
_level_word = re.compile(r'\\?"?level\\?"?[=:]\\?"?([a-z])')
_envoy = re.compile(r"\[[0-9-]+ [0-9:.]+\]\[[0-9]+\]\[([a-z]+)\]\[[^]]*\] \[([^]]+)\] *")
_caller = re.compile(r'\\?"caller\\?":\\?"([^"\\]*)')
_inner_message = re.compile(r'level=[a-z]+ msg=\\"')
_trouble = re.compile(r"(?:[0-9/]+ [0-9:.]+ )?(panic|fatal error|fatal|error|warning|warn): ", re.IGNORECASE)
_zerolog = re.compile(r"[0-9T:.Z+-]+ (TRC|DBG|INF|WRN|ERR|FTL|PNC) ")
_ZEROLOG = dict(zip(("TRC", "DBG", "INF", "WRN", "ERR", "FTL", "PNC"), (1, 1, 2, 3, 4, 5, 5), strict=True))


Head = tuple[int, int, int]
"""What is kept of a line beside its text: level, flags, number in `Templates` (which has component and location)."""


class _Repeat(NamedTuple):
    """A line of the usual form, by the parts that decide its head."""

    piece: str
    """From the blank before the location to behind the error, or of a line without one to the end of the location."""
    quiet: bool
    """It has no error: neither may a line like it."""
    tail: str
    """From ` component=` on."""
    component: str
    heads: tuple[Head, ...]
    """By level."""


class Heads:
    """The heads of a batch, in columns."""

    def __init__(self, heads: list[Head]) -> None:
        levels, flags, templates = zip(*heads, strict=True) if heads else ((), (), ())
        self.levels = bytearray(levels)
        self.flags = bytearray(flags)
        self.templates = array("I", templates)


class HeadReader:
    """Reads one source's lines in their order: continuation lines take level and template from the line before them."""

    def __init__(self, templates: Templates, component: str = "") -> None:
        self._templates = templates
        self._component = component
        """Of lines that name none: the container of a pod file. Empty for a unit's journal."""
        self._last: dict[str, Head] = {}
        self._long: set[str] = set()
        """Components whose last line was cut at 16 KiB."""
        self._repeats: dict[str, _Repeat] = {}
        """By the beginning of the location and message: the line seen last that begins so."""
        self._begun: dict[str, int] = {}
        """Level by all that stands before klog's time, `" level=info msg="E0204`, of lines in the usual form."""

    def read(self, records: Records) -> Heads:
        """The heads of `records`, as many."""
        again, head = self._again, self.head
        texts = zip(records.tags, records.texts, strict=True)
        found = Heads([again(text) or head(tag, text) for tag, text in texts])
        for index in records.unparsed:
            found.flags[index] |= UNPARSED
        return found

    def _again(self, text: str) -> Head | None:
        """The head of a line like one that was seen, by a few comparisons; None: the slow way must find it. The only
        part of a line that is not looked at is what follows the error."""
        level = self._begun.get(text[25:48])
        known = self._repeats.get(text[72:BEGINNING])
        if level is None or known is None or self._long or len(text) > CHUNK:
            return None
        piece, quiet, tail, component, heads = known
        at = len(text) - len(tail)
        if not text.startswith(piece, 72) or text.find(" component=", 72) != at or not text.endswith(tail):
            return None
        if quiet and " err=" in text:
            return None
        found = self._last[component] = heads[level]
        return found

    def head(self, tag: str, text: str) -> Head:
        """Level, flags and template of one line. Total."""
        if text.startswith(_USUAL, 25) and text[43:44] in _LETTERS and text[72:73] == " ":
            found = self._usual(text)
            if found is not None:
                return found
        if not text.startswith('time="'):
            return self._bare(tag, text)
        if text.startswith(_USUAL, 25):
            level_at, body = 33, 43
        else:
            level_at = text.find(" level=", 6) + 7
            body = text.find(" msg=", level_at) + 5
            if level_at < 7 or body < 5:
                return self._bare(tag, text)
            body += text.startswith('"', body)
        component = self._named(text, body)
        last = self._last.get(component)
        if last is not None and text.startswith(("\\t", " "), body):
            return (last[0], CONTINUATION, last[2])
        found = self._known_form(component, text, body)
        if found is None:
            found = self._plain(component, text, body, _WORDS.get(text[level_at : level_at + 1], Level.UNKNOWN))
        if text.endswith(_CHILD):
            self._last[component] = found
        return found

    def _usual(self, text: str) -> Head | None:
        """The form that floods: a klog child's line with all parts where they always are. Worth a third of the time."""
        close = text.find("]", 73, 163)
        at = text.find(" component=", close)
        end = text.find(" ", at + 11)
        if close < 0 or at < 0 or end < 0 or " " in text[73:close] or not text[44:48].isdecimal():
            return None
        component = text[at + 11 : end]
        found = (_LETTERS[text[43]], 0, self._templates.located(component, text, 73, close))
        self._last[component] = found
        if len(text) > CHUNK or self._long:
            self._cut(component, text)
        else:
            self._remember(component, text, close, at, found[2])
        return found

    def _remember(self, component: str, text: str, close: int, at: int, template: int) -> None:
        """So that the next line like this one is known by a few comparisons. Not with an error that has numbers in it:
        it differs from line to line."""
        begin, stop = error_span(text, close)
        if stop > at or (begin >= 0 and "#" in self._templates[template].key):
            return
        if len(self._repeats) > 1_000 or len(self._begun) > 1_000:
            self._repeats.clear()
            self._begun.clear()
        end = close + 1 if begin < 0 else min(stop + 2, at)
        heads = tuple((level, 0, template) for level in range(max(Level) + 1))
        self._repeats[text[72:BEGINNING]] = _Repeat(text[72:end], begin < 0, text[at:], component, heads)
        self._begun[text[25:48]] = _LETTERS[text[43]]

    def _cut(self, component: str, text: str) -> None:
        """Remember whether the next line of `component` may be the rest of this one."""
        if len(text) > CHUNK:
            self._long.add(component)
        else:
            self._long.discard(component)

    def _named(self, text: str, body: int) -> str:
        """The component after ` component=`, else our own."""
        at = text.find(" component=", body)
        if at < 0:
            return self._component
        end = text.find(" ", at + 11)
        return text[at + 11 :] if end < 0 else text[at + 11 : end]

    def _known_form(self, component: str, text: str, body: int) -> Head | None:
        """A child's own form at `text[body:]`, or None."""
        first = text[body : body + 1]
        if first in _LETTERS and text[body + 1 : body + 5].isdecimal():
            return self._klog(component, text, body)
        if first in ("\\", " ", "\t", "["):
            return self._continued(component, text, body, first) or self._envoy(component, text, body)
        if first == "{":
            return self._json(component, text, body)
        if first == "t" and text.startswith(("time=\\", 'time="'), body):
            return self._logfmt(component, text, body)
        return self._chunk(component, text)

    def _klog(self, component: str, text: str, body: int) -> Head | None:
        close = text.find("]", body + 20, body + 120)
        start = text.rfind(" ", body, close) + 1
        if close < 0 or start == 0:
            return None
        self._cut(component, text)
        return (_LETTERS[text[body]], 0, self._templates.located(component, text, start, close))

    def _continued(self, component: str, text: str, body: int, first: str) -> Head | None:
        if first == "\\" and text[body + 1 : body + 2] != "t":
            return None
        if first == "[" and text[body + 1 : body + 3] not in ("+]", "-]"):
            return None
        last = self._last.get(component)
        return None if last is None else (last[0], CONTINUATION, last[2])

    def _chunk(self, component: str, text: str) -> Head | None:
        """What follows a piece of 16 KiB and has no form of its own is the rest of it."""
        if component not in self._long:
            return None
        self._cut(component, text)
        last = self._last.get(component)
        return None if last is None else (last[0], CONTINUATION, last[2])

    def _json(self, component: str, text: str, body: int) -> Head | None:
        """etcd's zap lines."""
        level = _level_word.search(text, body, body + 80)
        if level is None:
            return None
        caller = _caller.search(text, body, body + 300)
        if caller is None:
            template = self._templates.worded(component, text, body)
        else:
            template = self._templates.located(component, text, caller.start(1), caller.end(1))
        return (_WORDS.get(level[1], Level.UNKNOWN), 0, template)

    def _logfmt(self, component: str, text: str, body: int) -> Head | None:
        """containerd, and k0s' own sub-processes."""
        level = _level_word.search(text, body, body + 80)
        if level is None:
            return None
        message = _inner_message.search(text, body, body + 100)
        start = body if message is None else message.end()
        return (_WORDS.get(level[1], Level.UNKNOWN), 0, self._templates.worded(component, text, start))

    def _envoy(self, component: str, text: str, body: int) -> Head | None:
        found = _envoy.match(text, body)
        if found is None:
            return None
        place = found[2].rpartition("/")[2]
        template = self._templates.located(component, text, found.end(2) - len(place), found.end(2))
        return (_WORDS.get(found[1][0], Level.UNKNOWN), 0, template)

    def _plain(self, component: str, text: str, body: int, outer: int) -> Head:
        """Words only. k0s' own level counts where the line is its own; a child's (`stream=`) says nothing."""
        if text.endswith(_CHILD):
            outer = _trouble_level(text, body)
        self._cut(component, text)
        return (outer, 0, self._templates.worded(component, text, body))

    def _bare(self, tag: str, text: str) -> Head:
        """Without k0s' wrapper: systemd, journald, client-go inside k0s, pod files."""
        name = tag.partition("[")[0]
        component = self._component if name in ("k0s", "") else name
        found = self._known_form(component, text, 0) or self._zerolog(component, text)
        if found is None:
            found = self._words(name, component, text)
        self._last[component] = found
        return found

    def _zerolog(self, component: str, text: str) -> Head | None:
        found = _zerolog.match(text)
        if found is None:
            return None
        return (_ZEROLOG[found[1]], 0, self._templates.worded(component, text, found.end()))

    def _words(self, name: str, component: str, text: str) -> Head:
        level = _trouble_level(text, 0)
        template = self._templates.worded(component, text, 0)
        if level == Level.UNKNOWN and name.startswith("systemd"):
            return (_systemd_level(text), 0, template)
        return (level, 0 if level else UNPARSED, template)


def _trouble_level(text: str, body: int) -> int:
    found = _trouble.match(text, body)
    return Level.UNKNOWN if found is None else _WORDS[found[1][0].lower()]


def _systemd_level(text: str) -> Level:
    """systemd's own PRIORITY does not come with the short form; its wording is stable (src/core/unit.c, service.c)."""
    if "Failed" in text or "failed" in text or "FAILURE" in text:
        return Level.ERROR
    if "Suppressed" in text or "unclean termination" in text or "killed" in text:
        return Level.WARNING
    return Level.INFO
