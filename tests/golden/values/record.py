#!/usr/bin/env python3
"""Records what Ansible makes of the expressions in the JSON files beside this one.

Run it with the Python that has ansible-core (and netaddr, jmespath for the collections' filters):

    python record.py lists.json        records again, keeping what is said under "ours" (where we differ on purpose)
    python record.py lists.json < new  adds the expressions of standard input, one a line
"""

import json
import os
import sys

os.chdir(os.path.dirname(os.path.abspath(__file__)))
os.environ["ANSIBLE_DEPRECATION_WARNINGS"] = "0"

import ansible.plugins.loader as plugins

plugins.init_plugin_loader([])

from ansible.module_utils.common.json import get_encoder
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template


def trusted(item):
    if isinstance(item, str):
        return trust_as_template(item)
    if isinstance(item, list):
        return [trusted(part) for part in item]
    if isinstance(item, dict):
        return {key: trusted(part) for key, part in item.items()}
    return item


def messages(error):
    parts = []
    while error is not None:
        parts.append(getattr(error, "_original_message", None) or str(error))
        error = error.__cause__
    text = ""
    for part in reversed(parts):
        if not text or part.endswith(text):
            text = part
        else:
            text = part.rstrip(".") + ": " + text
    # Names of ansible-core's own kinds of list and dict.
    text = text.replace("ansible._internal._templating._lazy_containers.", "")
    text = text.replace("_AnsibleLazyTemplateList", "list").replace("_AnsibleLazyTemplateDict", "dict")
    return text.replace(os.getcwd(), "HERE")


def record(expression, variables):
    loader = DataLoader()
    loader.set_basedir(os.getcwd())
    templar = Templar(loader, variables=trusted(variables))
    try:
        value = templar.evaluate_expression(trust_as_template(expression))
        return {"value": json.loads(json.dumps(value, cls=get_encoder("tagless")))}
    except Exception as error:  # whatever it is, it is what users see
        return {"error": messages(error)}


def main(name):
    data = {"variables": {}, "cases": []}
    if os.path.exists(name):
        with open(name, encoding="utf-8") as file:
            data = json.load(file)
    known = {case["expr"] for case in data["cases"]}
    if not sys.stdin.isatty():
        for line in sys.stdin:
            line = line.rstrip("\n")
            if line and line not in known:
                data["cases"].append({"expr": line})
    for case in data["cases"]:
        case.pop("value", None)
        case.pop("error", None)
        case.update(record(case["expr"], data["variables"]))
    with open(name, "w", encoding="utf-8") as file:
        file.write('{"variables": ' + json.dumps(data["variables"], ensure_ascii=False) + ', "cases": [\n')
        lines = [json.dumps(case, ensure_ascii=False) for case in data["cases"]]
        file.write(",\n".join(lines) + "\n]}\n")


main(sys.argv[1])
