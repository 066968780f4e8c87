"""The Helm chart, rendered by Helm itself, and the plain manifests made from it.

`python chart.py` writes the manifests again; `cargo xtask kube-manifests` runs it. `python chart.py render FOLDER`
prints what Helm makes of a chart in another folder.
"""

import sys
from pathlib import Path
from typing import Any

import helm_python

HERE = Path(__file__).parent
CHART = HERE / "helm" / "emqx-rebalance-controller"
MANIFESTS = HERE / "manifests"
NAME = "emqx-rebalance-controller"

#: The plain manifests: file, namespace of the controller, values of the chart. The definitions are a file
#: by themselves, since who installs for one namespace may not be who installs definitions.
VARIANTS: list[tuple[str, str, dict[str, Any]]] = [
    ("all-namespaces.yaml", "emqx-rebalance", {"crd": {"own": False}}),
    ("one-namespace.yaml", "default", {"crd": {"own": False}, "watchNamespace": "default"}),
]

HEADER = "# Made from the Helm chart by `cargo xtask kube-manifests`; change the chart instead.\n"

#: Lines that only make sense in what Helm installs.
OF_HELM = ("app.kubernetes.io/managed-by: Helm", "helm.sh/")


def render(
    values: dict[str, Any], namespace: str, name: str = NAME, folder: Path = CHART
) -> str:
    """What `helm template NAME --namespace NAMESPACE` prints for `values`, without the notes."""
    with helm_python.Chart.load(folder) as chart:
        rendered = chart.render(values, name=name, namespace=namespace)
    files = [text.strip("\n") for file, text in sorted(rendered.items()) if file.endswith(".yaml")]
    return "\n---\n".join(text for text in files if text.strip())


def manifest(values: dict[str, Any], namespace: str) -> str:
    """The rendered chart as a file for `kubectl apply`, with its namespace unless that is there."""
    lines = render(values, namespace).splitlines()
    ours = "\n".join(line for line in lines if not line.strip().startswith(OF_HELM))
    made = f"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {namespace}\n---\n"
    return HEADER + ("" if namespace == "default" else made) + ours + "\n"


def manifests() -> dict[str, str]:
    """Every plain manifest by the name of its file."""
    files = {file: manifest(values, namespace) for file, namespace, values in VARIANTS}
    definitions = {name: (CHART / "files" / name).read_text() for name in ("crd.yaml", "own.yaml")}
    return {**files, **definitions}


def main() -> None:
    if sys.argv[1:2] == ["render"]:
        print(render({}, NAME, folder=Path(sys.argv[2])))
        return
    for file, text in manifests().items():
        (MANIFESTS / file).write_text(text)


if __name__ == "__main__":
    main()
