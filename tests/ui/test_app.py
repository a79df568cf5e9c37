"""The program as somebody uses it: what each command does, and what the screen says in each state."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot

from k0stui.errors import UsageError
from k0stui.logs.board import Board, Feed
from k0stui.logs.store import LogStore
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.observed import Lack
from k0stui.plans.gates.gate import Result, Verdict
from k0stui.present.look import Look, Way, look_of
from k0stui.settings import Settings
from k0stui.ui.app import K0stuiApp, LookTaken
from k0stui.ui.commands import BY_ID
from k0stui.ui.panes import PANES
from k0stui.ui.prompt import Prompt, PromptInput
from k0stui.ui.theme import load
from k0stui.ui.widgets.matrix_grid import MatrixGrid
from k0stui.ui.widgets.table import Table
from tests.builders import a_cluster, unknown
from tests.looks import demo_look
from tests.ui.outside import FakeOutside, app_of, ready


def text(app: K0stuiApp) -> str:
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


async def press(pilot: Pilot[None], *keys: str) -> str:
    """The screen after these keys."""
    assert isinstance(pilot.app, K0stuiApp)
    await ready(pilot)
    for key in keys:
        await pilot.press(key)
    await pilot.pause()
    await pilot.pause()
    return text(pilot.app)


@pytest.fixture
def incident() -> Look:
    return demo_look("incident")


async def test_before_the_first_look() -> None:
    """Before anybody answered the frame is there, the screen says so, and no row is drawn as healthy."""
    app = app_of()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        shown = await press(pilot)
        assert "opening the cluster" in shown
        assert "READ-ONLY" in shown
        assert "●" not in shown
        assert "act: no host has answered yet" in await press(pilot, "a")


async def test_verdict_without_a_key(incident: Look) -> None:
    """What is wrong, why, and what to do stand there before a key is pressed."""
    app = app_of(incident)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        shown = await press(pilot)
        assert "✖ CRIT  logs, exec, webhooks and metrics fail on 2 of 3 API servers" in shown
        assert "all 4 agents dial k0s-master-1" in shown
        assert "next  a  enable node-local load balancing" in shown


@pytest.mark.fault("F77")
async def test_after_a_freeze_nothing_old_is_green() -> None:
    """The program stood still for ten minutes: the first picture after it has the ages, and not one good state."""
    fresh = demo_look("healthy")
    app = app_of(fresh)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        assert "●" in await press(pilot)
        thawed = replace(fresh.snapshot, taken_at=fresh.now + timedelta(minutes=10))
        app.publish(look_of(thawed))
        shown = await press(pilot)
        assert "◌ stale" in shown
        assert "on data up to 10m old" in shown
        assert "●" not in shown


async def test_digits(incident: Look) -> None:
    """Each digit shows its pane, under the verdict as a banner; q comes back to the overview."""
    app = app_of(incident)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        for key, word in (("2", "2 CONTROLLERS"), ("3", "3 WORKERS"), ("4", "4 MATRIX")):
            shown = await press(pilot, key)
            assert shown.startswith("✖ CRIT 4/12 links: all 4 agents dial k0s-master-1")
            assert word in shown
        assert app.pane.name_of == "matrix"
        await press(pilot, "q")
        assert app.pane.name_of == "overview"


async def test_panes_to_come(incident: Look) -> None:
    """A pane that is not there yet says so, and where its text can be had."""
    lacking = [spec for spec in PANES.values() if spec.lacking]
    app = app_of(incident)
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        for spec in lacking:
            key = BY_ID[f"go.{spec.name}"].keys
            assert spec.lacking[:20] in await press(pilot, key)
            assert app.pane.name_of == "overview"


async def test_evidence_and_page(incident: Look) -> None:
    """Enter on the overview tells the evidence of the finding with ages, and its page; q goes back."""
    app = app_of(incident)
    async with app.run_test(size=(100, 40), notifications=True) as pilot:
        shown = await press(pilot, "enter")
        assert "proof" in shown
        assert "k0s-master-2 konnectivity_metrics: 0 of 4 agents" in shown
        assert "What agents-single-target means" in shown
        await press(pilot, "q")
        assert app.pane.name_of == "overview"


async def test_actions_is_a_menu(incident: Look) -> None:
    """`a` only shows what could be done, the cure first."""
    app = app_of(incident)
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        shown = await press(pilot, "a")
        assert "CURES agents-single-target" in shown
        assert shown.index("plan nllb") < shown.index("plan restart-workers")
        assert app.outside.asked == []  # type: ignore[attr-defined]


async def test_story_of_a_cell(incident: Look) -> None:
    """The cell under the cursor is told with both sides, and `v` shows what each side counts."""
    app = app_of(incident)
    async with app.run_test(size=(100, 40), notifications=True) as pilot:
        shown = await press(pilot, "4", "l", "l")
        assert "k0s-worker-1 x k0s-master-3" in shown
        assert "NEVER SEEN" in shown
        assert "0 of 4 agents by its metrics" in shown
        assert "No agent available" in shown
        assert "4 MATRIX  count" in await press(pilot, "v", "v")
        assert app.query_one("#grid", MatrixGrid).cursor == ("k0s-worker-1", "k0s-master-3")


async def test_from_a_row_to_every_question(incident: Look) -> None:
    """Enter on a host shows every question to it; `Y` copies the command of the one under the cursor."""
    app = app_of(incident)
    async with app.run_test(size=(100, 40), notifications=True) as pilot:
        shown = await press(pilot, "2", "enter")
        assert "certificates" in shown
        assert app.pane.subject == "k0s-master-2"
        app.query_one("#questions", Table).put_cursor_on("service")
        shown = await press(pilot, "tab", "G")
        assert "asked as" in shown
        assert app.pane.command == "systemctl show k0scontroller # k0s-master-2"


async def test_no_secret_in_the_detail(incident: Look) -> None:
    """The content of k0s.yaml is never shown."""
    app = app_of(incident)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await press(pilot, "2", "enter")
        app.query_one("#questions", Table).put_cursor_on("config_file")
        shown = await press(pilot)
        assert "sha256" in shown
        assert "content" not in shown


async def test_filter(incident: Look) -> None:
    """`/` narrows while typing, and says what it hides; q, or another pane, shows all again; ctrl+d does nothing."""
    app = app_of(incident)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        shown = await press(pilot, "3", "/", "ctrl+d", "r", "-", "3")
        assert [row.key for row in app.query_one("#hosts", Table).shown_rows] == ["k0s-worker-3"]
        assert "3 of 4 hidden by /r-3; / and Enter shows all" in shown
        assert "hidden by" not in await press(pilot, "enter", "4", "3")
        await press(pilot, "/", "r", "-", "3")
        await press(pilot, "enter", "q")
        assert len(app.query_one("#hosts", Table).shown_rows) == 4
        assert app.pane.name_of == "workers"


async def test_search_in_a_text(incident: Look) -> None:
    """In a text `/` goes to the place, `n` to the next one; what is not there is said."""
    app = app_of(incident)
    async with app.run_test(size=(100, 20), notifications=True) as pilot:
        await press(pilot, "enter", "/", *"means", "enter")
        assert "What agents-single-target means" in text(app).splitlines()[1]
        assert "'zzz' is not in this text" in await press(pilot, "/", "ctrl+u", *"zzz", "enter")


async def test_prompt_completes(incident: Look) -> None:
    """`:` lists commands with their keys, Tab completes, Enter runs; an unknown word is said."""
    app = app_of(incident)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        shown = await press(pilot, ":", "m", "a")
        assert "which agent has a link to which controller  4" in shown
        await press(pilot, "tab")
        assert app.query_one(PromptInput).value == "matrix"
        await press(pilot, "enter")
        assert app.pane.name_of == "matrix"
        await press(pilot, ":", *"host k0s-m", "tab", "enter")
        assert app.pane.subject == "k0s-master-1"
        assert "no command is called 'bogus'" in await press(pilot, ":", *"bogus", "enter")
        await press(pilot, ":", "escape")
        assert not app.query_one(Prompt).display


async def test_enter_means_the_match_that_was_picked(incident: Look) -> None:
    """The cursor moved onto a match: that one is run, not the letters typed so far; without a move the letters are."""
    app = app_of(incident)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await press(pilot, "colon", *"work", "down", "up")
        picked = app.query_one(Prompt).chosen
        await press(pilot, "enter")
        assert (picked, app.pane.name_of) == ("workers", "workers")
        assert "no command is called 'zzz'" in await press(pilot, "colon", *"zzz", "enter")


async def test_leaving_is_asked(incident: Look) -> None:
    """q at the root asks, ctrl+q anywhere; another key is no, ctrl+c as well, a second q is yes."""
    app = app_of(incident)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        assert "leave k0stui?" in await press(pilot, "q")
        assert "leave k0stui?" not in await press(pilot, "n")
        assert "leave k0stui?" in await press(pilot, "4", "ctrl+q")
        assert "leave k0stui?" not in await press(pilot, "ctrl+c")
        await press(pilot, "1", "q", "q")
    assert app.return_code == 0


async def test_copying(incident: Look, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """ctrl+c copies the row, the cell or the text under the cursor, and never ends anything."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("TMUX", raising=False)
    kept = tmp_path / "k0stui" / "clip" / "last"
    app = app_of(incident)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await press(pilot, "2", "ctrl+c")
        assert kept.read_text().startswith("k0s-master-2\t")
        await press(pilot, "4", "l", "ctrl+c")
        assert kept.read_text() == "k0s-worker-1\tk0s-master-2\t. never".replace(".", "·")
        await press(pilot, "tab", "ctrl+c")
        assert kept.read_text().startswith("k0s-worker-1 x k0s-master-2")
        assert app.is_running


async def test_next_match_in_a_table(incident: Look) -> None:
    """After a search n and N step through the rows that have the words, round the end; before it they say why not."""
    app = app_of(incident)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        assert "nothing was searched yet" in await press(pilot, "3", "n")
        await press(pilot, "/", *"worker", "enter", "n")
        assert app.pane.subject == "k0s-worker-2"
        await press(pilot, "N", "N")
        assert app.pane.subject == "k0s-worker-4"


async def test_muting(incident: Look) -> None:
    """`m` takes a time and a reason; then another finding is told, the muted one named with its end, until it ends."""
    app = app_of(incident)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        assert "give how long and why" in await press(pilot, "m", *"2h", "enter")
        assert "all 4 agents dial" in await press(pilot)
        shown = await press(pilot, "m", *"2h known", "enter")
        assert "agents-single-target until 05:14:07Z: known" in shown
        assert "all 4 agents dial" not in shown
        later = replace(incident.snapshot, taken_at=incident.now + timedelta(hours=2))
        app.publish(look_of(later))
        assert "all 4 agents dial" in await press(pilot)


async def test_unmuting(incident: Look) -> None:
    """:unmute tells of everything again."""
    app = app_of(incident)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await press(pilot, "m", *"2h known", "enter")
        assert "all 4 agents dial" in await press(pilot, ":", *"unmute", "enter")


async def test_standing_on_every_pane() -> None:
    """While agents are held or exposed that stands under the head of every pane, with its clock."""
    app = app_of(demo_look("nllb-half"))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        for key in ("1", "2", "3", "4", "5", "6", "7", "?"):
            assert "EXPOSED 0s+  no balancer for the agents of" in await press(pilot, key), key


async def test_verifying(incident: Look) -> None:
    """:verify tells each part of the proof at each look, and for how long all have held."""
    app = app_of(incident)
    outside = app.outside
    assert isinstance(outside, FakeOutside)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        outside.verdicts = (Verdict("columns", Result.FAIL, "k0s-master-2 has 0 of 4"),)
        assert "NOT PROVEN" in await press(pilot, ":", *"verify", "enter")
        outside.verdicts = (Verdict("columns", Result.PASS, "4 agents on each of 3 servers"),)
        for seconds, said in ((10, "proof: 0 of 120 s"), (50, "proof: 40 of 120 s"), (131, "PROVEN")):
            app.publish(replace(incident, snapshot=_later(incident.snapshot, seconds)))
            assert said in await press(pilot)


def _later(snapshot: ClusterSnapshot, seconds: float) -> ClusterSnapshot:
    return replace(snapshot, taken_at=snapshot.taken_at + timedelta(seconds=seconds))


async def test_time_in_the_logs(incident: Look) -> None:
    """:time and :since go to the log pane; there they are taken as T and / take them."""
    app = app_of(incident)
    app.outside.logs = Feed(LogStore(), Board())
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await press(pilot, ":", *"since 1h", "enter")
        assert app.pane.name_of == "logs"
        assert app.pane.filter.text == 'since:"-1h"'  # type: ignore[attr-defined]
        await press(pilot, "1", ":", *"time 02:51", "enter")
        assert app.pane.name_of == "logs"


async def test_a_look_while_leaving(incident: Look) -> None:
    """A look that comes once leaving has begun shows nothing, and harms nothing."""
    app = app_of(incident)
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot)
        app.exit()
        app.on_look_taken(LookTaken(demo_look("healthy")))
        assert app.look is not None
        assert app.look.snapshot is incident.snapshot
    app.on_look_taken(LookTaken(incident))


async def test_freezing(incident: Look) -> None:
    """Frozen, the screen stays and counts what it misses; thawed, it shows the newest look."""
    later = demo_look("healthy")
    app = app_of(incident)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await press(pilot, "p")
        app.publish(later)
        shown = await press(pilot)
        assert "FROZEN 03:14:07Z (+1 looks)" in shown
        assert "CRIT" in shown
        assert "0 problems" in await press(pilot, "p")


async def test_commands_that_ask_the_world(incident: Look) -> None:
    """r, R and x reach the world with what is under the cursor."""
    app = app_of(incident)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await press(pilot, "2", "r", "R", "x")
        asked = app.outside.asked  # type: ignore[attr-defined]
        assert asked[:2] == [("refresh",), ("reconnect", "k0s-master-2")]
        assert asked[2][:2] == ("export", "controllers")
        assert "k0s-master-1" in asked[2][2]
        assert "k0stui check --inventory k0sctl.yaml" in asked[2][2]


async def test_help_names_reasons(incident: Look) -> None:
    """`?` lists the keys of the pane it was asked from, and why one is not possible now."""
    app = app_of(incident)
    async with app.run_test(size=(140, 90), notifications=True) as pilot:
        shown = await press(pilot, "4", "?")
        assert "KEYS in matrix" in shown
        assert "KEYS in the grid" in shown
        assert "NOT NOW" in shown
        assert "no permission: sudo -n is refused there" in shown
        assert "matrix.value" in shown


async def test_commands_run(incident: Look) -> None:
    """`@` shows what was sent to hosts."""
    app = app_of(incident)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        assert "03:14:02Z k0s-master-1    12 ms  0  uname -m" in await press(pilot, "@")


async def test_rebound_key(incident: Look) -> None:
    """A key of the settings works, and the footer names it; one that is not ours is complained about."""
    app = app_of(incident, settings=Settings(keys={"actions": "w", "freeze": "ctrl+b"}))
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        shown = await press(pilot)
        assert "w act" in shown
        assert "ctrl+b belongs to the terminal" in shown
        await press(pilot, "w")
        assert app.pane.name_of == "actions"


async def test_settings_of_the_session(incident: Look) -> None:
    """:set changes zone and theme; a wrong value is said and changes nothing."""
    app = app_of(incident)
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        assert "04:14:07 CET" in await press(pilot, ":", *"set tz=Europe/Vienna", "enter")
        assert "is no time zone" in await press(pilot, ":", *"set tz=Mars", "enter")
        await press(pilot, ":", *"set theme=cvd-dark", "enter")
        assert app.theme == "cvd-dark"


async def test_zoom(incident: Look) -> None:
    """`z` leaves only the part with the focus, and gives back the rest."""
    app = app_of(incident)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        before = await press(pilot, "2")
        shown = await press(pilot, "tab", "z")
        assert "2 CONTROLLERS" not in shown
        assert "its own /readyz" in shown
        assert await press(pilot, "z", "tab") == before


async def test_it_ends_when_the_cluster_cannot_be_opened() -> None:
    """A wrong inventory ends the program with the sentence and status 2, as for every other verb."""
    app = K0stuiApp(load("ansi-dark"), FakeOutside(error=UsageError("no hosts: give --inventory")))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.pause()
    assert app.return_code == 2
    assert app.is_running is False


# States (screens.md section 4)


async def shown_of(look: Look, key: str = "1", size: tuple[int, int] = (120, 40)) -> str:
    app = app_of(look)
    async with app.run_test(size=size, notifications=True) as pilot:
        return await press(pilot, key)


async def test_unreachable_host_stays() -> None:
    """A host that does not answer keeps its row, with the reason and when it is asked again."""
    snapshot = a_cluster().unreachable("k0s-master-2", "connection timed out")
    way = Way("k0s-master-2", "unreachable", "connection timed out", snapshot.taken_at.replace(second=12))
    shown = await shown_of(look_of(snapshot, (way,)))
    assert "? k0s-master-2   connection timed out; retry in 12s" in shown
    assert "ssh 6/7" in shown
    assert "4/4" in shown


async def test_changed_host_key_is_never_taken() -> None:
    """A changed host key is a warning of its own, and nothing offers to accept it."""
    snapshot = a_cluster().where("k0s-worker-1", connection=unknown("host key changed", Lack.HOST_KEY))
    shown = await shown_of(look_of(snapshot), "3")
    assert "ssh: host key changed" in shown
    assert "ssh-keygen -F 10.10.10.51; k0stui never accepts a changed key" in shown


async def test_no_permission_is_said() -> None:
    """What sudo refuses is the sign of no permission, never a value."""
    shown = await shown_of(look_of(a_cluster().without_sudo("k0s-master-2")), "2")
    assert "⊘" in shown
    assert "NO SUDO" in shown


async def test_stale_values_say_so() -> None:
    """A value older than three paces has the stale sign at its age."""
    look = look_of(a_cluster())
    later = replace(look, snapshot=replace(look.snapshot, taken_at=look.now.replace(second=40)))
    assert "~1m" in await shown_of(later, "2")


async def test_loading_is_not_healthy() -> None:
    """Hosts that were not asked yet are rows of their own, neither good nor bad."""
    snapshot = a_cluster()
    bare = [replace(type(host)(host.name, host.address, host.role)) for host in snapshot.hosts]
    shown = await shown_of(look_of(replace(snapshot, hosts=tuple(bare), apis=())))
    assert shown.count("asking for the first time") == 7
    assert "0 problems" not in shown or "ssh 0/7" in shown


@pytest.mark.parametrize("size", [(59, 20), (80, 11), (30, 6)])
async def test_never_a_wall(size: tuple[int, int], incident: Look) -> None:
    """On a terminal too small for columns the verdict and the sick rows stand there as lines."""
    shown = await shown_of(incident, "1", size)
    assert "CRIT" in shown
    assert "too small" not in shown


async def test_long_names_stay_different() -> None:
    """Two hosts with long names that differ at their ends are never cut to the same text."""
    prefix = "a-very-long-name-of-a-cluster-in-a-data-centre-far-away"
    shown = await shown_of(look_of(a_cluster(names=prefix)), "2", (80, 24))
    rows = [line.split()[1] for line in shown.splitlines() if line.startswith(("●  ", "● a-"))]
    assert len(set(rows)) == 3


@pytest.mark.parametrize("width", [60, 80, 100, 120, 160])
@pytest.mark.parametrize("key", ["1", "2", "3", "4", "a", "?", "enter", "@"])
async def test_footers_fit(key: str, width: int, incident: Look) -> None:
    """The status bar of every pane keeps its slots and ends inside of the screen; the way out is always named at 80."""
    last = (await shown_of(incident, key, (width, 24))).splitlines()[-1]
    assert last.startswith("RO | ")
    assert len(last) <= width
    assert width < 80 or last.rstrip().split()[-1] == "q" or "  q" in last
