"""The table: the cursor stays on its key, rows stay in their place, only what changed is drawn."""

from __future__ import annotations

from rich.cells import cell_len

from k0stui.present.cells import Cell, Tone, plain
from k0stui.present.table import Column, Row
from k0stui.ui.widgets import table as table_module
from k0stui.ui.widgets.table import Table
from tests.ui.widgets.app import OneWidget, redrawn

COLUMNS = (Column("host", "HOST", 12, cut="middle"), Column("agents", "AGENTS", 7), Column("up", "UP", 5, priority=1))


def row(key: str, agents: str = "4/4", tone: Tone = Tone.OK) -> Row:
    return Row(key, (Cell(key), Cell(agents), Cell("12d")), tone)


def rows(*keys: str) -> list[Row]:
    return [row(key) for key in keys]


async def test_first_picture() -> None:
    """Head, sign, cells and the mark of the cursor stand where the design has them."""
    app = OneWidget(table := Table(COLUMNS), ascii_only=True)
    async with app.run_test(size=(40, 5)) as pilot:
        table.show([row("m-2", "0/4", Tone.WARN), row("m-1")])
        assert table.as_text().splitlines()[0].split() == ["HOST", "AGENTS", "UP"]
        await pilot.pause()
        assert app.text.splitlines()[1:3] == ["! m-2          >0/4      12d", "+ m-1           4/4      12d"]


async def test_cursor_stays_on_its_key() -> None:
    """When rows come, go and move, the cursor is still on the same host."""
    app = OneWidget(table := Table(COLUMNS))
    async with app.run_test(size=(40, 10)) as pilot:
        table.show(rows("a", "b", "c"))
        await pilot.press("j")
        table._last_key = float("-inf")
        table.show(rows("x", "c", "b", "a"))
        assert table.cursor == "b"
        assert [r.key for r in table.shown_rows] == ["x", "c", "b", "a"]


async def test_rows_wait_while_somebody_reads() -> None:
    """Within five seconds of a key rows keep their order; after them they move."""
    app = OneWidget(table := Table(COLUMNS))
    async with app.run_test(size=(40, 10)) as pilot:
        table.show(rows("a", "b", "c"))
        await pilot.press("j")
        table.show(rows("c", "a", "b"))
        assert [r.key for r in table.shown_rows] == ["a", "b", "c"]
        table._last_key -= table_module.SETTLED
        table.show(rows("c", "a", "b"))
        assert [r.key for r in table.shown_rows] == ["c", "a", "b"]


async def test_a_row_that_vanishes() -> None:
    """The cursor takes the row that comes to its place, and no row at all when there is none."""
    app = OneWidget(table := Table(COLUMNS))
    async with app.run_test(size=(40, 10)) as pilot:
        table.show(rows("a", "b", "c"))
        await pilot.press("j")
        table.show(rows("a", "c"))
        assert table.cursor == "c"
        table.show([])
        assert table.cursor == ""
        await pilot.press("j", "enter", "s", "S", "!")


async def test_screen_does_not_move_under_the_cursor() -> None:
    """When the row of the cursor moves in the list, it stays on its line of the screen."""
    app = OneWidget(table := Table(COLUMNS))
    keys = [f"h{n:03}" for n in range(100)]
    async with app.run_test(size=(40, 11)) as pilot:
        table.show(rows(*keys))
        await pilot.pause()
        table.put_cursor_on("h050")
        line = 50 - table.scroll_offset.y
        table.show(rows(*keys[60:], *keys[:60]))
        assert table.cursor == "h050"
        assert table.shown_rows[table.scroll_offset.y + line].key == "h050"


async def test_only_changed_rows_are_drawn() -> None:
    """One changed cell among a thousand rows draws one line; one out of sight draws nothing."""
    app = OneWidget(table := Table(COLUMNS))
    keys = [f"h{n:04}" for n in range(1000)]
    async with app.run_test(size=(40, 20)) as pilot:
        table.show(rows(*keys))
        await pilot.pause()
        with redrawn(table) as regions:
            table.show([row(key, "3/4" if key == "h0007" else "4/4") for key in keys])
            assert [(region.y, region.height) for region in regions] == [(8, 1)]
            regions.clear()
            table.show([row(key, "3/4" if key in {"h0007", "h0900"} else "4/4") for key in keys])
            assert regions == []


async def test_messages() -> None:
    """Moving and Enter are told with the key."""
    app = OneWidget(table := Table(COLUMNS))
    async with app.run_test(size=(40, 10)) as pilot:
        table.show(rows("a", "b"))
        await pilot.press("j", "enter")
        assert [(type(m).__name__, m.key) for m in app.heard] == [("Moved", "a"), ("Moved", "b"), ("Chosen", "b")]  # type: ignore[attr-defined]


async def test_keys() -> None:
    """First, last, page and line keys go where they say, by letters as by arrows."""
    app = OneWidget(table := Table(COLUMNS))
    async with app.run_test(size=(40, 12)) as pilot:
        table.show(rows(*[f"h{n:02}" for n in range(50)]))
        seen = []
        for key in ("G", "g", "pagedown", "space", "b", "down", "k", "end", "home", "ctrl+d", "ctrl+u"):
            await pilot.press(key)
            seen.append(table.cursor)
        assert seen == ["h49", "h00", "h10", "h20", "h10", "h11", "h10", "h49", "h00", "h10", "h00"]


async def test_sort_filter_problems() -> None:
    """`s` sorts by the next column, `S` turns it, `!` leaves the problems, words narrow."""
    app = OneWidget(table := Table(COLUMNS))
    async with app.run_test(size=(40, 12)) as pilot:
        table.show([row("b", "2/4", Tone.WARN), row("a", "10/4"), row("c", "1/4")])
        order = []
        for key in ("s", "S", "s", "s", "s", "!"):
            await pilot.press(key)
            order.append("".join(r.key for r in table.shown_rows))
        assert order == ["abc", "cba", "cba", "bac", "bac", "b"]
        await pilot.press("!")
        table.narrow("10/4")
        assert [r.key for r in table.shown_rows] == ["a"]


async def test_narrow_drops_columns() -> None:
    """In a narrow terminal the columns that matter least are not shown."""
    app = OneWidget(table := Table(COLUMNS))
    async with app.run_test(size=(26, 5)) as pilot:
        table.show(rows("a"))
        await pilot.pause()
        assert "UP" not in app.text
        await pilot.resize_terminal(40, 5)
        assert "UP" in app.text


async def test_copied_row() -> None:
    """What is copied has no border, cut or padding."""
    app = OneWidget(table := Table(COLUMNS))
    async with app.run_test(size=(30, 5)):
        table.show([row("a-very-long-host-name-of-a-cluster")])
        assert table.copied_row() == "a-very-long-host-name-of-a-cluster\t4/4\t12d"


async def test_states_look_different_without_colour() -> None:
    """In the mono theme with ASCII signs any two states differ in what is drawn."""
    tones = [Tone.OK, Tone.WARN, Tone.CRIT, Tone.NEVER, Tone.UNKNOWN, Tone.STALE, Tone.DIFFER, Tone.DENIED, Tone.INFO]
    app = OneWidget(table := Table(COLUMNS), "mono", ascii_only=True)
    async with app.run_test(size=(40, 12)) as pilot:
        table.show([row(f"h{number}", tone=tone) for number, tone in enumerate(tones)])
        await pilot.pause()
        signs = [line[0] for line in app.text.splitlines()[1:]]
        assert len(set(signs)) == len(tones)
        assert app.text.isascii()


async def test_a_note_is_cut_visibly() -> None:
    """What stands in place of the cells ends in an ellipsis where it does not fit."""
    table = Table(COLUMNS)
    async with OneWidget(table).run_test(size=(30, 6)) as pilot:
        table.show([Row("r", (Cell("k0s-1"),) * len(COLUMNS), note=Cell("no answer for a long time from here"))])
        await pilot.pause()
        assert plain(table.line_at(1)).endswith("…")
        assert cell_len(plain(table.line_at(1))) == 30
