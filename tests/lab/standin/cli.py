"""The `k0s` command: hands each verb to the module that answers it, and loads only that."""

from __future__ import annotations

import sys


def main() -> None:
    verb = sys.argv[1] if len(sys.argv) > 1 else ""
    rest = sys.argv[2:]
    match verb:
        case "controller":
            from standin import controller

            controller.main()
        case "worker":
            from standin import worker

            worker.main()
        case "kubectl" | "kc":
            from standin import kubectl

            kubectl.main(rest)
        case _:
            from standin import verbs

            sys.exit(verbs.run(verb, rest))
