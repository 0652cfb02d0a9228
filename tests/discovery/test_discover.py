"""Plugins are found by entry point; a bad one is reported with reason and remedy, and the others keep working."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from automicro.discovery import Registry, discover, survey
from automicro.errors import FamilyUnavailableError, TargetUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEAD = """
from automicro.plugin import Family, SizeBudget, Space, hookimpl


class Sound(Family):
    name = {name!r}
    tasks = frozenset({{"regression"}})

    def space(self, profile):
        return Space(())

    def size_budget(self, parameters, profile):
        return SizeBudget(1, 2)

    def fit(self, parameters, data):
        return None

    def lower(self, model):
        return None

"""
HOOK = """
@hookimpl
def automicro_families():
    return [Sound()]
"""


class Site:
    """A folder of throw-away distributions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, plugin: str, source: str, *, distribution: str | None = None, requires: str = "") -> None:
        name = distribution or f"automicro-{plugin}"
        info = self.folder / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir(exist_ok=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{dedent(requires)}")
        module = f"plugin_{name.replace('-', '_')}_{plugin}"
        with (info / "entry_points.txt").open("a") as file:
            file.write(f"[automicro]\n{plugin} = {module}\n")
        (self.folder / f"{module}.py").write_text(dedent(source))

    def sound(self, plugin: str, family: str | None = None, hook: str = HOOK, **more: str) -> None:
        self.add(plugin, HEAD.format(name=family or plugin) + dedent(hook), **more)

    def survey(self) -> Registry:
        found = metadata.distributions(path=[str(self.folder)])
        return survey(entry_point for each in found for entry_point in each.entry_points)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.syspath_prepend(str(tmp_path))
    made = Site(tmp_path)
    made.sound("sound")
    yield made
    for module in [name for name in sys.modules if name.startswith("plugin_")]:
        del sys.modules[module]


def only_problem(registry: Registry) -> tuple[str, str, str]:
    """Return the one problem, after checking that the sound plugin works and every plugin is listed."""
    assert "sound" in registry.families
    (problem,) = registry.problems
    assert problem.name in {plugin.name for plugin in registry.plugins}
    assert problem.remedy
    return problem.name, problem.status, problem.reason


def test_a_sound_plugin(site: Site) -> None:
    registry = site.survey()
    assert registry.problems == ()
    assert [(p.name, p.distribution, p.version, p.families) for p in registry.plugins] == [
        ("sound", "automicro-sound", "1.0", ("sound",))
    ]
    assert list(registry.select()) == list(registry.select(["sound"])) == ["sound"]


def test_a_missing_requirement_is_told_before_importing(site: Site) -> None:
    site.add("gnn", "raise SystemExit('imported')", requires="Requires-Dist: no-such-thing>=2; extra == 'gnn'\n")
    registry = site.survey()
    assert only_problem(registry) == ("gnn", "unavailable", "no-such-thing is not installed")
    assert str(registry.problems[0]).startswith("gnn: unavailable: pip install 'automicro-gnn[gnn]'")
    with pytest.raises(FamilyUnavailableError) as raised:
        registry.select(["gnn"])
    assert str(raised.value) == str(registry.problems[0])


def test_requirements_are_those_of_the_extra_in_the_right_version(site: Site) -> None:
    site.sound("old_thing", requires="Requires-Dist: pluggy>=999; extra == 'old-thing'\n")
    site.sound("fine", requires="Requires-Dist: none; extra == 'dev'\nRequires-Dist: pluggy>=1; extra == 'fine'\n")
    name, status, reason = only_problem(site.survey())
    assert (name, status) == ("old_thing", "unavailable")
    assert reason == f"pluggy>=999 is needed, but {metadata.version('pluggy')} is installed"
    assert "fine" in site.survey().families


def test_an_extra_may_stand_for_another(site: Site) -> None:
    site.sound(
        "deep",
        requires="""\
        Requires-Dist: automicro-deep[torch]; extra == 'deep'
        Requires-Dist: no-torch; extra == 'torch'
        Requires-Dist: automicro-deep[deep]; extra == 'torch'
        """,
    )
    assert only_problem(site.survey()) == ("deep", "unavailable", "no-torch is not installed")


BROKEN = {
    "import": ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
    "syntax": ("def (:", "SyntaxError: "),
    "exit": ("raise SystemExit('bye')", "SystemExit: bye"),
    "no_hook": (
        "x = 1",
        "it must define automicro_families or automicro_targets, decorated with automicro.plugin.hookimpl, but it does not",
    ),
    "undecorated": (
        "def automicro_families(): return []",
        "it must define automicro_families or automicro_targets, decorated with automicro.plugin.hookimpl, but it does not",
    ),
    "misspelt": (
        "from automicro.plugin import hookimpl\n@hookimpl\ndef automicro_familes(): return []",
        "PluginValidationError: unknown hook 'automicro_familes'",
    ),
    "argument": (
        "from automicro.plugin import hookimpl\n@hookimpl\ndef automicro_families(profile): return []",
        "PluginValidationError: Plugin 'argument' for hook 'automicro_families'",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_plugin_that_cannot_be_loaded(site: Site, name: str) -> None:
    source, said = BROKEN[name]
    site.add(name, source)
    plugin, status, reason = only_problem(site.survey())
    assert (plugin, status) == (name, "broken")
    assert reason.startswith(said)
    assert "\n" not in reason


RETURNED = {
    "raises": ("1 / 0", "ZeroDivisionError: division by zero"),
    "nothing": ("None", "automicro_families must return a list of families, but got None"),
    "one": ("Sound()", "automicro_families must return a list of families, but got <"),
    "class": ("[Sound]", "automicro_families must return instances of Family, but got the class Sound"),
    "text": ("['sound']", "automicro_families must return instances of Family, but got 'sound'"),
    "abstract": ("[Family()]", "TypeError: Can't instantiate abstract class Family"),
}


@pytest.mark.parametrize("name", RETURNED)
def test_a_hook_that_returns_no_families(site: Site, name: str) -> None:
    returned, said = RETURNED[name]
    site.sound(name, hook=f"@hookimpl\ndef automicro_families():\n    return {returned}\n")
    plugin, status, reason = only_problem(site.survey())
    assert (plugin, status) == (name, "broken")
    assert reason.startswith(said)


DECLARED = {
    "Wrong.name = None": "Wrong.name must be lower-case letters, digits and underscores, but got nothing",
    "Wrong.name = 'My Family'": "Wrong.name must be lower-case letters, digits and underscores, but got 'My Family'",
    "Wrong.tasks = 'regression'": "family 'wrong': tasks must be a frozenset out of classification, regression",
    "Wrong.tasks = frozenset({'ranking'})": "family 'wrong': tasks must be a frozenset out of",
    "Wrong.tasks = frozenset()": "family 'wrong': tasks must be a frozenset out of",
    "Wrong.kinds = None": "family 'wrong': kinds must be a frozenset out of table, graph, series, text, but got",
    "Wrong.fit = None": "family 'wrong': fit must be a method of 2 arguments besides self",
    "Wrong.lower = lambda self: None": "family 'wrong': lower must be a method of 1 arguments besides self",
    "Wrong.tasks = property(lambda self: 1 / 0)": "Wrong raised when its declaration was read: ZeroDivisionError: ",
}


@pytest.mark.parametrize("declaration", DECLARED)
def test_a_misdeclared_family_leaves_its_siblings_standing(site: Site, declaration: str) -> None:
    hook = f"""
    class Wrong(Sound):
        name = "wrong"
    {declaration}
    @hookimpl
    def automicro_families():
        return [Wrong(), Sound()]
    """
    site.sound("pair", family="sibling", hook=hook)
    registry = site.survey()
    plugin, status, reason = only_problem(registry)
    assert (plugin, status) == ("pair", "broken")
    assert reason.startswith(DECLARED[declaration])
    assert set(registry.families) == {"sound", "sibling"}


def test_automicros_own_family_keeps_its_name(site: Site) -> None:
    site.sound("impostor", family="tree", distribution="a-first")
    site.sound("tree", distribution="automicro")
    registry = site.survey()
    assert only_problem(registry)[:2] == ("impostor", "duplicate")
    assert registry.problems[0].reason == "family 'tree' is already offered by plugin 'tree' of automicro 1.0"
    assert [plugin.name for plugin in registry.plugins] == ["tree", "impostor", "sound"]
    assert type(registry.families["tree"]).__module__ == "plugin_automicro_tree"


def test_one_plugin_that_offers_a_family_twice(site: Site) -> None:
    site.sound("twice", hook="@hookimpl\ndef automicro_families():\n    return [Sound(), Sound()]\n")
    registry = site.survey()
    assert only_problem(registry) == ("twice", "duplicate", "it offers family 'twice' twice")
    assert "twice" in registry.families


def test_metadata_that_cannot_be_read(site: Site) -> None:
    site.sound("garbled", requires="Requires-Dist: ???; extra == 'garbled'\n")
    assert only_problem(site.survey())[:2] == ("garbled", "broken")


def test_a_name_that_is_not_installed(site: Site) -> None:
    with pytest.raises(FamilyUnavailableError, match="no family is named 'sond': did you mean 'sound'"):
        site.survey().select(["sond"])
    with pytest.raises(FamilyUnavailableError, match="at least one model family must be usable, but there is none"):
        Registry({}).select()


def test_discovery_is_made_once_a_process() -> None:
    assert discover() is discover()


def test_listing_families_imports_nothing_that_trains() -> None:
    probe = (
        "import sys; from automicro.discovery import discover; found = discover();"
        "heavy = {'sklearn', 'lightgbm', 'optuna', 'torch', 'pandas'} & set(sys.modules);"
        "sys.exit(f'{heavy} were imported, {found.problems}' if heavy or found.problems else 0)"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


TARGETS = """
from automicro.plugin import Export, Target, TargetOptions, hookimpl


class Sound(Target):
    name = "paper"

    def export(self, deployed, options):
        return None


class Nameless(Sound):
    name = "No Name"


class WithoutOptions(Sound):
    name = "bare"
    options = dict


class WithoutArguments(Sound):
    name = "short"

    def export(self):
        return None


class Raising(Sound):
    @property
    def options(self):
        raise RuntimeError("no options")

"""
TARGETS_HOOK = """
@hookimpl
def automicro_targets():
    return {}
"""


def test_one_plugin_offers_families_and_targets_or_either(site: Site) -> None:
    site.add("papers", TARGETS + TARGETS_HOOK.format("[Sound()]"))
    both = TARGETS.replace('"paper"', '"stone"') + TARGETS_HOOK.format("[Sound()]")
    site.add(
        "both",
        both + HEAD.format(name="both").replace("class Sound", "class Family_") + HOOK.replace("Sound", "Family_"),
    )
    registry = site.survey()
    assert registry.problems == ()
    assert {each.name: (each.families, each.targets) for each in registry.plugins} == {
        "both": (("both",), ("stone",)),
        "papers": ((), ("paper",)),
        "sound": (("sound",), ()),
    }
    assert registry.target("paper").name == "paper"
    with pytest.raises(TargetUnavailableError, match="no target is named 'papr': did you mean 'paper'"):
        registry.target("papr")


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ("[Sound]", "automicro_targets must return instances of Target, but got the class Sound"),
        ("[3]", "automicro_targets must return instances of Target, but got 3"),
        ("None", "automicro_targets must return a list of targets, but got None"),
        ("[Nameless()]", "Nameless.name must be lower-case letters, digits and underscores, but got 'No Name'"),
        ("[WithoutOptions()]", "target 'bare': options must be a subclass of TargetOptions, but got <class 'dict'>"),
        ("[WithoutArguments()]", "target 'short': export must be a method of 2 arguments besides self"),
        ("[Raising()]", "Raising raised when its declaration was read: RuntimeError: no options"),
        ("[Sound(), Sound()]", "it offers target 'paper' twice"),
    ],
)
def test_a_bad_target_is_a_problem(site: Site, returned: str, said: str) -> None:
    site.add("papers", TARGETS + TARGETS_HOOK.format(returned))
    registry = site.survey()
    _, _, reason = only_problem(registry)
    assert reason == said
    assert registry.unusable() == [] or registry.problems[0].target is None


def test_a_name_of_a_target_that_is_taken(site: Site) -> None:
    site.add("papers", TARGETS + TARGETS_HOOK.format("[Sound()]"))
    site.add("zoo", TARGETS + TARGETS_HOOK.format("[Sound()]"))
    registry = site.survey()
    assert only_problem(registry) == (
        "zoo",
        "duplicate",
        "target 'paper' is already offered by plugin 'papers' of automicro-papers 1.0",
    )
    site.add("bare", TARGETS + TARGETS_HOOK.format("[WithoutOptions()]"))
    with pytest.raises(TargetUnavailableError, match="target 'bare' cannot be used: target 'bare': options must"):
        site.survey().target("bare")
