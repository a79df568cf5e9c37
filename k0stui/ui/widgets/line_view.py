"""The base of k0stui's own widgets: rows of cells, drawn line by line, and only the lines that changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.events import Key
from textual.geometry import Offset, Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from k0stui.present.cells import Cell, Line, Tone, in_ascii


class LineView(ScrollView):
    """A scrolled list of lines. Subclasses say how many there are and what stands on each.

    Cells carry text and tone; a tone's look comes from the style sheet, by way of the app: twenty widgets that each
    had their own fourteen looks cost a tenth of a second at the start. Text is drawn as it is: there is no markup.
    """

    fixed_lines = 0
    """Lines at the top that do not scroll: head rows."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._strips: dict[int, Strip] = {}
        self._tone_styles: dict[Tone, Style] = {}
        self._reading = Offset(0, 0)

    # -- for subclasses

    def line_at(self, y: int) -> Line:
        """The line `y` of the whole content, head rows first."""
        raise NotImplementedError

    def line_count(self) -> int:
        """How many lines there are, head rows included."""
        raise NotImplementedError

    def is_marked(self, y: int) -> bool:
        """Whether the line is drawn as selected."""
        return False

    def redraw_lines(self, lines: Iterable[int]) -> None:
        """Draw these lines of the content again, where they are in sight."""
        top = self.scroll_offset.y
        for y in lines:
            self._strips.pop(y, None)
            shown = y if y < self.fixed_lines else y - top
            if (y < self.fixed_lines or shown >= self.fixed_lines) and 0 <= shown < self.size.height:
                self.refresh(Region(0, shown, self.size.width, 1))

    def redraw_all(self) -> None:
        """Draw everything again, and note a new number of lines."""
        self._strips.clear()
        size = Size(self.size.width, self.line_count())
        if size != self.virtual_size:
            self._grow(size)
        self.refresh()

    def _grow(self, size: Size) -> None:
        """Without a layout of the whole screen, where our own height does not follow: there are no scroll bars."""
        if self.styles.is_auto_height:
            self.virtual_size = size
            return
        self.set_reactive(LineView.virtual_size, size)
        if self.scroll_offset.y > self.max_scroll_y:
            self.scroll_line_to(self.max_scroll_y)

    async def handle_key(self, event: Key) -> bool:
        """No key runs a method by its name: Textual would call a `key_x` of ours for `x`. Keys are bindings here."""
        return False

    # -- drawing

    def render_lines(self, crop: Region) -> list[Strip]:
        """Lines ready for the terminal. Textual asks for all of them whenever one changed, so they are kept finished,
        filters included; its own cache of lines is passed over, as there is no border or padding to add."""
        kept, top = self._strips.get, self.scroll_offset.y
        lines = [kept(y if y < self.fixed_lines else y + top) or self.render_line(y) for y in crop.line_range]
        if crop.column_span != (0, self.size.width):
            return [strip.crop(*crop.column_span) for strip in lines]
        return lines

    def render_line(self, y: int) -> Strip:
        content = y if y < self.fixed_lines else y + self.scroll_offset.y
        strip = self._strips.get(content)
        if strip is None:
            strip = self._strips[content] = self._drawn(content)
        return strip

    def _drawn(self, y: int) -> Strip:
        width = self.size.width
        if y >= self.line_count():
            return Strip.blank(width, self.rich_style)
        line = self.line_at(y)
        if self.is_marked(y):  # one bar: signs and words say what colours would only repeat
            line = tuple(Cell(cell.text, Tone.SELECTED) for cell in (*line, Cell(" " * width)))
        drawn = strip_of(line, width, self.rich_style, self.tone_style, ascii_only=self.ascii_only)
        background = self.background_colors[1]
        for line_filter in self.get_line_filters():
            drawn = drawn.apply_filter(line_filter, background)
        return drawn

    def tone_style(self, tone: Tone) -> Style:
        """How the theme draws a tone, on this widget's background."""
        style = self._tone_styles.get(tone)
        if style is None:
            found = self.app.get_component_styles(f"tone--{tone.value}").partial_rich_style
            style = self._tone_styles[tone] = found
        return style

    @property
    def ascii_only(self) -> bool:
        return bool(getattr(self.app, "ascii_only", False))

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._tone_styles = {}
        self._strips = {}

    def on_resize(self) -> None:
        self.redraw_all()

    def scroll_line_to(self, y: float) -> None:
        """Bring a scrolled line to the top, at once."""
        self.scroll_to(y=y, animate=False, immediate=True, force=True)

    def bring_into_sight(self, y: int) -> None:
        """Scroll as little as needed for a line, counted after the head rows."""
        top, room = self.scroll_offset.y, max(1, self.size.height - self.fixed_lines)
        if y < top or y >= top + room:
            self.scroll_line_to(y if y < top else y - room + 1)

    def put_cursor(self, x: int, y: int) -> None:
        """Tell the terminal where the focus is, for Braille lines and magnifiers; `y` is a line of the content."""
        self._reading = Offset(x, y)
        self._tell_cursor()
        self.call_after_refresh(self._tell_cursor)  # a pane that was just shown has its place only then

    def _tell_cursor(self) -> None:
        if self.has_focus:
            x, y = self._reading
            row = y if y < self.fixed_lines else y - self.scroll_offset.y
            where = self.content_region.offset + Offset(x, row)
            if where != self.app.cursor_position:
                self.app.cursor_position = where
                self.refresh(Region(x, row, 1, 1))  # Textual writes the cursor's place behind a picture only


def strip_of(line: Line, width: int, base: Style, style: Callable[[Tone], Style], *, ascii_only: bool = False) -> Strip:
    """A line as Textual draws it: cut or filled to `width` columns."""
    segments = [
        Segment(in_ascii(cell.text) if ascii_only else cell.text, base + style(cell.tone)) for cell in line if cell.text
    ]
    return Strip(segments).adjust_cell_length(width, base).crop(0, width)


def split_line(left: Line, right: Line, width: int) -> Line:
    """`left` at the left, `right` at the right edge; the right part gives way from its end when there is no room."""
    room = width - sum(cell_len(cell.text) for cell in left)
    kept = list(right)
    while kept and sum(cell_len(cell.text) for cell in kept) + 1 > room:
        kept.pop()
    gap = room - sum(cell_len(cell.text) for cell in kept)
    return (*left, Cell(" " * gap), *kept) if kept else left
