"""The fields of workflow.yaml: the one table that the parser reads by and the JSON Schema is made from."""

from collections.abc import Iterator
from typing import Final

from pipedreamer.spec import naming
from pipedreamer.spec.addresses import subject, webhook_path
from pipedreamer.spec.block import Block, Field, Variants
from pipedreamer.spec.container_kinds import ListOf, MapOf
from pipedreamer.spec.fields_of_deployment import DEPLOYMENT
from pipedreamer.spec.fields_of_permissions import PERMISSIONS
from pipedreamer.spec.file_paths import node_path, schema_path
from pipedreamer.spec.findings import Fault
from pipedreamer.spec.input_schema import InlineSchema
from pipedreamer.spec.kind import ByShape
from pipedreamer.spec.scalar_kinds import Duration, Flag, Text, TextOrFlag, Whole, choice
from pipedreamer.spec.schedule import schedule, timezone

MANY_RETRIES: Final = 20


def _fits_objects(name: str) -> Iterator[Fault]:
    if len(name) > naming.NAME_LIMIT:
        message = f"is longer than {naming.NAME_LIMIT} characters, and cannot be deployed to Kubernetes"
        yield Fault(message, "shorten it", "warning")


def _ends_some_day(retries: int) -> Iterator[Fault]:
    if retries > MANY_RETRIES:
        message = "doubles the wait from 100 ms with each retry: over a day before the 21st"
        yield Fault(message, f"{MANY_RETRIES} or fewer", "warning")


_NAME = Text("my-flow", naming.NAME, naming.NAME_RULE, naming.right_name, _fits_objects)
_VERSION = Text('"1.0"', naming.VERSION, naming.VERSION_RULE, naming.right_version)
_ID = Text("fetch", naming.ID, naming.ID_RULE, naming.right_id)

_ATTEMPTS = (
    Field("timeout", Duration(), "How long one attempt may take, for example 30s, 5m, 1500ms, 1h."),
    Field(
        "retries", Whole(_ends_some_day), "How many more attempts follow a failed one, after 100 ms, 200 ms, 400 ms..."
    ),
    Field(
        "rerun_interrupted",
        Flag(),
        "Whether a node that was interrupted through no fault of its own runs again; if not, it fails.",
    ),
)

_NODE = Block(
    (
        Field(
            "path", Text("nodes/fetch.py", check=node_path), "The file of its code, inside the folder.", required=True
        ),
        *_ATTEMPTS,
        Field(
            "capabilities",
            MapOf(Text("reads the issues"), "a mapping of text to text", "{github: reads issues}"),
            "What the node does, for people; the engine does not read it.",
        ),
    ),
    "a mapping with a path",
    "{path: nodes/fetch.py}",
)

_TRIGGER = Variants(
    tag=Field("type", choice("manual", "cron", "queue", "webhook"), "What starts a run.", required=True),
    shared=(Field("name", _ID, "A name of its own, given to the run as input.trigger; unique among the triggers."),),
    variants={
        "manual": (),
        "cron": (
            Field(
                "schedule",
                Text('"0 9 * * *"', check=schedule),
                "Five fields (minute, hour, day, month, day of the week) or a macro such as @hourly.",
                required=True,
            ),
            Field("timezone", Text("Europe/Berlin", check=timezone), "The time zone of the schedule.", default="UTC"),
        ),
        "queue": (
            Field("subject", Text("orders.created", check=subject), "The NATS subject; * and > work.", required=True),
        ),
        "webhook": (
            Field("path", Text("/github", check=webhook_path), "The path it is called at, from /.", required=True),
        ),
    },
    expects="a mapping with a type",
    example="{type: manual}",
)

_EDGE = Block(
    (
        Field("from", Text("fetch"), "The node whose output is passed on.", required=True),
        Field("to", Text("report"), "The node that gets it.", required=True),
    ),
    "{from, to}",
    "{from: fetch, to: report}",
)

_CONFIG = Block(_ATTEMPTS, "a mapping", "{timeout: 30s, retries: 2}", keeps=True, warns=False)

_INPUT = ByShape(
    "a JSON Schema or the path of one",
    "input.schema.json",
    scalar=TextOrFlag("a path", "input.schema.json", schema_path),
    mapping=InlineSchema(),
)

WORKFLOW: Final = Block(
    (
        Field("name", _NAME, "The workflow's name; at most 40 characters where it is deployed.", required=True),
        Field("version", _VERSION, "MAJOR.MINOR; quotes are not needed.", required=True),
        Field("description", Text("Counts words"), "What it is for."),
        Field(
            "triggers",
            ListOf(_TRIGGER, "a list of triggers", "[{type: manual}]", needed=True),
            "What starts a run.",
            required=True,
        ),
        Field(
            "nodes",
            MapOf(_NODE, "a mapping of ids to nodes", "{fetch: {path: nodes/fetch.py}}", key=_ID, needed=True),
            "The steps, by id.",
            required=True,
        ),
        Field(
            "edges",
            ListOf(_EDGE, "a list of {from, to}", "[{from: fetch, to: report}]"),
            "Which node's output goes to which node.",
        ),
        Field(
            "config", _CONFIG, "Settings of one's own, for the nodes as ctx.config; three keys are the engine's too."
        ),
        Field("input", _INPUT, "A JSON Schema of what the first nodes get, or the path of a file that holds one."),
        Field(
            "permissions",
            PERMISSIONS,
            "What the nodes may reach; absent: see the manual.",
            nullable=False,
            guarded=True,
        ),
        Field("deployment", DEPLOYMENT, "How it runs on Kubernetes."),
    ),
    "a mapping with name, version, triggers and nodes",
    "name: my-flow",
)
"""All of workflow.yaml."""
