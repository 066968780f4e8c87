"""What an API server says to the chart and to the plain manifests.

Needs KUBECONFIG with an administrator's access, and `kubectl`: `cargo xtask test-kube` brings both.
"""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import chart
import helm_python
import pytest
import yaml
from conftest import Kubectl, objects

RELEASE = "test-release"
DEFINITION = "rebalances.apps.emqx.io"
OWN = [
    f"{name}.emqx-rebalance.io"
    for name in ("loadrebalances", "nodeevacuations", "rebalancepolicies")
]


@pytest.fixture
def helm(namespace: str) -> Iterator[helm_python.Config]:
    """Helm in a namespace of the test's own, with nothing left of our release at the end."""
    config = helm_python.Config(
        kubeconfig_path=os.environ["KUBECONFIG"].split(":")[0], namespace=namespace
    )
    with config:
        yield config
        if config.list(all_states=True):
            config.uninstall(RELEASE)


@pytest.fixture
def no_definition(kubectl: Kubectl) -> Iterator[None]:
    """A cluster where nobody knows Rebalance, before and after."""
    there = kubectl("get", "crd", "--output=name")
    assert DEFINITION not in there, "not on a cluster that has Rebalance: its objects would go"
    yield
    kubectl("delete", "crd", DEFINITION)


@pytest.mark.parametrize("file", ["all-namespaces.yaml", "one-namespace.yaml", "crd.yaml"])
def test_the_server_accepts_every_manifest(kubectl: Kubectl, file: str, namespace: str) -> None:
    text = (chart.MANIFESTS / file).read_text()
    # A dry run makes no namespace, so one is lent to it.
    objects_of_file = [found for found in yaml.safe_load_all(text) if found["kind"] != "Namespace"]
    for found in objects_of_file:
        if "namespace" in found["metadata"]:
            found["metadata"]["namespace"] = namespace
    lent = yaml.safe_dump_all(objects_of_file)
    said = kubectl("apply", "--dry-run=server", "--filename=-", stdin=lent).splitlines()
    assert len(said) == len(objects_of_file)
    assert all(line.endswith("(server dry run)") for line in said), said


def test_kustomize_puts_all_of_it_into_another_namespace(
    kubectl: Kubectl, namespace: str, tmp_path: Path
) -> None:
    shutil.copy(chart.MANIFESTS / "one-namespace.yaml", tmp_path)
    settings = {"namespace": namespace, "resources": ["one-namespace.yaml"]}
    (tmp_path / "kustomization.yaml").write_text(json.dumps(settings))
    text = kubectl("kustomize", str(tmp_path))
    assert "namespace: default" not in text
    subjects = [
        found["subjects"][0]["namespace"]
        for found in yaml.safe_load_all(text)
        if found["kind"] == "RoleBinding"
    ]
    assert subjects == [namespace, namespace]
    kubectl("apply", "--dry-run=server", "--kustomize", str(tmp_path))


def test_kustomize_installs_the_manifests_as_they_are(kubectl: Kubectl) -> None:
    def named(text: str) -> set[tuple[str, str]]:
        found = [one for one in yaml.safe_load_all(text) if one]
        return {(one["kind"], one["metadata"]["name"]) for one in found}

    built = kubectl("kustomize", str(chart.MANIFESTS))
    files = [(chart.MANIFESTS / file).read_text() for file in ("own.yaml", "all-namespaces.yaml")]
    assert named(built) == named(files[0]) | named(files[1])


def test_a_release_comes_changes_and_goes(
    kubectl: Kubectl, helm: helm_python.Config, namespace: str
) -> None:
    helm.install(str(chart.CHART), RELEASE)
    (deployment,) = objects(kubectl, "deployments", f"--namespace={namespace}")
    assert deployment["spec"]["replicas"] == 2
    helm.upgrade(str(chart.CHART), RELEASE, {"replicas": 3, "drain": {"enabled": True}})
    (deployment,) = objects(kubectl, "deployments", f"--namespace={namespace}")
    assert deployment["spec"]["replicas"] == 3
    helm.rollback(RELEASE)
    (deployment,) = objects(kubectl, "deployments", f"--namespace={namespace}")
    assert deployment["spec"]["replicas"] == 2
    helm.uninstall(RELEASE)
    left = ["deployments,services,serviceaccounts,roles,rolebindings", f"--namespace={namespace}"]
    names = {found["metadata"]["name"] for found in objects(kubectl, *left)}
    assert names <= {"default"}
    assert not [
        found
        for found in objects(kubectl, "clusterroles,clusterrolebindings")
        if found["metadata"]["name"].startswith(RELEASE)
    ]


def test_the_definitions_of_our_own_come_with_whoever_is_first(
    kubectl: Kubectl, helm: helm_python.Config
) -> None:
    helm.install(str(chart.CHART), RELEASE)
    kubectl("wait", "--for=condition=established", *(f"crd/{name}" for name in OWN))
    # Another release, or one of the same name in another namespace, leaves them as they are.
    other = "meta.helm.sh/release-name=another"
    kubectl("annotate", "crd", *OWN, other, "--overwrite")
    helm.upgrade(str(chart.CHART), RELEASE, {"replicas": 3})
    helm.uninstall(RELEASE)
    for name in OWN:
        assert name in kubectl("get", "crd", name, "--output=name")
    helm.install(str(chart.CHART), RELEASE)


@pytest.mark.usefixtures("no_definition")
def test_the_definition_stays_when_the_release_goes(
    kubectl: Kubectl, helm: helm_python.Config
) -> None:
    helm.install(str(chart.CHART), RELEASE, {"crd": {"install": True}})
    helm.uninstall(RELEASE)
    assert DEFINITION in kubectl("get", "crd", DEFINITION, "--output=name")


@pytest.mark.usefixtures("no_definition")
def test_a_definition_of_somebody_else_is_never_replaced(
    kubectl: Kubectl, helm: helm_python.Config
) -> None:
    kubectl("create", "--filename", str(chart.MANIFESTS / "crd.yaml"))
    before = kubectl("get", "crd", DEFINITION, "--output=jsonpath={.metadata.generation}")
    with pytest.raises(helm_python.HelmError, match="invalid ownership metadata"):
        helm.install(str(chart.CHART), RELEASE, {"crd": {"install": True}})
    after = kubectl("get", "crd", DEFINITION, "--output=jsonpath={.metadata.generation}")
    assert after == before


def is_allowed(kubectl: Kubectl, account: str, verb: str, what: str, namespace: str) -> bool:
    """Whether `account` may do `verb` to `what`, as `group/resource` or `group/resource/part`."""
    group, resource, *part = what.split("/")
    asked = {"verb": verb, "group": group, "resource": resource, "namespace": namespace}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {
            "user": account,
            "resourceAttributes": {**asked, "subresource": "".join(part)},
        },
    }
    created = kubectl("create", "--filename=-", "--output=json", stdin=json.dumps(review))
    return bool(json.loads(created)["status"]["allowed"])


@pytest.mark.parametrize("everywhere", [True, False], ids=["all namespaces", "one namespace"])
def test_the_server_grants_what_is_needed_and_no_more(
    kubectl: Kubectl, helm: helm_python.Config, namespace: str, everywhere: bool
) -> None:
    helm.install(str(chart.CHART), RELEASE, {"watchNamespace": "" if everywhere else namespace})
    account = f"system:serviceaccount:{namespace}:{RELEASE}"

    def may(verb: str, what: str, where: str = namespace) -> bool:
        return is_allowed(kubectl, account, verb, what, where)

    assert may("watch", "apps.emqx.io/rebalances")
    assert may("patch", "apps.emqx.io/rebalances/status")
    assert may("create", "emqx-rebalance.io/loadrebalances")
    assert not may("create", "emqx-rebalance.io/nodeevacuations")
    assert may("update", "emqx-rebalance.io/rebalancepolicies/status")
    assert not may("patch", "emqx-rebalance.io/rebalancepolicies")
    assert may("get", "/secrets")
    assert may("create", "coordination.k8s.io/leases")
    assert not may("list", "/secrets")
    assert not may("delete", "apps.emqx.io/rebalances")
    assert not may("get", "/pods")
    assert not may("patch", "/pods/status")
    assert not may("get", "coordination.k8s.io/leases"), "only the one Lease"
    assert may("list", "/pods", "default") == everywhere
