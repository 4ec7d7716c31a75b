#!/usr/bin/env python3
"""Records what lineinfile, blockinfile and replace of ansible-core do to texts.

    python3 tests/golden/modules/record.py [lineinfile|blockinfile|replace]...

Needs a Python with ansible-core 2.21.5. Writes NAME.jsonl beside this file: one case a line with the
arguments, the text before (null: no file), the text after, the result, and the fault if there was one.
"""
import contextlib
import importlib
import io
import json
import os
import pathlib
import sys
import tempfile

from ansible.module_utils import basic

HERE = pathlib.Path(__file__).parent

LINE_TEXTS = [
    None, "", "a\n", "a", "a\nb\nc\n", "a\nb\nc", "a\nb\na\nc\n", "\n", "\n\n", "a=1\nb=2\n# a=1\n",
    "a\r\nb\r\nc\r\n", "ä\nб\n", " a \n\ta\n", "a.c\nabc\n", "a\rb\nc",
]
LINE_ARGS = [
    {"line": "x"}, {"line": "a"}, {"line": "b"}, {"line": "c"}, {"line": "x\n"}, {"line": ""},
    {"line": "x", "regexp": "^a"}, {"line": "x", "regexp": "^a", "firstmatch": True},
    {"line": "a=1", "regexp": "^#? *a="}, {"line": "a=3", "regexp": "^a="},
    {"line": "x", "regexp": "z"}, {"line": "a", "regexp": "z"}, {"line": "x", "regexp": ""},
    {"line": r"\1!", "regexp": "^(a)", "backrefs": True}, {"line": r"\1!", "regexp": "^(z)", "backrefs": True},
    {"line": r"\g<n>=9", "regexp": r"^(?P<n>\w)=\d", "backrefs": True},
    {"line": "a", "regexp": "^(z)", "backrefs": True}, {"line": r"\1", "regexp": "^(.)$", "backrefs": True},
    {"line": r"<\2\1>", "regexp": "(a)(z)?", "backrefs": True},
    {"line": "x", "insertafter": "EOF"}, {"line": "x", "insertafter": "BOF"}, {"line": "x", "insertbefore": "BOF"},
    {"line": "a", "insertbefore": "BOF"}, {"line": "x", "insertbefore": "EOF"},
    {"line": "x", "insertafter": "^a"}, {"line": "x", "insertafter": "^a", "firstmatch": True},
    {"line": "x", "insertbefore": "^a"}, {"line": "x", "insertbefore": "^a", "firstmatch": True},
    {"line": "x", "insertafter": "^c"}, {"line": "b", "insertafter": "^a"}, {"line": "a", "insertbefore": "^b"},
    {"line": "c", "insertafter": "^c"}, {"line": "x", "insertafter": "z"}, {"line": "x", "insertbefore": "z"},
    {"line": "x", "insertafter": ""}, {"line": "x", "insertbefore": ""},
    {"line": "x", "regexp": "^b", "insertafter": "^a"}, {"line": "x", "regexp": "^z", "insertafter": "^a"},
    {"line": "x", "regexp": "^z", "insertbefore": "^b"}, {"line": "b", "regexp": "^z", "insertbefore": "^c"},
    {"line": "a", "regexp": "^z", "insertafter": "^c", "firstmatch": True},
    {"line": "x", "search_string": "a"}, {"line": "x", "search_string": "a.c"},
    {"line": "x", "search_string": "a", "firstmatch": True}, {"line": "x", "search_string": "zz", "insertbefore": "^c"},
    {"line": "x", "search_string": ""}, {"line": "x\ny", "regexp": "^a"}, {"line": "x\ny"},
    {"line": "ö", "regexp": "^ä"}, {"line": r"\1ö", "regexp": "^([äб])", "backrefs": True},
    {"line": "x", "regexp": "a$"}, {"line": "x", "regexp": "a\n"}, {"line": "x", "regexp": r"(?i)^A"},
    {"state": "absent", "line": "a"}, {"state": "absent", "regexp": "^a"}, {"state": "absent", "regexp": "z"},
    {"state": "absent", "search_string": "a"}, {"state": "absent", "regexp": ""}, {"state": "absent", "line": ""},
    {"state": "absent", "line": "a", "regexp": "^b"}, {"state": "absent"}, {"regexp": "a"},
    {"line": "x", "backrefs": True}, {"line": "x", "insertafter": "a", "insertbefore": "b"},
]

BLOCK_TEXTS = [
    None, "", "a\n", "a", "a\nb\nc\n", "a\n\nb\n", "\n", "a\nb\na\n",
    "a\n# BEGIN ANSIBLE MANAGED BLOCK\nold\n# END ANSIBLE MANAGED BLOCK\nb\n",
    "# BEGIN ANSIBLE MANAGED BLOCK\nx\n# END ANSIBLE MANAGED BLOCK",
    "# BEGIN ANSIBLE MANAGED BLOCK\nx\n# END ANSIBLE MANAGED BLOCK\n",
    "a\n# END ANSIBLE MANAGED BLOCK\nx\n# BEGIN ANSIBLE MANAGED BLOCK\nb\n",
    "a\n# BEGIN ANSIBLE MANAGED BLOCK\nx\n",
    "a\r\nb\r\n# BEGIN ANSIBLE MANAGED BLOCK\r\nx\r\n# END ANSIBLE MANAGED BLOCK\r\n",
    "a\x0bb\u2028c\n\n# BEGIN ANSIBLE MANAGED BLOCK\nx\n# END ANSIBLE MANAGED BLOCK\n\nc\n",
    "ä\n\n\n",
]
BLOCK_ARGS = [
    {"block": "x"}, {"block": "x\n"}, {"block": "x\ny\n"}, {"block": ""}, {"state": "absent"},
    {"block": "x", "state": "absent"}, {"block": "\n"}, {"block": "x\n\n"}, {"block": "ö\n"},
    {"block": "x", "insertafter": "EOF"}, {"block": "x", "insertbefore": "BOF"},
    {"block": "x", "insertafter": "BOF"}, {"block": "x", "insertafter": "^a"}, {"block": "x", "insertbefore": "^a"},
    {"block": "x", "insertbefore": "^b"}, {"block": "x", "insertafter": "z"}, {"block": "x", "insertbefore": "z"},
    {"block": "x", "insertafter": "(?m)^a$"}, {"block": "x", "insertbefore": "(?m)^b"},
    {"block": "x", "insertafter": "(?m)a\\n\\n?b"}, {"block": "x", "insertbefore": "(?m)a\nb"},
    {"block": "x", "insertafter": ""}, {"block": "x", "insertbefore": ""},
    {"block": "x", "prepend_newline": True}, {"block": "x", "append_newline": True},
    {"block": "x", "prepend_newline": True, "append_newline": True, "insertafter": "^a"},
    {"block": "x", "prepend_newline": True, "append_newline": True, "insertbefore": "^b"},
    {"block": "", "append_newline": True}, {"state": "absent", "prepend_newline": True},
    {"block": "x", "marker": "<!-- {mark} m -->"}, {"block": "x", "marker": "nothing"},
    {"block": "x", "marker_begin": "B", "marker_end": "E"},
    {"block": "x", "marker": "// {mark} {mark}", "marker_begin": r"o\\n", "marker_end": "e"},
    {"block": "x", "marker": "{mark}\nsecond"},
]

REPLACE_TEXTS = [
    None, "", "a\n", "a", "a\nb\nc\n", "aaa\nbab\n", "a\r\nb\r\n", "ä б ä\n", "[x]\na=1\nb=2\n[y]\na=3\n",
    "s\nfoo\ne\nfoo\n", "a.b\n", "\n\n\n", "foo bar foo\n# foo\n", "x" * 40 + "\n",
]
REPLACE_ARGS = [
    {"regexp": "a", "replace": "b"}, {"regexp": "a"}, {"regexp": "a", "replace": "a"}, {"regexp": "z", "replace": "q"},
    {"regexp": "^", "replace": "# "}, {"regexp": "$", "replace": ";"}, {"regexp": "^a$", "replace": "x"},
    {"regexp": "^(.*)$", "replace": r"<\1>"}, {"regexp": r"(\w)=(\d)", "replace": r"\2=\1"},
    {"regexp": r"(?P<k>\w)=(?P<v>\d)", "replace": r"\g<v>\g<k>\g<0>"}, {"regexp": "x*", "replace": "-"},
    {"regexp": "", "replace": "-"}, {"regexp": "\n", "replace": ""}, {"regexp": r"a\nb", "replace": r"b\na"},
    {"regexp": "[äб]", "replace": "ö"}, {"regexp": r"\bfoo\b", "replace": r"\\n"}, {"regexp": "(?i)FOO", "replace": "bar"},
    {"regexp": "foo", "replace": "bar", "after": "s\n", "before": "\ne"},
    {"regexp": "foo", "replace": "bar", "after": "s"}, {"regexp": "foo", "replace": "bar", "before": "\ne"},
    {"regexp": "a=", "replace": "z=", "after": r"\[x\]", "before": r"\[y\]"},
    {"regexp": "a=", "replace": "z=", "after": r"\[y\]"}, {"regexp": "a=", "replace": "z=", "before": r"\[y\]"},
    {"regexp": "a", "replace": "z", "after": "nothing"}, {"regexp": "^", "replace": "# ", "after": "^a$"},
    {"regexp": "^(\\s*)$", "replace": "e"}, {"regexp": "(a)|(b)", "replace": r"[\1\2]"},
    {"regexp": r"(?<=f)o(?!b)", "replace": "0"}, {"regexp": "(.)\\1", "replace": r"\1"},
    {"regexp": "a{1,2}", "replace": "y"}, {"regexp": r"\s+$", "replace": ""}, {"regexp": "a", "replace": r"\t|\x"},
    {"regexp": "a", "replace": r"\2"}, {"regexp": "(a", "replace": ""}, {"regexp": "^#\\s*(.*)", "replace": r"\1"},
]


def run(module, args):
    """The module's result as its own process would print it."""
    given = dict(args, _ansible_diff=True, _ansible_remote_tmp="/tmp", _ansible_keep_remote_files=False)
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": given}).encode()
    basic._ANSIBLE_PROFILE = "legacy"
    out = io.StringIO()
    code = importlib.import_module("ansible.modules." + module)
    from ansible.module_utils.common import warnings
    for known in (getattr(warnings, name, None) for name in ("_global_warnings", "_global_deprecations")):
        if known is not None:
            known.clear()
    try:
        with contextlib.redirect_stdout(out):
            code.main()
    except SystemExit:
        pass
    except Exception as error:  # what is no result but a fault
        return {"fault": f"{type(error).__name__}: {error}"}
    lines = [line for line in out.getvalue().splitlines() if line.startswith("{")]
    return json.loads(lines[-1])


def case(module, text, args, scratch):
    path = os.path.join(scratch, "f")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    if text is not None:
        pathlib.Path(path).write_bytes(text.encode())
    create = {} if module == "replace" else {"create": True}
    result = run(module, {"path": path, **create, **args})
    diff = result.pop("diff", None)
    for key in ("exception", "invocation", "backup", "rc", "uid", "gid", "owner", "group", "mode", "state", "size"):
        result.pop(key, None)
    after = pathlib.Path(path).read_bytes().decode() if os.path.exists(path) else None
    told = json.loads(json.dumps(result).replace(scratch, "/S"))
    found = {"args": args, "before": text, "after": after, "result": told}
    shown = (diff[0] if isinstance(diff, list) else diff) or {}
    # The difference is that of the file unless the module read or wrote other line ends.
    if shown and [shown["before"], shown["after"]] != [text or "", after or ""]:
        found["shown"] = [shown["before"], shown["after"]]
    return found


def main():
    tables = {
        "lineinfile": (LINE_TEXTS, LINE_ARGS),
        "blockinfile": (BLOCK_TEXTS, BLOCK_ARGS),
        "replace": (REPLACE_TEXTS, REPLACE_ARGS),
    }
    with tempfile.TemporaryDirectory() as scratch:
        for module in sys.argv[1:] or tables:
            texts, arguments = tables[module]
            cases = [case(module, text, args, scratch) for args in arguments for text in texts]
            lines = [json.dumps(one, ensure_ascii=False, sort_keys=True) + "\n" for one in cases]
            (HERE / f"{module}.jsonl").write_text("".join(lines))
            print(module, len(lines))


main()
