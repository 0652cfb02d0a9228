"""Further cases of `shell_cases.py`, most of them refused at once: what is asked, what came before it was mended, and what is made first."""

# ruff: noqa: E501 - a case is one line, as it is in the table

from __future__ import annotations

__all__ = ["REFUSED", "SEARCHED"]

RUN = "run ok.toml --set"
MODEL = "{cli} run ok.toml --model m1 >/dev/null"
YAML = "printf 'data: {source: p.csv, target: species}\\nconstraints:\\n  metric: accuracy\\n  score: 0.9\\n%b' "

# Bugs: searches, and commands on their results. Command, what came before, what is made first.
SEARCHED = [
    ("run ok.toml --storage tiny/st", "exit 2, the search is lost", "{tiny} tiny"),
    (
        "run ok.toml --storage st",
        "traceback of pickle",
        "{cli} run ok.toml --storage st >/dev/null; for f in st/*; do printf '\\x80\\x05junk' > $f; done",
    ),
    (
        "run ok.toml --storage st",
        "the pickle's code is run",
        "{cli} run ok.toml --storage st >/dev/null; for f in st/*; do printf \"cos\\nsystem\\n(S'touch PWN'\\ntR.\" > $f; done; rm -f PWN",
    ),
    (
        "run ok.toml --workers 1",
        "exit 3, 'no model meets the constraints': 'not allowed to raise maximum limit'",
        "ulimit -v 1500000",
    ),
    ("run ok.toml", "traceback, 'can't start new thread'", "ulimit -v 600000"),
    ("run ok.toml", "traceback", "ulimit -n 12"),
    ("run ok.toml --time island", "exit 0, text order as time", ""),
    (
        "run ok.toml --set data.source=g.csv --time dt",
        "exit 0, dates written 01.02.2024 are sorted as text",
        'awk -F, -v OFS=, \'NR==1{print $0,"dt"} NR>1{print $0,sprintf("%02d.%02d.2024 13:00",NR%28+1,NR%12+1)}\' p.csv > g.csv',
    ),
    ("run ok.toml --size 1", "exit 3, figures that do not fit each other", ""),
    ("run ok.toml --latency 1ns", "exit 3, 'missed by 1438100.0%'", ""),
    ("explain m1 --row 3", "exit 0, --row is ignored", MODEL),
    ("explain m1 p.csv --effects --row 2", "exit 0, --row is ignored", MODEL),
    ("explain m1 p.csv --effects --immutable island", "exit 0, --immutable is ignored", MODEL),
    ("explain m1 --series a,b", "exit 0, --series is ignored", MODEL),
    ("explain m1 --format tsv", "exit 0, --format is ignored", MODEL),
    ("robustness m1 p.csv --tolerance 3", "exit 0, --tolerance is ignored", MODEL),
    (
        "predict m1 w.csv",
        "'wide' in row 2, counted from 0",
        MODEL + "; sed '4s/[0-9.]*,[0-9.]*,/wide,wide,/' p.csv > w.csv",
    ),
    (
        "verify m2 p.csv",
        "exit 0, 'verified', with the score 0.99",
        "{cli} run ok.toml --certify true --score 0.8 --model m1 >/dev/null; python -c \"from automicro.program import read_artifact as r, write_artifact as w; p, c = r(open('m1', 'rb').read()); open('m2', 'wb').write(w(p, {**c, 'score': 0.99}))\"",
    ),
    (
        "verify m1 q.csv",
        "exit 2, columns that differ are not named",
        "{cli} run ok.toml --certify true --score 0.8 --drop year --model m1 >/dev/null; cp p.csv q.csv",
    ),
]

# Messages: what is refused. Command, what came before, what is made first.
REFUSED = [
    ("run nope.toml", "'must be a text file in UTF-8', no word that it is missing", ""),
    ("run okk.toml", "no near name", ""),
    ("run -", "standard input is not read, unsaid", ""),
    ("run /dev/stdin", "standard input is not read, unsaid", ""),
    (
        "run bom.toml --trials 1",
        "'invalid statement', no word of the mark",
        "printf '\\xef\\xbb\\xbf' | cat - ok.toml > bom.toml",
    ),
    ("run dup.toml", "\"cannot declare ('search',) twice\"", "(cat ok.toml; echo '[search]') > dup.toml"),
    (
        "run n.yaml",
        "'must be a list of names that is not empty', no word to quote them",
        YAML + "'  must_not_use: [no, on, y, 2007]\\n' > n.yaml",
    ),
    (
        "run o.yaml",
        "0777 is silently 511",
        YAML + "'  size: 0777\\nsearch: {trials: 1, workers: 0, families: [linear]}\\n' > o.yaml",
    ),
    (
        "run l.json",
        "only the unknown key is named",
        'printf \'{"data": {"source": "p.csv", "target": "species"},\\n"constraints": {"metric": "accuracy", "score": 0.9},\\n"search": {"trials": 0,\\n"sede": 1}}\' > l.json',
    ),
    (
        "run s.json --trials 1",
        "'$schema: unknown key'",
        'printf \'{"$schema": "x", "data": {"source": "p.csv", "target": "species"}, "constraints": {"metric": "accuracy", "score": 0.9}, "search": {"workers": 0, "families": ["linear"]}}\' > s.json',
    ),
    (f"{RUN} data.source=dir.csv", "'must exist, but does not: did you mean'", "mkdir dir.csv"),
    (f"{RUN} data.source=.", "'must exist, but does not'", ""),
    (f"{RUN} data.source=/dev/null", "'must exist, but does not: did you mean'", ""),
    (f"{RUN} data.source=ff", "'must exist, but does not: did you mean'", "mkfifo ff"),
    (f"{RUN} data.source=-", "an arbitrary list of files", ""),
    (f"{RUN} data.source=http://127.0.0.1:9/x.csv", "the path is mangled", ""),
    (f"{RUN} data.source=s3://b/x.csv", "the path is mangled", ""),
    (f"{RUN} data.source=postgresql://u:secret@localhost/x", "the path is mangled", ""),
    (f"{RUN} search.storage=postgresql://u:secret@localhost/x", "the password is printed", ""),
    (f"{RUN} 'data.source=~/p.csv'", "~ is not expanded, unsaid", ""),
    (f"{RUN} 'data.source=p*.csv'", "patterns are not read, unsaid", ""),
    (f"{RUN} data.source=SKLEARN:iris", "an arbitrary list of files", ""),
    (f"{RUN} data.source=u.csv", "'Row #346: Expected 8 columns, got 1'", "iconv -t UTF-16 p.csv > u.csv"),
    (f"{RUN} data.source=l.csv", "'utf-8 codec can't decode', no remedy", "sed '3s/Adelie/Ad\\xe9lie/' p.csv > l.csv"),
    (f"{RUN} data.source=z.csv", "binary in the message", "gzip -c p.csv > z.csv"),
    (f"{RUN} data.source=p.csv.xz", "the remedy does not help", "xz -k p.csv"),
    (f"{RUN} data.source=p.csv.xz --format csv", "binary in the message", "xz -k p.csv"),
    (f"{RUN} data.source=m.csv", "no option to drop rows", "sed '5s/^[A-Za-z]*//' p.csv > m.csv"),
    ("run ok.toml --target specie", "'must be an array or the name of a column'", ""),
    ("run ok.toml --metric log_loss --score -1", "'--set' for --score", ""),
    ("run ok.toml --metric silhouette", "a task that was never given", ""),
    ("run ok.toml --metric r2", "'use task='classification''", ""),
    ("run ok.toml --must-use island --must-not-use island", "'--set'", ""),
    ("run ok.toml --must-use island,sex,year --max-columns 2", "'--set'", ""),
    ("run ok.toml --columns species,island", "'--set'", ""),
    ("run ok.toml --columns island --drop island", "'--set'", ""),
    ("run ok.toml --max-columns 0", "'--set'", ""),
    (f"{RUN} constraints.robustness.noise_30=0.5", "'unknown key', wrong file and line", ""),
    (f'{RUN} \'search.families=["tree", "linear"]\' --trials 1', "family '[\"tree\"' is not installed", ""),
    ("run ok.toml --quiet", "'did you mean --set'", ""),
    ("predic m p.csv", "'invalid choice'", ""),
    ("--verson", "'the following arguments are required'", ""),
]
