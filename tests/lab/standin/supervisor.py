"""k0s' supervisor: keep one child running, with a pid file, and pass its lines on. k0s pkg/supervisor/supervisor.go."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from pathlib import Path

from standin import log
from standin.settings import RUN

RESPAWN = 5.0
TIMEOUT_STOP = 5.0


class Supervised:
    """One child; `start` and `stop` may be called in turn. Stop never kills: an orphan may outlive k0s, as there."""

    def __init__(self, name: str, argv: list[str], component: str | None = None) -> None:
        self.name, self.argv, self.component = name, argv, component or name
        self.process: subprocess.Popen | None = None
        self._wanted = threading.Event()
        self._keeper: threading.Thread | None = None

    @property
    def pid_file(self) -> Path:
        return RUN / f"{self.name}.pid"

    def start(self) -> None:
        end_stale(self.pid_file)
        log.say("Starting to supervise", self.component)
        self._wanted.set()
        self._spawn()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()

    def _spawn(self) -> None:
        self.process = subprocess.Popen(
            self.argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "_K0S_MANAGED": "yes"},
        )
        self.pid_file.write_text(str(self.process.pid))
        log.say(f"Started successfully, go nuts pid {self.process.pid}", self.component)
        threading.Thread(target=self._pass_on, args=(self.process.stdout,), daemon=True).start()

    def _pass_on(self, stream) -> None:  # type: ignore[no-untyped-def]
        rest = b""
        while chunk := os.read(stream.fileno(), 65536):
            *lines, rest = (rest + chunk).split(b"\n")
            if lines:
                os.write(2, log.wrapped([each.decode(errors="replace") for each in lines], self.component))
        stream.close()

    def _keep(self) -> None:
        while True:
            status = self.process.wait()  # type: ignore[union-attr]
            if not self._wanted.is_set():
                log.say("Process terminated successfully", self.component)
                return
            log.say(f"Process terminated unexpectedly: exit status {status}", self.component, "warning")
            log.say("respawning in 5s", self.component)
            time.sleep(RESPAWN)
            while self._wanted.is_set():
                try:
                    self._spawn()
                    break
                except OSError as error:
                    log.say(f"Failed to start: {error}", self.component, "error")
                    time.sleep(RESPAWN)

    def stop(self) -> None:
        self._wanted.clear()
        process = self.process
        if process and process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(TIMEOUT_STOP)
            except subprocess.TimeoutExpired:
                log.say("timed out after 5s while waiting for process to terminate", self.component, "warning")
                return
        self.pid_file.unlink(missing_ok=True)

    def restart(self, argv: list[str]) -> None:
        self.stop()
        self.argv = argv
        self.start()


def end_stale(pid_file: Path) -> None:
    """End what an earlier k0s left running under this pid file; only what carries k0s' mark. Here k0s does kill."""
    try:
        pid = int(pid_file.read_text())
        if b"_K0S_MANAGED=yes" not in Path(f"/proc/{pid}/environ").read_bytes():
            return
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + TIMEOUT_STOP
        while Path(f"/proc/{pid}").exists():
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.1)
    except (OSError, ValueError):
        return
