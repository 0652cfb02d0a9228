"""Plugins of others answer from processes of their own, with limits, and only where their families may take part."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from automicro.data import load_problem, profile
from automicro.discovery import Registry, consulted, process
from automicro.errors import FamilyUnavailableError, PluginError, RequestError
from automicro.plugin import Declined, Family, Integer, Lowered, SizeBudget, Space

SOURCE = """
import os, sys, time, pathlib
from automicro.plugin import Choice, Declined, Family, Float, Integer, Needs, SizeBudget, Space, hookimpl

class Other(Family):
    name = "other"
    tasks = frozenset({"classification"})
    def space(self, profile):
        drawn = Integer("a", 1, 5), Float("b", 0.1, 1.0, log=True), Choice("c", ("x", None), when={"a": (1,)})
        return Space(drawn, ({"a": 2, "b": 0.5},))
    def needs(self, parameters):
        return Needs("keep", ("target", "onehot"), True)
    def size_budget(self, parameters, profile):
        return SizeBudget(1, 100 * parameters["a"], 7)
    def strongest(self, profile):
        return {"a": 5, "b": 1.0}
    def fit(self, parameters, data):
        return os.getpid()
    def lower(self, model):
        return None

@hookimpl
def automicro_families():
    return [Other()]
"""


class Site:
    """A folder of throw-away distributions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, more: str = "", name: str = "other", requires: str = "") -> None:
        info = self.folder / f"{name}_plugin-1.0.dist-info"
        info.mkdir()
        facts = f"Metadata-Version: 2.1\nName: {name}-plugin\nVersion: 1.0\n{requires}"
        (info / "METADATA").write_text(facts)
        (info / "entry_points.txt").write_text(f"[automicro]\n{name} = plugin_of_{name}\n")
        (self.folder / f"plugin_of_{name}.py").write_text(SOURCE + dedent(more))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(process, "LEAST_SECONDS", 2.0)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    threads = threading.active_count()
    yield Site(tmp_path)
    assert not [name for name in sys.modules if name.startswith("plugin_of_")]
    assert threading.active_count() <= threads


def facts() -> Any:
    return profile(load_problem([[1.0, "x"], [2.0, "y"], [3.0, "x"], [4.0, "y"]], ["n", "y", "n", "y"]))


def reason(registry: Registry) -> str:
    (problem,) = registry.problems
    assert "other" not in registry.families
    return problem.reason


def test_answers_come_from_another_process_as_data(site: Site) -> None:
    site.add("Other.in_every_reference = True")
    with consulted() as registry:
        family, known = registry.families["other"], facts()
        assert not family.in_every_reference
        space = family.space(known)
        assert [each.name for each in space.parameters] == ["a", "b", "c"]
        assert space.parameters[2].when == {"a": (1,)}
        assert space.portfolio == ({"a": 2, "b": 0.5},)
        assert family.needs({"a": 2}).categories == ("target", "onehot")
        assert family.size_budget({"a": 2}, known) == SizeBudget(1, 200, 7)
        assert family.strongest(known) == {"a": 5, "b": 1.0}
        assert not registry.problems
    with pytest.raises((PluginError, ValueError)):
        family.space(known)


def test_a_plugin_is_loaded_only_where_its_family_may_take_part(site: Site) -> None:
    site.add("pathlib.Path(__file__).with_name('seen').touch()")
    for families, exclude in ((["tree"], ()), (None, ("other",)), (["mlp"], ())):
        with consulted(families, exclude) as registry:
            assert "other" not in registry.families
            assert "tree" in registry.families
            registry.select(families, exclude)
    assert not (site.folder / "seen").exists()
    with consulted(["other"]) as registry:
        assert list(registry.select(["other"])) == ["other"]
    assert (site.folder / "seen").exists()


def test_a_family_with_another_name_than_its_plugin_is_found(site: Site) -> None:
    site.add("Other.name = 'hidden'")
    with consulted(["hidden"]) as registry:
        assert "hidden" in registry.select(["hidden"])
    with consulted(None, ["hidden"]) as registry:
        assert "hidden" not in registry.select(None, ["hidden"])


IMPORTS = {
    "os._exit(7)": "its import ended its process with code 7",
    "os.kill(os.getpid(), 11)": "its import ended its process with code -11",
    "time.sleep(100)": "its import took longer than the 2 s that a plugin may take of a search of 5 s",
    "class Panic(BaseException): pass\nraise Panic('of another language')": "Panic: of another language",
    "raise KeyboardInterrupt('mine')": "KeyboardInterrupt: mine",
    "sys.exit('bye')": "SystemExit: bye",
    "Other.name = property(lambda self: 1 / 0)": "Other raised when its declaration was read: ZeroDivisionError: ",
    "bytearray(10**11)": "MemoryError",
    "os.closerange(0, 100)": "its import ended its process with code",
    "os.fork() or time.sleep(100)\nos._exit(0)": "its import ended its process with code 0",
}


@pytest.mark.parametrize("line", IMPORTS)
def test_an_import_that_does_harm_is_named_and_leaves_nothing(site: Site, line: str) -> None:
    site.add(line)
    with consulted(seconds=5.0) as registry:
        assert reason(registry).startswith(IMPORTS[line])
        (note,) = registry.unusable()
        assert note.startswith("plugin other: broken: ")
        assert registry.unusable(["other"]) == []
        with pytest.raises(FamilyUnavailableError, match="family 'other' cannot be used"):
            registry.select(["other"])
    assert not list(site.folder.glob("automicro-*"))


def test_what_an_import_changes_stays_in_its_process(site: Site, capfd: pytest.CaptureFixture[str]) -> None:
    site.add("print('x' * 10**6); os.chdir('/'); os.environ['MINE'] = '1'; sys.setrecursionlimit(77)")
    before = Path.cwd(), dict(os.environ), sys.getrecursionlimit()
    with consulted() as registry:
        assert "other" in registry.families
    assert (Path.cwd(), dict(os.environ), sys.getrecursionlimit()) == before
    assert capfd.readouterr().out == ""


ANSWERS = {
    "Other.space = lambda self, profile: 5": "space of family 'other': it must return a Space, but returned 5",
    "Other.space = lambda self, profile: 1 / 0": "space of family 'other' raised ZeroDivisionError: division by zero",
    "Other.space = lambda self, profile: Space((Integer('a', 5, 1),))": "space of family 'other': low of 'a' must be",
    "Other.space = lambda self, profile: Space((Integer('a', 1, 9000),), tuple({'a': i} for i in range(1, 9000)))": (
        "space of family 'other': a space must have at most 1000 settings"
    ),
    "Other.space = lambda self, profile: Space((Integer('preparation.rare', 1, 2),))": (
        "space of family 'other': names of parameters must not begin with 'preparation.'"
    ),
    "Other.space = lambda self, profile: os._exit(3)": "space of family 'other' ended its process with code 3",
    "Other.space = lambda self, profile: time.sleep(99)": "space of family 'other' took longer than the 2 s",
    "Other.space = lambda self, profile: sys.exit(3)": "space of family 'other' raised SystemExit: 3",
}


@pytest.mark.parametrize("line", ANSWERS)
def test_an_answer_that_does_harm_is_a_sentence(site: Site, line: str) -> None:
    site.add(line)
    with consulted(seconds=5.0) as registry:
        for _ in range(2):
            with pytest.raises(PluginError) as raised:
                registry.families["other"].space(facts())
            assert str(raised.value).startswith(ANSWERS[line])


def test_a_family_declines_from_its_process(site: Site) -> None:
    site.add("def space(self, profile): raise Declined('not today')\nOther.space = space")
    with consulted() as registry, pytest.raises(Declined, match=r"^not today$"):
        registry.families["other"].space(facts())


def test_a_plugin_for_another_version_is_named(site: Site) -> None:
    site.add("raise SystemExit('imported')", requires="Requires-Dist: automicro>=99\n")
    with consulted() as registry:
        assert reason(registry).startswith("it is made for automicro>=99, but ")


def test_the_environment_says_which_plugins_are_loaded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.add()
    site.add("raise SystemExit('imported')", name="third")
    monkeypatch.setenv("AUTOMICRO_PLUGINS", "Other_Plugin")
    with consulted() as registry:
        assert {"other", "tree"} <= registry.families.keys()
        assert [(each.name, each.status) for each in registry.problems] == [("third", "left out")]
        assert registry.unusable() == []
        with pytest.raises(FamilyUnavailableError, match="third: left out: AUTOMICRO_PLUGINS does not name it"):
            registry.select(["third"])
    monkeypatch.setenv("AUTOMICRO_PLUGINS", "")
    with consulted() as registry:
        assert "other" not in registry.families
        assert "tree" in registry.families
    monkeypatch.setenv("AUTOMICRO_PLUGINS", "othr")
    with pytest.raises(RequestError, match="is named 'othr': did you mean 'other'"), consulted():
        pass
    with consulted(["tree"]) as registry:
        assert "tree" in registry.families


def test_exclude_names_what_there_is(site: Site) -> None:
    site.add()
    with (
        consulted(None, ["bosting"]) as registry,
        pytest.raises(FamilyUnavailableError, match="did you mean 'boosting'"),
    ):
        registry.select(None, ["bosting"])
    with consulted(None, ["other", "tree"]) as registry:
        chosen = registry.select(None, ["other", "tree"])
        assert "linear" in chosen
        assert not {"other", "tree"} & chosen.keys()
    names = [*registry.families]
    with pytest.raises(FamilyUnavailableError, match="exclude names all of them"):
        registry.select(None, names)


class Own(Family):
    name = "own"
    tasks = frozenset({"classification"})

    def space(self, profile: Any) -> Space:
        return Space((Integer("a", 1, 2),))

    def size_budget(self, parameters: Any, profile: Any) -> SizeBudget:
        return SizeBudget(1, 2)

    def fit(self, parameters: Any, data: Any) -> Any:
        return None

    def lower(self, model: Any) -> Lowered:
        raise NotImplementedError


class Named(Own):
    name = "tree"


def test_an_object_takes_part_under_its_name() -> None:
    with consulted(["tree", Own()]) as registry:
        assert list(registry.select(["own", "tree"])) == ["own", "tree"]
        assert len(registry.families["own"].space(facts()).parameters) == 1
    with pytest.raises(RequestError, match="an object must have a name of its own, but 'tree'"), consulted([Named()]):
        pass
    with (
        pytest.raises(RequestError, match="families: must be names or instances of Family, but got the class Own"),
        consulted([Own]),
    ):
        pass


def test_a_host_leaves_no_process(site: Site) -> None:
    site.add("import subprocess; child = subprocess.Popen(['sleep', '98.5'])")
    with consulted() as registry:
        assert "other" in registry.families
    left = subprocess.run(["pgrep", "-f", "sleep 98.5"], capture_output=True, check=False)
    assert not left.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows the processes that have left a session")
@pytest.mark.parametrize("left", ["import subprocess", "if os.fork() == 0: os.setsid(); import subprocess"])
def test_a_process_that_leaves_the_session_of_its_plugin_ends_with_it(site: Site, left: str) -> None:
    start = "number = subprocess.Popen(['sleep', '300'], start_new_session=True).pid"
    note = "pathlib.Path(__file__).with_name('seen').write_text(str(number))"
    site.add(f"{left}; {start}; {note}" + ("; os._exit(0)" if "fork" in left else ""))
    with consulted() as registry:
        assert "other" in registry.families
        until = time.monotonic() + 20
        while not (site.folder / "seen").exists() and time.monotonic() < until:
            time.sleep(0.01)
        number = int((site.folder / "seen").read_text())
        os.kill(number, 0)
    until = time.monotonic() + 5
    while _runs(number) and time.monotonic() < until:
        time.sleep(0.01)
    assert not _runs(number)


def _runs(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
