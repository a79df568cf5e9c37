"""What each of our commands would print on a simulated host.

A probe is known by its own text (`catalogue.question_of`): an answer here and its reader there speak of one question.
Other programs, which acts and plans call by name, are in `programs`; guard and log folding run for real (`errand`).
"""

from __future__ import annotations

from k0stui.connect.left import is_about_left
from k0stui.demo import controller_answers, host_answers, k0s_answers, worker_answers
from k0stui.demo.errand import Errand
from k0stui.demo.guard_place import GuardPlace, is_guard
from k0stui.demo.journal_answers import batch, files, first, is_batch, is_files, is_first
from k0stui.demo.programs import run_program
from k0stui.demo.said import Answer, Asked, Elsewhere, Said, say
from k0stui.probes.catalogue import question_of

ANSWERS: dict[str, Answer] = {
    **host_answers.ANSWERS,
    **k0s_answers.ANSWERS,
    **controller_answers.ANSWERS,
    **worker_answers.ANSWERS,
}
"""By the probe's name."""

NEEDS_PASSWORD = say(error="sudo: a password is required\n", status=1)


def answer(asked: Asked, place: GuardPlace) -> Said | Errand:
    """The end of one command, or the errand that leads to it; what nobody knows is exit 127."""
    if asked.command.sudo and not asked.host.sudo:
        return NEEDS_PASSWORD
    if is_guard(asked):
        return place.errand(asked)
    if is_about_left(asked.command):
        return place.left(asked)
    if is_batch(asked):
        return batch(asked)
    if is_first(asked):
        return first(asked)
    if is_files(asked):
        return files(asked)
    question = question_of(asked.command)
    try:
        return ANSWERS[question](asked) if question else run_program(asked)
    except Elsewhere:
        return say(error=f"sh: {question}: not on this kind of host\n", status=1)
