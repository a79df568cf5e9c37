"""A process that only has to be there: containerd's place."""

from signal import pause

from standin.process import hide_interpreter


def main() -> None:
    hide_interpreter()
    pause()
