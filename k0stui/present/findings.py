"""Findings: the list with what explains what, and one in full with its evidence and its page."""

from __future__ import annotations

from k0stui.model.finding import Evidence, Finding
from k0stui.present.cells import SIGNS, Cell, Line, Tone, age, line, sign
from k0stui.present.look import Look
from k0stui.present.story import LABEL, fact
from k0stui.present.times import clock
from k0stui.present.verdict import TONES
from k0stui.rules.facts.wording import names


def findings_lines(look: Look) -> tuple[Line, ...]:
    """All causes with their consequences under them, then what could not be judged."""
    lines: list[Line] = []
    for cause in look.diagnosis.causes:
        lines.append(_short(cause))
        lines += [_explained(one) for one in look.diagnosis.consequences(cause.rule)]
    if not lines:
        lines.append(line(f"0 problems; {look.diagnosis.rules} rules ran", tone=Tone.OK))
    lines += [_unsure(entry.rule, entry.why) for entry in look.diagnosis.inconclusive]
    return tuple(lines)


def _short(found: Finding) -> Line:
    tone = TONES[found.severity]
    return (Cell(f"{sign(tone)} ", tone), Cell(f"{found.rule}  ", Tone.HEAD), Cell(names(found.subjects), Tone.DIM))


def _explained(found: Finding) -> Line:
    return (Cell("    explains ", Tone.DIM), Cell(f"{found.rule}  "), Cell(names(found.subjects), Tone.DIM))


def _unsure(rule: str, why: str) -> Line:
    return (Cell(f"{sign(Tone.UNKNOWN)} ", Tone.UNKNOWN), Cell(f"{rule}: {why}"))


def evidence_story(look: Look, rule: str, page: str, zone: str = "UTC") -> tuple[Line, ...]:
    """One finding in full: sentence, evidence with ages, consequences, what to do, and its page. A finding that is
    gone says so, rather than leaving an empty screen."""
    mine = [found for found in look.diagnosis.findings if found.rule == rule]
    lines: list[Line] = []
    for found in mine:
        lines += _told(found, look, zone)
    if not mine:
        lines = [line(f"{rule} is not found any more", tone=Tone.OK), ()]
    return (*lines, line(f"What {rule} means", tone=Tone.HEAD), (), *page_lines(page))


def _told(found: Finding, look: Look, zone: str) -> list[Line]:
    tone = TONES[found.severity]
    head: Line = (Cell(f"{sign(tone)} {SIGNS[tone].word} ", tone), Cell(found.sentence, Tone.HEAD))
    lines: list[Line] = [head]
    if found.since:
        lines.append(fact("since", f"{found.since:%Y-%m-%d} {clock(found.since, zone)} at least"))
    lines += [_proof(evidence, look) for evidence in found.evidence]
    if found.ruled_out:
        lines.append(fact("not it", ", ".join(found.ruled_out)))
    lines += [fact("explains", f"{one.rule}: {one.sentence}") for one in look.diagnosis.consequences(found.rule)]
    if found.explained_by:
        lines.append(fact("because", found.explained_by))
    if found.plan:
        lines.append(fact("cure", f"k0stui plan {found.plan}   (a shows it; nothing changes before a name is typed)"))
    if found.remedy:
        lines.append(fact("do", found.remedy))
    return [*lines, ()]


def _proof(evidence: Evidence, look: Look) -> Line:
    where = f"{evidence.host} " if evidence.host else ""
    aged = age((look.now - evidence.at).total_seconds())
    return (
        Cell("  proof".ljust(LABEL), Tone.DIM),
        Cell(f"{where}{evidence.probe}: ", Tone.DIM),
        Cell(evidence.value),
        Cell(f"   {aged}", Tone.DIM),
    )


def page_lines(page: str) -> tuple[Line, ...]:
    """A page of Markdown as lines: paragraphs joined, headings as heads, code as it is."""
    lines: list[Line] = []
    paragraph: list[str] = []
    code = False

    def flush() -> None:
        if paragraph:
            lines.append(line(" ".join(paragraph)))
            paragraph.clear()

    for text in page.splitlines():
        fence = text.startswith("```")
        if code or fence or not text.strip() or text.startswith(("#", "    ")):
            flush()
        code = code != fence
        if fence:
            continue
        if code or text.startswith("    "):
            lines.append(line(f"    {text.strip()}" if not code else f"    {text}", tone=Tone.INFO))
        elif text.startswith("#"):
            lines.append(line(text.lstrip("# "), tone=Tone.HEAD))
        elif not text.strip():
            lines.append(())
        elif text.lstrip().startswith(("- ", "* ", "1.", "2.", "3.", "4.", "5.", "6.", "7.", "8.", "9.")):
            flush()
            paragraph.append(text.rstrip())
        else:
            paragraph.append(text.strip() if paragraph else text.rstrip())
    flush()
    return tuple(lines)
