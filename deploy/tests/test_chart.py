"""What the chart renders."""

import json
import re
from pathlib import Path
from typing import Any

import chart
import helm_python
import kubernetes_validate
import pytest
import yaml

ROOT = Path(__file__).parents[2]

#: Values that between them take every branch of the templates.
SETTINGS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "one namespace": {"watchNamespace": "mqtt", "rbac": {"secrets": ["key", "ca"]}},
    "some namespaces": {"watchNamespaces": ["mqtt", "iot"]},
    "everything": {
        "fullnameOverride": "rebalancer",
        "image": {"repository": "registry.example/controller", "tag": "1.2.3"},
        "imagePullSecrets": [{"name": "registry"}],
        "serviceAccount": {"name": "rebalancer-account", "annotations": {"a": "b"}},
        "leaderElection": {"leaseName": "rebalancer-lease"},
        "crd": {"install": True, "own": True},
        "metrics": {
            "service": {"annotations": {"prometheus.io/scrape": "true"}},
            "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
            "prometheusRule": {"enabled": True, "labels": {"release": "prometheus"}},
        },
        "podDisruptionBudget": {"enabled": True},
        "allowedHosts": ["*.example.com", "10.0.0.7:18083"],
        "installed": "2026-01-31T12:00:00Z",
        "networkPolicy": {"enabled": True, "from": [{"namespaceSelector": {}}]},
        "logFormat": "json",
        "drain": {"enabled": True},
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "topology.kubernetes.io/zone",
                "whenUnsatisfiable": "ScheduleAnyway",
            }
        ],
        "extraArgs": ["--metrics-addr=[::]:8080"],
        "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy.example:3128"}],
        "podAnnotations": {"c": "d"},
        "podLabels": {"e": "f"},
        "priorityClassName": "system-cluster-critical",
        "nodeSelector": {"kubernetes.io/arch": "amd64"},
        "tolerations": [{"operator": "Exists"}],
        "affinity": {"nodeAffinity": {}},
    },
    "nothing of its own": {
        "rbac": {"create": False},
        "serviceAccount": {"create": False},
        "metrics": {"service": {"enabled": False}},
    },
}


def rendered(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [found for found in yaml.safe_load_all(chart.render(values, "ours")) if found]


def one(values: dict[str, Any], kind: str) -> dict[str, Any]:
    (found,) = [found for found in rendered(values) if found["kind"] == kind]
    return found


@pytest.mark.parametrize("values", SETTINGS.values(), ids=SETTINGS)
def test_helm_has_nothing_against_the_chart(values: dict[str, Any]) -> None:
    report = helm_python.lint(chart.CHART, values, strict=True)
    # An icon is all it misses; that is of severity 1, information.
    worse = [message for message in report["messages"] if message["severity"] > 1]
    assert (worse, report["errors"]) == ([], [])


@pytest.mark.parametrize(
    "file", ["all-namespaces.yaml", "one-namespace.yaml", "crd.yaml", "own.yaml"]
)
def test_manifests_are_what_the_chart_renders(file: str) -> None:
    assert (chart.MANIFESTS / file).read_text() == chart.manifests()[file], (
        "run `cargo xtask kube-manifests`"
    )


@pytest.mark.parametrize("values", SETTINGS.values(), ids=SETTINGS)
def test_pods_may_do_nothing_that_they_need_not(values: dict[str, Any]) -> None:
    pod = one(values, "Deployment")["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def rules(values: dict[str, Any]) -> list[dict[str, Any]]:
    """Of the controller, not of people."""
    roles = [
        found
        for found in rendered(values)
        if found["kind"].endswith("Role") and "aggregate-to" not in str(found["metadata"]["labels"])
    ]
    return [rule for role in roles for rule in role["rules"]]


@pytest.mark.parametrize("values", SETTINGS.values(), ids=SETTINGS)
def test_rights_are_few_and_named(values: dict[str, Any]) -> None:
    for rule in rules(values):
        assert "*" not in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]]
        assert not {"deletecollection", "escalate", "bind"} & set(rule["verbs"])
        # Only objects of our own, which say when they are to go.
        assert "delete" not in rule["verbs"] or rule["apiGroups"] == ["emqx-rebalance.io"]
        if "secrets" in rule["resources"]:
            assert rule["verbs"] == ["get"]


def test_one_namespace_needs_no_rights_beyond_it() -> None:
    found = rendered(SETTINGS["one namespace"])
    assert not [one for one in found if one["kind"].startswith("Cluster")]
    bound = {one["metadata"]["namespace"] for one in found if one["kind"] == "RoleBinding"}
    assert bound == {"mqtt", "ours"}
    # The release is in another namespace than the one that it watches.
    assert (
        "--namespace=mqtt"
        in one(SETTINGS["one namespace"], "Deployment")["spec"]["template"]["spec"]["containers"][
            0
        ]["args"]
    )
    (secrets,) = [
        rule for rule in rules(SETTINGS["one namespace"]) if "secrets" in rule["resources"]
    ]
    assert secrets["resourceNames"] == ["key", "ca"]


def test_several_namespaces_have_a_role_each() -> None:
    found = rendered(SETTINGS["some namespaces"])
    assert not [one for one in found if one["kind"].startswith("Cluster")]
    for kind in ("Role", "RoleBinding"):
        where = [one["metadata"]["namespace"] for one in found if one["kind"] == kind]
        assert sorted(where) == ["iot", "mqtt", "ours"]
    deployment = one(SETTINGS["some namespaces"], "Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert "--namespace=mqtt,iot" in container["args"]
    both = {"watchNamespace": "mqtt", "watchNamespaces": ["mqtt", "iot"]}
    assert rendered(both) == found


KUBERNETES = "1.37"
#: Not of Kubernetes itself.
FOREIGN = {"ServiceMonitor", "PrometheusRule"}


@pytest.mark.parametrize("values", SETTINGS.values(), ids=SETTINGS)
def test_current_kubernetes_knows_every_field(values: dict[str, Any]) -> None:
    for found in rendered(values):
        if found["kind"] not in FOREIGN:
            kubernetes_validate.validate(found, KUBERNETES, strict=True)


def test_an_unknown_field_would_be_noticed() -> None:
    (deployment,) = [found for found in rendered({}) if found["kind"] == "Deployment"]
    deployment["spec"]["template"]["spec"]["tolerance"] = []
    with pytest.raises(kubernetes_validate.ValidationError, match="tolerance"):
        kubernetes_validate.validate(deployment, KUBERNETES, strict=True)


@pytest.mark.parametrize("end", ["", "-", ".", "-a", "a."])
def test_no_name_is_too_long_or_ends_wrongly(end: str) -> None:
    for length in (40, 52, 53, 54, 55, 56, 63):
        name = "a" * (length - len(end)) + end
        if not re.fullmatch(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?", name):
            continue
        found = rendered({**SETTINGS["everything"], "fullnameOverride": name})
        names = [(one["kind"], one["metadata"]["name"]) for one in found]
        assert len(set(names)) == len(names), "two objects of one name"
        for kind, found_name in names:
            assert len(found_name) <= 63 or kind == "CustomResourceDefinition", (kind, found_name)
            assert re.fullmatch(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?", found_name), (kind, found_name)


def branches(values: dict[str, Any], path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = []
    for name, value in values.items():
        found.append((*path, name))
        if isinstance(value, dict):
            found.extend(branches(value, (*path, name)))
    return found


def test_values_of_an_older_chart_are_enough() -> None:
    """`helm upgrade --reuse-values` takes the values of the release, without what is new since then."""
    with helm_python.Chart.load(chart.CHART) as loaded:
        paths = branches(loaded.values)
    new = {
        ("allowedHosts",),
        ("drain",),
        ("image", "digest"),
        ("installed",),
        ("logFormat",),
        ("metrics", "prometheusRule"),
        ("networkPolicy",),
        ("rbac", "aggregate"),
        ("topologySpreadConstraints",),
        ("watchNamespaces",),
        ("crd", "own"),
    }
    assert new <= set(paths)
    expected = rendered({})
    # What is null in the values is not there for the templates.
    for path in new:
        without: Any = None
        for name in reversed(path):
            without = {name: without}
        assert rendered(without) == expected, path


def test_the_namespace_is_nowhere_but_in_metadata() -> None:
    """Whatever changes `metadata.namespace` changes all of it: the pods read it from their own."""
    for file in ("one-namespace.yaml", "all-namespaces.yaml"):
        (deployment,) = [
            found
            for found in yaml.safe_load_all((chart.MANIFESTS / file).read_text())
            if found["kind"] == "Deployment"
        ]
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        assert not [argument for argument in container["args"] if "namespace" in argument]
        read = {
            env["name"]: env["valueFrom"]["fieldRef"]["fieldPath"]
            for env in container["env"]
            if "valueFrom" in env
        }
        watched = {"EMQX_REBALANCE_NAMESPACE"} if file == "one-namespace.yaml" else set()
        assert read.keys() == {"EMQX_REBALANCE_LEASE_NAMESPACE", *watched}
        assert set(read.values()) == {"metadata.namespace"}


def test_tokens_are_reviewed_only_where_drains_are_served() -> None:
    def reviewed(values: dict[str, Any]) -> bool:
        return any("tokenreviews" in rule["resources"] for rule in rules(values))

    def served(values: dict[str, Any]) -> bool:
        (container,) = one(values, "Deployment")["spec"]["template"]["spec"]["containers"]
        return "--drains" in container["args"]

    for values in ({}, {"drain": {"enabled": True}}):
        assert reviewed(values) == served(values) == bool(values)


def test_an_image_by_its_digest_is_always_the_same() -> None:
    digest = f"sha256:{'0' * 64}"
    deployment = one({"image": {"digest": digest, "tag": "latest"}}, "Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["image"] == f"emqx-rebalance-controller@{digest}"


def test_viewers_and_editors_have_their_part() -> None:
    def people(values: dict[str, Any]) -> dict[str, set[str]]:
        label = "rbac.authorization.k8s.io/aggregate-to-"
        return {
            found["metadata"]["name"].rsplit("-", 1)[1]: {
                name.removeprefix(label) for name in found["metadata"]["labels"] if label in name
            }
            for found in rendered(values)
            if found["kind"] == "ClusterRole" and "-to-edit" in str(found["metadata"]["labels"])
        }

    assert people({}) == {"view": {"view", "edit", "admin"}, "edit": {"edit", "admin"}}
    assert people({"rbac": {"aggregate": False}}) == {}
    assert people({"watchNamespace": "mqtt"}) == people({"watchNamespaces": ["mqtt"]}) == {}


def test_values_that_are_gone_are_still_accepted() -> None:
    assert rendered({"readinessGate": {"enabled": True}}) == rendered({})
    assert not any("pods/status" in rule["resources"] for rule in rules(SETTINGS["everything"]))


def test_emqx_s_definition_is_installed_only_where_asked_and_all_are_kept() -> None:
    kind = "CustomResourceDefinition"
    own = [
        f"{name}.emqx-rebalance.io"
        for name in ("loadrebalances", "nodeevacuations", "rebalancepolicies")
    ]
    values: dict[str, bool]
    for values, names in (
        ({"own": False}, []),
        ({"install": True, "own": False}, ["rebalances.apps.emqx.io"]),
        ({}, own),
    ):
        found = [found for found in rendered({"crd": values}) if found["kind"] == kind]
        assert [definition["metadata"]["name"] for definition in found] == names
        for definition in found:
            assert definition["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    with helm_python.Chart.load(chart.CHART) as loaded:
        assert loaded.crds == [], "Helm installs what is in crds/ without being asked"


@pytest.mark.parametrize(
    "values",
    [
        {"replica": 2},
        {"replicas": -1},
        {"metrics": {"port": 80}},
        {"rbac": {"secrets": [""]}},
        {"allowedHosts": ["http://emqx"]},
        {"image": {"digest": "latest"}},
    ],
    ids=["unknown", "negative", "privileged port", "secret without a name", "URL", "digest"],
)
def test_values_that_make_no_sense_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(helm_python.HelmValuesError):
        chart.render(values, "ours")


def test_a_monitor_without_a_service_is_refused() -> None:
    metrics = {"service": {"enabled": False}, "serviceMonitor": {"enabled": True}}
    with pytest.raises(helm_python.HelmRenderError, match="needs metrics.service.enabled"):
        chart.render({"metrics": metrics}, "ours")


def leaves(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found = {}
    for name, value in values.items():
        path = f"{prefix}{name}"
        nested = isinstance(value, dict) and value and path != "resources"
        found.update(leaves(value, f"{path}.") if nested else {path: value})
    return found


def test_the_guide_lists_every_value_and_its_default() -> None:
    guide = (ROOT / "docs" / "kubernetes-install.md").read_text()
    listed = dict(re.findall(r"^\| `([\w.]+)` \| `(.*?)` \|", guide, re.MULTILINE))
    with helm_python.Chart.load(chart.CHART) as loaded:
        expected = {path: json.dumps(value) for path, value in leaves(loaded.values).items()}
    del expected["resources"]
    assert {path: default for path, default in listed.items() if path != "resources"} == expected
