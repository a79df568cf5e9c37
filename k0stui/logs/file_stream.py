"""Where some log files of one host stand: containers on workers, k0s' own files under OpenRC."""

from __future__ import annotations

from datetime import timedelta

from k0stui.logs import marks
from k0stui.logs.files import PIECE, Piece, files_command, from_whole_line, read_files, read_zone, why_incomplete
from k0stui.logs.record import CriReader, FileReader, decode
from k0stui.logs.source_log import Gap, SourceLog
from k0stui.logs.store import LogStore
from k0stui.logs.stream import micros
from k0stui.model.host import HostName
from k0stui.model.log import Source
from k0stui.ports import Command, Reply

FAR = 4 * 1024 * 1024
"""Bytes of one file that wait: then reading goes on near its end. Follow shows *now*; pods' logs rotate at 10 MiB."""


class FileStream:
    """Some log files of one host, by inode and offset."""

    def __init__(self, source: Source, store: LogStore, patterns: tuple[str, ...], *, pods: bool) -> None:
        self.behind = False
        """More is waiting in some file than one answer took: ask again at once."""
        self._source = source
        """Of k0s' own files; a pod's file is a source of its own."""
        self._store = store
        self._patterns = patterns
        self._pods = pods
        self._positions: dict[int, int] | None = None
        self._readers: dict[int, CriReader | FileReader] = {}
        self._left_out: dict[int, int] = {}
        """Bytes of a file that were passed over just now: told with the first line behind them."""
        self._zone = timedelta(0)
        """Of the host."""
        self._failure = ""
        """Why the last answer could not be used."""

    def ask(self) -> Command:
        """The command for what came since."""
        return files_command(self._patterns, self._positions)

    def keep(self, reply: Reply) -> bool:
        """Keep the answer; whether it brought anything, be it only the news that it is none."""
        why, before = why_incomplete(reply), self._failure
        self._failure = why
        if why and why != before:
            text = marks.noted(str(self._source.host), f"{' '.join(self._patterns)}: not read, {why}")
            self._store.mark(self._store.log(self._source), micros(reply.answered), text)
        self._zone = read_zone(reply) or self._zone
        pieces = read_files(reply, first=self._positions is None)
        if pieces or not why:
            self._positions = (self._positions or {}) | {piece.inode: piece.next_offset for piece in pieces}
        for piece in pieces:
            if piece.data:
                self._keep(piece)
            if piece.behind > FAR:
                self._jump(piece)
        self.behind = any(piece.behind for piece in pieces)
        return why != before or any(piece.data for piece in pieces)

    def _keep(self, piece: Piece) -> None:
        log, left_out = self._log(piece), self._left_out.pop(piece.inode, 0)
        whole = from_whole_line(piece) if left_out else piece
        records = self._reader(piece).feed(decode(whole.data).split("\n")[:-1])
        if left_out:
            self._tell(piece, log, left_out, next((time for time in records.times if time > 0), 0))
        self._store.append(log, records)

    def _jump(self, piece: Piece) -> None:
        """Pass over all but the last piece of a file."""
        assert self._positions is not None
        self._left_out[piece.inode] = piece.behind - PIECE
        self._positions[piece.inode] = piece.next_offset + piece.behind - PIECE
        self._readers.pop(piece.inode, None)  # a record that was under way ends nowhere

    def _tell(self, piece: Piece, log: SourceLog, size: int, end: int) -> None:
        start = log.times[-1] if log.times else end
        text = marks.behind(str(self._source.host), piece.container, size)
        self._store.mark(log, end or start, text, Gap(min(start, end or start), end or start, "behind"))

    def _reader(self, piece: Piece) -> CriReader | FileReader:
        reader = self._readers.get(piece.inode)
        if reader is None:
            reader = self._readers[piece.inode] = CriReader() if self._pods else FileReader()
        if isinstance(reader, FileReader):
            reader.offset = self._zone
        return reader

    def _log(self, piece: Piece) -> SourceLog:
        if not self._pods:
            return self._store.log(self._source)
        host: HostName = self._source.host
        return self._store.log(Source(host, piece.container), piece.container)
