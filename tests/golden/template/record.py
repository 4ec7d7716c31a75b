#!/usr/bin/env python
"""Records what ansible-core makes of the templates in the JSON files beside this script.

Run with a Python that has ansible-core: record.py [FILE...]. Each file has "vars" and "cases"; a case
has a template ("t"), an expression ("x"), a condition ("c") or a file's text ("f"), and gets its value
("v"), its text where JSON has no such value ("s"), or its error ("e"). A case with "ours" is one where
we differ on purpose; its "why" says why, and what was recorded is kept for comparison.
"""
import json
import pathlib
import re
import sys

from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

HERE = pathlib.Path(__file__).parent


def trusted(value):
    if isinstance(value, str):
        return trust_as_template(value)
    if isinstance(value, dict):
        return {key: trusted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [trusted(item) for item in value]
    return value


def plain(text):
    """Names of ansible-core's own subclasses as those of the types they stand for."""
    text = re.sub(r"_Ansible(?:Tagged|LazyTemplate|LazyAccess)(\w+)", lambda m: m[1].lower(), text)
    text = text.replace("ansible._internal._templating._lazy_containers.", "")
    return text.replace(str(HERE), "HERE")


def run(case, variables):
    loader = DataLoader()
    loader.set_basedir(str(HERE))
    templar = Templar(loader=loader, variables=trusted(variables))
    if "x" in case:
        return templar.evaluate_expression(trust_as_template(case["x"]))
    if "c" in case:
        return templar.evaluate_conditional(trusted(case["c"]))
    if "f" in case:
        templar = templar.copy_with_new_env(searchpath=[str(HERE / "files")])
        overrides = case.get("options", {})
        text = trust_as_template(case["f"])
        result = templar.template(text, escape_backslashes=False, overrides=overrides)
        return "" if result is None else str(result)
    return templar.template(trust_as_template(case["t"]))


def record(path):
    data = json.loads(path.read_text())
    for case in data["cases"]:
        for key in "vse":
            case.pop(key, None)
        try:
            value = run(case, json.loads(json.dumps(data.get("vars", {}))))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
            case["e"] = plain(str(error))
            continue
        try:
            case["v"] = json.loads(json.dumps(value))
        except TypeError:
            case["s"] = str(value)
    lines = ",\n".join("  " + json.dumps(case, ensure_ascii=False) for case in data["cases"])
    head = json.dumps(data.get("vars", {}), ensure_ascii=False)
    path.write_text('{"vars": %s,\n"cases": [\n%s\n]}\n' % (head, lines))


for name in sys.argv[1:] or sorted(map(str, HERE.glob("*.json"))):
    record(pathlib.Path(name))
