"""The command line's words: commands, and one option for every key of a request."""

from __future__ import annotations

import argparse
import re
import sys
from importlib import metadata
from typing import TYPE_CHECKING, Any, NoReturn

from automicro.cli.console import write
from automicro.cli.exits import exit_codes
from automicro.cli.options import add_data, add_request
from automicro.errors import OutputError, RequestError
from automicro.parts.known import PARTS
from automicro.request import DataSource, did_you_mean
from automicro.request.schemas import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Sequence


__all__ = ["parse", "parser", "settings_of"]

EXAMPLES = {
    "run": "run search.toml --score 0.9 --model model.micro",
    "select": "select rows.csv --target churn --metric roc_auc --score 0.8 --seconds 60 --model model.micro",
    "predict": "predict model.micro rows.csv --proba --output predictions.csv",
    "inspect": "inspect model.micro",
    "explain": "explain model.micro rows.csv --row 3",
    "verify": "verify model.micro rows.csv",
    "robustness": "robustness model.micro later_rows.csv",
    "export": "export model.micro --to TARGET --out folder",
    "measure": "measure model.micro --target cortex-m0plus --data rows.csv",
    "trace": "trace trace.jsonl --family tree",
    "plugins": "plugins --json",
    "schema": "schema search",
}


FEW = 12  # options that an error lists


class _Paragraphs(argparse.HelpFormatter):
    """Keeps the paragraphs of a text, and lines that are indented."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        fill = super()._fill_text
        blocks = [line if line.startswith(" ") else fill(line, width, indent) for line in text.split("\n")]
        return "\n".join(blocks)


class _Parser(argparse.ArgumentParser):
    """Raises a sentence instead of printing usage; a console that fails is reported as for every other answer."""

    def _print_message(self, message: str, file: Any = None) -> None:
        if message and (failed := write(sys.stdout if file is None else file, message)):
            raise OutputError(f"standard output could not be written: {failed}")

    def error(self, message: str) -> NoReturn:
        if found := re.match(r"argument COMMAND: invalid choice: '(.*?)' \(choose from (.*)\)", message):
            commands = [name.strip().strip("'") for name in found[2].split(",")]
            message = f"{found[1]}: unknown command, {did_you_mean(found[1], commands)}"
        raise RequestError(f"{message}: see {self.prog} --help")


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Return the parsed command line.

    Raises
    ------
    RequestError
        If it cannot be understood.
    """
    whole, commands = _parser()
    if words and words[0].startswith("-") and words[0] not in (own := ("-h", "--help", "--version")):
        raise RequestError(f"{words[0]}: unknown argument of automicro, {_near_option(words[0], own)}")
    arguments, unknown = whole.parse_known_args(words)
    if unknown:
        actions = commands[arguments.command]._actions  # noqa: SLF001 - argparse has no public list
        options = [option for each in actions if each.help != argparse.SUPPRESS for option in each.option_strings]
        if unknown[0].startswith("-"):
            remedy = _near_option(unknown[0], options)
        else:
            remedy = f"write --target {unknown[0]} for a target" if "--target" in options else "take it away"
        raise RequestError(f"{unknown[0]}: unknown argument of automicro {arguments.command}, {remedy}")
    return arguments


def _near_option(word: str, options: Sequence[str]) -> str:
    """Return which option was meant; the dashes, which all have, make none of them near."""
    names = {option.lstrip("-"): option for option in options if option.startswith("--")}
    said = did_you_mean(word.partition("=")[0].lstrip("-"), names)
    if said.startswith("choose"):
        return f"choose among {', '.join(sorted(names.values()))}" if len(names) <= FEW else "see its --help"
    return re.sub("'(.*)'", r"'--\1'", said)


def settings_of(arguments: argparse.Namespace) -> list[str]:
    """Return what the command line sets, as settings like ``constraints.score=0.9``.

    Raises
    ------
    RequestError
        If an option has an empty value, as of a variable of a script that is not set.
    """
    given = {key: value for key, value in vars(arguments).items() if "." in key and value is not None}
    for key, value in given.items():
        if not str(value).strip():
            raise RequestError(f"{key}: must have a value, but got {value!r}: leave the option out")
    return [*(f"{key}={value}" for key, value in given.items()), *(getattr(arguments, "set", None) or [])]


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line; the reference of the documents is made from it."""
    return _parser()[0]


def _parser() -> tuple[_Parser, dict[str, argparse.ArgumentParser]]:
    whole = _Parser(
        prog="automicro",
        description="The smallest model, in deployed bytes, that meets your constraints.",
        epilog=exit_codes(),
        allow_abbrev=False,
    )
    whole.add_argument("--version", action="version", version=f"automicro {metadata.version('automicro')}")
    kinds = whole.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    _search_commands(kinds)
    _model_commands(kinds)
    _explain_command(kinds)
    _verify_command(kinds)
    _robustness_command(kinds)
    _export_command(kinds)
    _measure_command(kinds)
    _trace_command(kinds)
    _installation_commands(kinds)
    return whole, dict(kinds.choices)


def _add(kinds: Any, name: str, purpose: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = kinds.add_parser(
        name,
        help=purpose,
        description=f"{purpose[0].upper()}{purpose[1:]}.",
        epilog=f"example:\n  automicro {EXAMPLES[name]}\n\n{exit_codes(name)}",
        allow_abbrev=False,
        formatter_class=_Paragraphs,
    )
    return command


def _search_commands(kinds: Any) -> None:
    run = _add(kinds, "run", "run the search that a file describes")
    run.add_argument("config", metavar="CONFIG", help="a .toml, .yaml, .yml or .json file")
    run.add_argument(
        "--set",
        action="append",
        metavar="SECTION.KEY=VALUE",
        help="set a key, such as constraints.score=0.9, or take it out with an empty value; may be repeated",
    )
    add_request(run)
    select = _add(kinds, "select", "search the smallest model for a table")
    select.add_argument("data.source", metavar="DATA", help=DataSource.model_fields["source"].description)
    add_request(select)


def _model_commands(kinds: Any) -> None:
    predict = _add(kinds, "predict", "predict the rows of a table with a saved model")
    predict.add_argument("model", metavar="MODEL", help="a file that a search has written")
    predict.add_argument("data", metavar="DATA", help=DataSource.model_fields["source"].description)
    predict.add_argument(
        "--format", choices=("csv", "tsv", "parquet", "jsonl"), help="by default inferred from the suffix"
    )
    predict.add_argument("--series", metavar="ID,TIME", help="long table: the columns of a series and of its steps")
    predict.add_argument("--output", metavar="FILE", help="a .csv or .jsonl file (default: CSV to standard output)")
    predict.add_argument("--proba", action="store_true", help="the probability of each class instead of the label")
    predict.add_argument(
        "--outliers",
        action="store_true",
        help="model of prototypes: also the distance to the nearest one, and whether it exceeds that of 99 %% of the training rows",
    )
    inspect = _add(kinds, "inspect", "print a saved model in words, with its size by part and its card")
    inspect.add_argument("model", metavar="MODEL", help="a file that a search has written")
    _add_json(inspect)


def _explain_command(kinds: Any) -> None:
    explain = _add(
        kinds,
        "explain",
        "explain a saved model as a whole, or its prediction for one row and what would change it",
    )
    explain.add_argument("model", metavar="MODEL", help="a file that a search has written")
    explain.add_argument(
        "data",
        metavar="DATA",
        nargs="?",
        help=f"the row's table, {DataSource.model_fields['source'].description}; without it the whole model is explained",
    )
    explain.add_argument("--series", metavar="ID,TIME", help="long table: the columns of a series and of its steps")
    explain.add_argument(
        "--row",
        "--node",
        type=int,
        metavar="N",
        help="row of the table, node of a graph, or graph of a list, counted from 0 (default: 0)",
    )
    explain.add_argument(
        "--effects", action="store_true", help="instead of one row: the effect of each column over all rows"
    )
    explain.add_argument(
        "--importance",
        metavar="TARGET",
        help="instead of one row: what the score loses without a column, over rows with this target",
    )
    explain.add_argument(
        "--plot", metavar="FILE", help="also draw the answer, to a .png, .svg or .pdf file (extra plots)"
    )
    explain.add_argument("--immutable", metavar="NAMES", help="columns that must be left alone, with commas between")
    explain.add_argument(
        "--format", choices=("csv", "tsv", "parquet", "jsonl"), help="by default inferred from the suffix"
    )
    _add_json(explain)


def _verify_command(kinds: Any) -> None:
    verify = _add(kinds, "verify", "recompute a model's certificate from the data of its search")
    verify.add_argument("model", metavar="MODEL", help="a file that a search has written, with its card")
    verify.add_argument("data.source", metavar="DATA", help="the data that the search was given")
    verify.add_argument(
        "--metric",
        metavar="NAME",
        help="import path, module:function, of the function that chose the model, if one did",
    )
    add_data(verify)


def _robustness_command(kinds: Any) -> None:
    robustness = _add(
        kinds,
        "robustness",
        "measure what a saved model loses by noise, gaps, wrong units or a lost column, and how far rows are from another decision",
    )
    robustness.add_argument("model", metavar="MODEL", help="a file that a search has written, with its card")
    robustness.add_argument(
        "data.source", metavar="DATA", help="rows that the model was not trained on, with their target"
    )
    robustness.add_argument("--metric", metavar="NAME", help="name of a metric (default: that of the model's card)")
    robustness.add_argument(
        "--tolerance",
        type=float,
        metavar="NUMBER",
        help="regression: distance from which a prediction counts as another decision",
    )
    _add_json(robustness)
    add_data(robustness)


def _export_command(kinds: Any) -> None:
    export = _add(kinds, "export", "write a saved model for another language or system")
    export.add_argument("model", metavar="MODEL", help="a file that a search has written")
    export.add_argument(
        "--to", required=True, metavar="TARGET", help="name of a target, as `automicro plugins` lists them"
    )
    export.add_argument("--out", required=True, metavar="FOLDER", help="folder of the files, made if it does not exist")
    export.add_argument("--name", default="model", help="stem of the names of files and functions (default: model)")
    export.add_argument(
        "--option", action="append", metavar="KEY=VALUE", help="an option of the target; may be repeated"
    )


def _measure_command(kinds: Any) -> None:
    measure = _add(
        kinds,
        "measure",
        "measure flash, RAM, stack and instructions of a saved model on a part, in an emulator (extra edge)",
    )
    measure.add_argument("model", metavar="MODEL", help="a file that a search has written")
    measure.add_argument("--target", required=True, metavar="PART", help=f"one of {', '.join(PARTS)}")
    measure.add_argument(
        "--data", required=True, metavar="DATA", help=f"rows to run, {DataSource.model_fields['source'].description}"
    )
    measure.add_argument(
        "--format", choices=("csv", "tsv", "parquet", "jsonl"), help="by default inferred from the suffix"
    )
    measure.add_argument(
        "--option", action="append", metavar="KEY=VALUE", help="an option of the target c; may be repeated"
    )
    measure.add_argument("--mhz", type=float, metavar="NUMBER", help="clock of the part, for microseconds")
    measure.add_argument("--cycles", type=float, metavar="NUMBER", help="cycles of an instruction, for microseconds")
    _add_json(measure)


def _trace_command(kinds: Any) -> None:
    trace = _add(
        kinds, "trace", "print the trace of a search: its trials, the reason of each, the runner-up and the prices"
    )
    trace.add_argument("trace", metavar="FILE", help="a .jsonl file that a search has written as output.trace")
    trace.add_argument("--family", metavar="NAME", help="only the trials of this family")
    trace.add_argument("--runner-up", action="store_true", help="only the best trial after the one that was taken")
    _add_json(trace)


def _installation_commands(kinds: Any) -> None:
    _add_json(_add(kinds, "plugins", "list model families and targets, and why one cannot be used"))
    schema = _add(kinds, "schema", "print the JSON Schema of a search file, a model's card or a line of a trace")
    schema.add_argument(
        "name", nargs="?", default="search", metavar="NAME", help=f"one of {', '.join(SCHEMAS)} (default: search)"
    )


def _add_json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="as JSON")
