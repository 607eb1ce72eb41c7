"""The fields of `deployment`: how a workflow runs on Kubernetes. What they mean is the deploy command's matter."""

from typing import Final

from pipedreamer.spec.block import Block, Field
from pipedreamer.spec.container_kinds import Json, ListOf, MapOf
from pipedreamer.spec.kind import ByShape
from pipedreamer.spec.quantity import QUANTITY, QUANTITY_RULE
from pipedreamer.spec.scalar_kinds import Choice, Text, Whole


def _texts(example: str) -> ListOf:
    return ListOf(Text(example), "a list of text", f"[{example}]")


def _text_map(key: str, value: str) -> MapOf:
    return MapOf(Text(value), "a mapping of text to text", f"{{{key}: {value}}}")


_RULE = Block(
    (
        Field("apiGroups", _texts('""'), "API groups; an empty text is the core group."),
        Field("resources", _texts("pods"), "Kinds of objects, in the plural."),
        Field("resourceNames", _texts("my-pod"), "Only objects of these names."),
        Field("nonResourceURLs", _texts("/metrics"), "Paths of the API server (only in a clusterRole)."),
        Field("verbs", _texts("get"), "What may be done.", required=True),
    ),
    "a mapping with verbs",
    '{apiGroups: [""], resources: [pods], verbs: [get, list]}',
    keeps=True,
)
_RULES = Field(
    "rules", ListOf(_RULE, "a list of rules", "[{resources: [pods], verbs: [get]}]"), "What it may do.", required=True
)
_ROLE = Block((_RULES,), "a mapping with rules", "{rules: [{resources: [pods], verbs: [get]}]}", keeps=True)

_RBAC = Block(
    (
        Field("role", _ROLE, "Rights within the workflow's own namespace."),
        Field("clusterRole", _ROLE, "Rights in the whole cluster."),
    ),
    "a mapping with role or clusterRole",
    "{role: {rules: [{resources: [pods], verbs: [get]}]}}",
    keeps=True,
)

_QUANTITIES = MapOf(Text("100m", QUANTITY, QUANTITY_RULE), "a mapping of quantities", "{cpu: 100m, memory: 64Mi}")
_RESOURCES = Block(
    (
        Field("requests", _QUANTITIES, "What the engine is sure to get."),
        Field("limits", _QUANTITIES, "What it may use at most."),
    ),
    "a mapping with requests or limits",
    "{limits: {memory: 512Mi}}",
    keeps=True,
)

_RECORD_FORMS = "ephemeral, {volume: ...} or {postgres: ...}"
_RECORD = ByShape(
    _RECORD_FORMS,
    "{volume: 1Gi}",
    scalar=Choice(("ephemeral",), _RECORD_FORMS, "{volume: 1Gi}"),
    mapping=Block(
        (
            Field("volume", Text("1Gi", QUANTITY, QUANTITY_RULE), "The size of a volume that holds the record."),
            Field("postgres", Text("my-database"), "The secret that says where PostgreSQL is."),
        ),
        "a mapping with volume or postgres",
        "{volume: 1Gi}",
        keeps=True,
    ),
)

DEPLOYMENT: Final = Block(
    (
        Field("serviceAccount", Text("my-flow"), "The service account that the pods run as."),
        Field("rbac", _RBAC, "Rights that the service account is given."),
        Field("replicas", Whole(example="1"), "How many pods.", default=1),
        Field("resources", _RESOURCES, "CPU and memory of the engine's container."),
        Field("nodeSelector", _text_map("disk", "ssd"), "Labels that a machine must have."),
        Field(
            "tolerations",
            ListOf(
                MapOf(Json(), "a toleration", "{key: gpu, operator: Exists}"), "a list of tolerations", "[{key: gpu}]"
            ),
            "Taints that do not keep the pods away.",
        ),
        Field("imagePullSecrets", _texts("my-registry"), "Secrets that open the registry."),
        Field("secrets", _texts("shared-postgres"), "Shared secrets, mounted beside the workflow's own."),
        Field("record", _RECORD, "Where the record of runs is kept.", default="ephemeral"),
        Field("env", _text_map("TZ", "UTC"), "Environment variables of the engine; plain values only."),
        Field("annotations", _text_map("team", "data"), "Annotations of the pods."),
    ),
    "a mapping",
    "{replicas: 1}",
    keeps=True,
)
