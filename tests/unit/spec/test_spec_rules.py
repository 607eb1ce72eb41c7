"""Every rule of workflow.yaml: a file that breaks it, and exactly what is said, at which place."""

import pytest

from pipedreamer.spec import Reading, read

HEAD = "name: a\nversion: 1.0\n"
TRIGGERS = "triggers: [{type: manual}]\n"
NODES = "nodes:\n  a: {path: a.py}\n  b: {path: b.ts}\n"
WHOLE = HEAD + TRIGGERS + NODES  # six lines: what is added begins at line 7

NODE_EXAMPLE = "for example {path: nodes/fetch.py}"
PATH_HINT = "write a path inside the workflow folder, for example nodes/fetch.py"
ID_RULE = "must be lowercase letters, digits, dashes and underscores, beginning with a letter"
TYPES = "must be manual, cron, queue or webhook"
NODES_HINT = "for example {fetch: {path: nodes/fetch.py}}"
WHOLE_NUMBER = "must be a whole number, 0 or more"
CRON_HINT = 'for example "0 9 * * 1-5": minute, hour, day of the month, month, day of the week'
SCHEMA_HINT = "input.schema.json"


def problems(reading: Reading) -> list[str]:
    return [str(problem).removeprefix("workflow.yaml:") for problem in reading.problems]


TOP = {
    "name: My Flow": (
        "1:7: error: name must be lowercase letters, digits and single dashes, beginning with a letter, "
        'not "My Flow" (write my-flow)'
    ),
    "name: a--b": (
        "1:7: error: name must be lowercase letters, digits and single dashes, beginning with a letter, "
        'not "a--b" (write a-b)'
    ),
    "name: ": "1:1: error: name has no value (for example name: my-flow)",
    "name: [a]": "1:7: error: name must be text, not a list (for example my-flow)",
    f"name: {'a' * 41}": (
        f'1:7: warning: name "{"a" * 41}" is longer than 40 characters, and cannot be deployed to Kubernetes '
        "(shorten it)"
    ),
    f"name: {'a' * 40}": None,
    "name: a-1-b2": None,
    "name: true": None,
}

VERSIONS = {
    "version: 1.10": None,
    "version: '0.1'": None,
    "version: 1": '2:10: error: version must be MAJOR.MINOR, not "1" (write 1.0)',
    "version: v2.3.4": '2:10: error: version must be MAJOR.MINOR, not "v2.3.4" (write 2.3)',
    "version: latest": '2:10: error: version must be MAJOR.MINOR, not "latest" (write 1.0)',
    'version: "1.0\\n"': '2:10: error: version must be MAJOR.MINOR, not "1.0\\n" (write 1.0)',
    "version: 1.0e1": '2:10: error: version must be MAJOR.MINOR, not "1.0e1" (write 1.0)',
}


@pytest.mark.parametrize(("line", "expected"), TOP.items())
def test_a_name_is_checked(line: str, expected: str | None) -> None:
    assert problems(read(f"{line}\nversion: 1.0\n{TRIGGERS}{NODES}")) == ([expected] if expected else [])


@pytest.mark.parametrize(("line", "expected"), VERSIONS.items())
def test_a_version_is_checked(line: str, expected: str | None) -> None:
    assert problems(read(f"name: a\n{line}\n{TRIGGERS}{NODES}")) == ([expected] if expected else [])


TRIGGER_LINES = {
    "- type: crom": f'4:9: error: triggers[0].type {TYPES}, not "crom" (did you mean "cron"?)',
    "- type: Manual": (
        '4:9: error: triggers[0].type must be manual, cron, queue or webhook, not "Manual" (did you mean "manual"?)'
    ),
    "- type: [cron]": f"4:9: error: triggers[0].type {TYPES}, not a list (for example manual)",
    "- schedule: '* * * * *'": "4:3: error: triggers[0] has no type (for example type: manual)",
    "- type: cron": '4:3: error: triggers[0] has no schedule (for example schedule: "0 9 * * *")',
    "- type: queue": "4:3: error: triggers[0] has no subject (for example subject: orders.created)",
    "- type: webhook": "4:3: error: triggers[0] has no path (for example path: /github)",
    "- manual": '4:3: error: triggers[0] must be a mapping with a type, not "manual" (for example {type: manual})',
    "-": "4:2: error: triggers[0] has no value (for example {type: manual})",
    "- {type: manual, subject: a}": "4:18: warning: triggers[0] has no use for subject (it belongs to type: queue)",
    "- {type: manual, nmae: a}": '4:18: warning: triggers[0] has an unknown key "nmae" (did you mean "name"?)',
    "- {type: manual, name: Big One}": f'4:24: error: triggers[0].name {ID_RULE}, not "Big One" (write big-one)',
    "- {type: manual, name: a_b-1}": None,
    "- {type: cron, schedule: 0 9 * * mon-fri}": None,
    "- {type: cron, schedule: '@hourly', timezone: Europe/Berlin}": None,
    "- {type: cron, schedule: 0 25 * * *}": (
        f'4:26: error: triggers[0].schedule "0 25 * * *" has "25" as its hour, which is not within 0-23 ({CRON_HINT})'
    ),
    "- {type: cron, schedule: '@daily', timezone: berlin}": (
        '4:46: error: triggers[0].timezone "berlin" is no time zone (did you mean "Europe/Berlin"?)'
    ),
    "- {type: queue, subject: orders.*.new.>}": None,
    "- {type: queue, subject: a..b}": (
        '4:26: error: triggers[0].subject "a..b" has an empty token (for example orders.created or orders.>)'
    ),
    "- {type: webhook, path: /hooks/github}": None,
    "- {type: webhook, path: hooks}": '4:25: error: triggers[0].path "hooks" must begin with / (write /hooks)',
}


@pytest.mark.parametrize(("line", "expected"), TRIGGER_LINES.items())
def test_a_trigger_is_checked(line: str, expected: str | None) -> None:
    assert problems(read(f"{HEAD}triggers:\n{line}\n{NODES}")) == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("triggers", "expected"),
    [
        ("", "1:1: error: the workflow has no triggers (for example triggers: [{type: manual}])"),
        ("triggers:\n", "3:1: error: triggers has no value (for example triggers: [{type: manual}])"),
        ("triggers: []\n", "3:11: error: triggers is empty (for example [{type: manual}])"),
        (
            "triggers: {type: manual}\n",
            "3:11: error: triggers must be a list of triggers, not a mapping (for example [{type: manual}])",
        ),
        (
            "triggers:\n- {type: manual, name: x}\n- {type: webhook, path: /, name: x}\n",
            '5:34: error: triggers[1].name "x" is the name of triggers[0] too (give each trigger a name of its own)',
        ),
    ],
)
def test_a_workflow_has_triggers_with_names_of_their_own(triggers: str, expected: str) -> None:
    assert problems(read(f"{HEAD}{triggers}{NODES}")) == [expected]


NODE_LINES = {
    "a: {path: ./nodes/a.py}": None,
    "on: {path: nodes/a.ts}": None,
    "a: nodes/a.py": f'5:6: error: nodes.a must be a mapping with a path, not "nodes/a.py" ({NODE_EXAMPLE})',
    "a:": f"5:3: error: nodes.a has no value ({NODE_EXAMPLE})",
    "a: {}": "5:3: error: nodes.a has no path (for example path: nodes/fetch.py)",
    "a: {path: }": "5:7: error: nodes.a.path has no value (for example path: nodes/fetch.py)",
    "fetchData: {path: a.py}": f'5:3: error: a key of nodes {ID_RULE}, not "fetchData" (write fetch-data)',
    "1st: {path: a.py}": f'5:3: error: a key of nodes {ID_RULE}, not "1st" (write n1st)',
    "a: {path: ../a.py}": f'5:13: error: nodes.a.path "../a.py" leaves the workflow folder ({PATH_HINT})',
    "a: {path: x/../a.py}": f'5:13: error: nodes.a.path "x/../a.py" leaves the workflow folder ({PATH_HINT})',
    "a: {path: /a.py}": f'5:13: error: nodes.a.path "/a.py" leaves the workflow folder ({PATH_HINT})',
    "a: {path: 'x\\a.py'}": (
        '5:13: error: nodes.a.path "x\\\\a.py" leaves the workflow folder: a backslash is no separator here '
        "(write x/a.py)"
    ),
    'a: {path: "x\\0.py"}': (
        f'5:13: error: nodes.a.path "x\\x00.py" leaves the workflow folder: it holds a control character ({PATH_HINT})'
    ),
    'a: {path: ""}': f'5:13: error: nodes.a.path "" is empty ({PATH_HINT})',
    "a: {path: .git/a.py}": (
        '5:13: error: nodes.a.path ".git/a.py" names a file or folder that begins with a dot; '
        f"nodes cannot read such files ({PATH_HINT})"
    ),
    "a: {path: a.js}": '5:13: error: nodes.a.path "a.js" must end in .py or .ts (for example nodes/fetch.py)',
    "a: {path: a.py, timeout: 1500ms, retries: 0, rerun_interrupted: false}": None,
    "a: {path: a.py, timeout: 30}": '5:28: error: nodes.a.timeout "30" is not a duration (write 30s for seconds)',
    "a: {path: a.py, retries: -1}": (
        '5:28: error: nodes.a.retries must be a whole number, 0 or more, not "-1" (write 0 for none)'
    ),
    "a: {path: a.py, rerun_interrupted: no}": (
        '5:38: error: nodes.a.rerun_interrupted must be true or false, not "no" (write false)'
    ),
    "a: {path: a.py, capabilities: {net: yes, github: 1.10}}": None,
    "a: {path: a.py, capabilities: [net]}": (
        "5:33: error: nodes.a.capabilities must be a mapping of text to text, not a list "
        "(for example {github: reads issues})"
    ),
    "a: {path: a.py, pth: x}": '5:19: warning: nodes.a has an unknown key "pth" (did you mean "path"?)',
    "a: {path: a.py, zzz: x}": (
        '5:19: warning: nodes.a has an unknown key "zzz" '
        "(known keys: path, timeout, retries, rerun_interrupted, capabilities)"
    ),
}


@pytest.mark.parametrize(("line", "expected"), NODE_LINES.items())
def test_a_node_is_checked(line: str, expected: str | None) -> None:
    assert problems(read(f"{HEAD}{TRIGGERS}nodes:\n  {line}\n")) == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ("", "1:1: error: the workflow has no nodes (for example nodes: {fetch: {path: nodes/fetch.py}})"),
        ("nodes: {}\n", "4:8: error: nodes is empty (for example {fetch: {path: nodes/fetch.py}})"),
        (
            "nodes: [{path: a.py}]\n",
            f"4:8: error: nodes must be a mapping of ids to nodes, not a list ({NODES_HINT})",
        ),
    ],
)
def test_a_workflow_has_nodes(nodes: str, expected: str) -> None:
    assert problems(read(f"{HEAD}{TRIGGERS}{nodes}")) == [expected]


SECTIONS = {
    "edges:": None,
    "config:": None,
    "description:": None,
    "description: 2024": None,
    "config: {timeout: 30s, retries: 3, rerun_interrupted: false, nats_url: x}": None,
    "config: {timeout: 5 min}": '7:19: error: config.timeout "5 min" is not a duration (write 5m)',
    "config: {timeout: 0s}": '7:19: error: config.timeout "0s" is no time at all (for example 30s)',
    "config: {retries: 1.5}": (
        '7:19: error: config.retries must be a whole number, 0 or more, not "1.5" (for example 3)'
    ),
    "config: {retries: '3'}": (
        '7:19: error: config.retries must be a whole number, 0 or more, not "3" (write it without quotes)'
    ),
    "config: {retries: 21}": (
        "7:19: warning: config.retries 21 doubles the wait from 100 ms with each retry: over a day before the 21st "
        "(20 or fewer)"
    ),
    "config: {retries: true}": f'7:19: error: config.retries {WHOLE_NUMBER}, not "true" (for example 3)',
    "config: []": "7:9: error: config must be a mapping, not a list (for example {timeout: 30s, retries: 2})",
    "trigers: []": '7:1: warning: the workflow has an unknown key "trigers" (did you mean "triggers"?)',
    "input: true": None,
    "input: schemas/in.yaml": None,
    "input: {type: object, properties: {n: {$ref: '#/$defs/n'}}, $defs: {n: {type: number}}}": None,
    "input: ../in.json": (
        '7:8: error: input "../in.json" leaves the workflow folder '
        f"(write a path inside the workflow folder, for example {SCHEMA_HINT})"
    ),
    "input: in.txt": f'7:8: error: input "in.txt" must end in .json or .yaml or .yml (for example {SCHEMA_HINT})',
    "input: [x]": f"7:8: error: input must be a JSON Schema or the path of one, not a list (for example {SCHEMA_HINT})",
    "input: {type: object, default: .inf}": (
        "7:32: error: the value .inf is not a JSON value (put it in quotes if text is meant)"
    ),
    "input: {required: name}": '7:19: error: input.required is no JSON Schema: "name" is not of type "array"',
    "input: {properties: {n: {pattern: '('}}}": (
        '7:35: error: input.properties.n.pattern is no JSON Schema: "(" is not a "regex"'
    ),
    "input: {$ref: 'http://127.0.0.1:1/x'}": (
        '7:15: error: input.$ref refers to "http://127.0.0.1:1/x", which is never fetched (copy it below $defs)'
    ),
    "input: {$ref: 'file:///etc/passwd'}": (
        '7:15: error: input.$ref refers to "file:///etc/passwd", which is never fetched (copy it below $defs)'
    ),
    "input: {$ref: '#/$defs/x'}": (
        '7:15: error: input.$ref refers to "#/$defs/x", which is not in the schema (for example #/$defs/item)'
    ),
    "input: {$schema: 'http://example.com/mine'}": (
        "7:18: error: input.$schema is no known dialect of JSON Schema "
        "(write https://json-schema.org/draft/2020-12/schema)"
    ),
    "input: {name: {type: string}}": (
        "7:8: warning: input has no keyword of JSON Schema: it accepts everything (begin with properties:)"
    ),
    "permissions: {net: any}": None,
    "permission: {net: none}": '7:1: error: the workflow has an unknown key "permission" (did you mean "permissions"?)',
    "Permisions: {}": '7:1: error: the workflow has an unknown key "Permisions" (did you mean "permissions"?)',
    "missions: 3": '7:1: warning: the workflow has an unknown key "missions" (did you mean "permissions"?)',
    "x-permissions: {net: any}": None,
    "permissions:": "7:1: error: permissions has no value (for example permissions: {net: none}, or remove the key)",
    "deployment: {replicas: 2, secrets: [s], record: ephemeral, env: {A: 1}, tolerations: [{key: x}]}": None,
    "deployment: {serviceAccount: x, rbac: {clusterRole: {rules: [{resources: [pods], verbs: [get]}]}}}": None,
    "deployment: {replica: 2}": '7:14: warning: deployment has an unknown key "replica" (did you mean "replicas"?)',
    "deployment: {replicas: two}": (
        '7:24: error: deployment.replicas must be a whole number, 0 or more, not "two" (for example 1)'
    ),
    "deployment: {record: disk}": (
        "7:22: error: deployment.record must be ephemeral, {volume: ...} or {postgres: ...}, "
        'not "disk" (for example {volume: 1Gi})'
    ),
    "deployment: {resources: {limits: {memory: lots}}}": (
        '7:43: error: deployment.resources.limits.memory must be a quantity, not "lots" (for example 100m)'
    ),
    "deployment: {env: {A: }}": "7:20: error: deployment.env.A has no value (for example UTC)",
    "deployment: {rbac: {role: {rules: [{}]}}}": (
        "7:36: error: deployment.rbac.role.rules[0] has no verbs (for example verbs: [get])"
    ),
}


@pytest.mark.parametrize(("line", "expected"), SECTIONS.items())
def test_a_section_is_checked(line: str, expected: str | None) -> None:
    assert problems(read(f"{WHOLE}{line}\n")) == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("text", "found"), [("~\n", "empty"), ("[]\n", "a list"), ("- a\n", "a list"), ("some text\n", '"some text"')]
)
def test_a_file_that_is_no_mapping_is_one_problem(text: str, found: str) -> None:
    expected = f"the file must be a mapping with name, version, triggers and nodes, not {found}"
    assert problems(read(text)) == [f"1:1: error: {expected} (for example name: my-flow)"]


def test_errors_in_one_part_hide_none_in_another() -> None:
    text = """\
name: My Flow
version: 1
triggers:
  - type: cron
    schedule: often
nodes:
  a: {paht: a.py, timeout: soon}
edges:
  - {from: a, to: bb}
config: {timeout: 30, x: .nan}
input: {type: strin}
permissions: {net: 3}
deployment: {replicas: -1}
"""
    assert [(problem.line, problem.column, problem.severity) for problem in read(text, "f.yaml").problems] == [
        (1, 7, "error"),
        (2, 10, "error"),
        (5, 15, "error"),
        (7, 3, "error"),
        (7, 7, "warning"),
        (7, 28, "error"),
        (9, 19, "error"),
        (10, 19, "error"),
        (10, 26, "error"),
        (11, 15, "error"),
        (12, 20, "error"),
        (13, 24, "error"),
    ]


def test_a_message_is_one_line_that_a_terminal_does_not_act_on() -> None:
    text = f'{WHOLE}edges: [{{from: a, to: "\\e[31m\\n"}}]\n"\\e[2J": 1\n? "{"k" * 5000}"\n: 1\n'
    found = read(text).problems
    assert len(found) == 3
    assert all(str(problem).isprintable() and len(str(problem)) < 700 for problem in found)


def test_past_a_hundred_problems_the_rest_is_counted_and_warnings_hide_no_error() -> None:
    unknown = "".join(f"zz{at}: 1\n" for at in range(300))
    bad = "".join(f"  n{at}: {{path: /x}}\n" for at in range(250))
    found = problems(read(f"{unknown}{HEAD}{TRIGGERS}nodes:\n{bad}"))
    assert len(found) == 202
    assert found[100] == "101:1: warning: and 200 more warnings from here on (mend the ones above first)"
    assert found[-1] == "405:16: error: and 150 more errors from here on (mend the ones above first)"
