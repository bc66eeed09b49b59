"""Holds rendered manifests against the schemas of the Kubernetes API, and against what the API server or the cluster would only say
later. What is no part of Kubernetes itself is written into a module for TypeScript, whose types know every field of it.

manifests.py FOLDER MODULES"""

import fcntl
import json
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import kubernetes_validate
import yaml

# The oldest that the charts take, and the newest that there is a schema of.
VERSIONS = ["1.29", "1.37"]
CUSTOM = {
    "ExternalSecret": "@kubernetes-models/external-secrets/external-secrets.io/v1",
    "GitRepository": "@kubernetes-models/flux-cd/source.toolkit.fluxcd.io/v1",
    "HelmRelease": "@kubernetes-models/flux-cd/helm.toolkit.fluxcd.io/v2",
    "HTTPRoute": "@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1",
    "ServiceMonitor": "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1",
}


def pod_of(document: dict) -> dict | None:
    """The pod that a document makes, if it makes one."""
    spec = document.get("spec", {})
    if document["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    return spec if document["kind"] == "Pod" else spec.get("template", {}).get("spec")


def is_restricted(pod: dict) -> list[str]:
    """What the level `restricted` of the Pod Security Standards has against a pod, and what we have."""
    wrong = []
    of_pod = pod.get("securityContext", {})
    if of_pod.get("runAsNonRoot") is not True or of_pod.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        wrong.append("may be root, or has no seccomp profile")
    if pod.get("automountServiceAccountToken") is not False or pod.get("enableServiceLinks") is not False:
        wrong.append("is given the cluster's token or the names of services")
    if any(pod.get(name) for name in ["hostNetwork", "hostPID", "hostIPC"]):
        wrong.append("shares the node's namespaces")
    allowed = {"name", "configMap", "emptyDir", "persistentVolumeClaim", "secret", "projected"}
    if any(set(volume) - allowed for volume in pod.get("volumes", [])):
        wrong.append("has a volume of a kind that is not allowed")
    for container in pod["containers"] + pod.get("initContainers", []):
        context = container.get("securityContext", {})
        wanted = {"allowPrivilegeEscalation": False, "privileged": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
        if context != wanted:
            wrong.append(f"{container['name']} has the security context {context}")
        resources = container.get("resources", {})
        if not {"cpu", "memory"} <= set(resources.get("requests", {})) or "memory" not in resources.get("limits", {}):
            wrong.append(f"{container['name']} does not say what it needs")
    return wrong


def our_rules(document: dict) -> list[str]:
    """What no schema knows."""
    name = document["metadata"]["name"]
    wrong = []
    if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", name) or len(name) > 52:
        wrong.append("has a name that a pod's or a job's cannot be made of")
    pod = pod_of(document)
    if pod:
        wrong += is_restricted(pod)
        if document["kind"] == "Job":
            wrong += restores_another(document)
        for container in pod["containers"]:
            places = [mount["mountPath"] for mount in container.get("volumeMounts", [])]
            named = {volume["name"] for volume in pod.get("volumes", [])}
            mounted = {mount["name"] for mount in container.get("volumeMounts", [])}
            if len(set(places)) < len(places) or mounted != named:
                wrong.append("mounts what there is not, or twice in one place, or not all that it has")
    return wrong


def restores_another(job: dict) -> list[str]:
    """Runs the scripts of a job that restores, over folders: programs stand in that note what they are given, and the server is still
    stopping."""
    pod = pod_of(job)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for there in ["bin", "vol/ocweb/supervisor", "workspaces/backups/ocweb-3", "workspaces/fetched/ocweb-2", "workspaces/repos/a"]:
            (root / there).mkdir(parents=True)
        lock = root / "vol/ocweb/supervisor/lock"
        programs = {
            "restic": 'for last; do :; done; mkdir "$last/ocweb-1"',
            "ocweb": f'flock --nonblock {lock} echo "$@" >>{root}/given',
        }
        for name, script in programs.items():
            (root / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
            (root / "bin" / name).chmod(0o755)
        server = lock.open("w")
        fcntl.flock(server, fcntl.LOCK_EX)
        threading.Timer(1, server.close).start()
        for container in pod.get("initContainers", []) + pod["containers"]:
            script = re.sub(r"(?<![\w/])/(workspaces|vol)\b", rf"{root}/\1", container["args"][0])
            ran = subprocess.run([*container["command"], script], env={"PATH": f"{root}/bin:/usr/bin:/bin"}, check=False)
            if ran.returncode:
                return [f"has a script that ends with {ran.returncode}: {container['name']}"]
        wanted = "fetched/ocweb-1" if "initContainers" in pod else "backups/ocweb-3"
        if (root / "workspaces/repos").exists() or not list(root.glob("workspaces/before-restore-*/repos/a")):
            return ["leaves clones where they keep what is restored from coming back"]
        given = (root / "given").read_text()
        return [] if given == f"restore --move-aside {root}/workspaces/{wanted}\n" else [f"restores {given}and not {wanted}"]


def across(documents: list[dict]) -> list[str]:
    """What documents of one rendering name must be there, and be what is meant."""
    kinds = {kind: [it for it in documents if it["kind"] == kind] for kind in {it["kind"] for it in documents}}
    wrong = []
    for stateful in kinds.get("StatefulSet", []):
        pod = stateful["spec"]["template"]
        labels = pod["metadata"]["labels"]
        if not stateful["spec"]["selector"]["matchLabels"].items() <= labels.items():
            wrong.append("the StatefulSet does not choose its own pod")
        for service in kinds["Service"]:
            chosen = service["spec"]["selector"].items() <= labels.items()
            others = [it for it in kinds.get("Pod", []) if service["spec"]["selector"].items() <= it["metadata"]["labels"].items()]
            if not chosen or others:
                wrong.append("the Service does not lead to the server alone")
        for policy in kinds.get("NetworkPolicy", []):
            if not policy["spec"]["podSelector"]["matchLabels"].items() <= labels.items():
                wrong.append("the NetworkPolicy is not about the server")
        if stateful["spec"]["replicas"] > 1:
            wrong.append("two servers on one volume")
        there = {(it["kind"], it["metadata"]["name"]) for it in documents}
        for volume in pod["spec"]["volumes"]:
            if "configMap" in volume and ("ConfigMap", volume["configMap"]["name"]) not in there:
                wrong.append("the config file is not there")
    return wrong


def typescript(documents: list[tuple[str, dict]]) -> str:
    """A module that makes each of them, as its type has it, and validates it."""
    kinds = sorted({document["kind"] for _, document in documents})
    lines = [f'import {{ {kind} }} from "{CUSTOM[kind]}";' for kind in kinds]
    lines.append("const wrong: string[] = [];")
    for place, document in documents:
        content = {key: value for key, value in document.items() if key not in ("apiVersion", "kind")}
        # One below the other, so that a line of TypeScript's complaint is a field.
        lines.append(f"// {place}\ntry {{ new {document['kind']}({json.dumps(content, indent=1)}).validate(); }}")
        lines.append(f"catch (error) {{ wrong.push({json.dumps(place)} + ': ' + error); }}")
    lines.append("if (wrong.length > 0) throw new Error(wrong.join('\\n'));")
    return "\n".join(lines) + "\n"


def main(folder: Path, modules: Path) -> None:
    wrong, custom, count = [], [], 0
    for file in sorted(folder.glob("*.yaml")):
        documents = [document for document in yaml.safe_load_all(file.read_text()) if document]
        for document in documents:
            count += 1
            place = f"{file.name}: {document['kind']} {document['metadata']['name']}"
            if document["kind"] in CUSTOM:
                if not document["apiVersion"].endswith(CUSTOM[document["kind"]].split("/", 2)[2]):
                    wrong.append(f"{place} is of another version than its schema")
                custom.append((place, document))
            else:
                for version in VERSIONS:
                    try:
                        kubernetes_validate.validate(document, version, strict=True)
                    except kubernetes_validate.ValidationError as error:
                        wrong.append(f"{place}, Kubernetes {version}: {error.message} at {list(error.path)}")
            wrong += [f"{place} {what}" for what in our_rules(document)]
        wrong += [f"{file.name}: {what}" for what in across(documents)]
    missing = set(CUSTOM) - {document["kind"] for _, document in custom}
    if missing or not count:
        wrong.append(f"nothing was rendered of these kinds: {', '.join(missing)}")
    if wrong:
        sys.exit("\n".join(wrong))
    modules.mkdir()
    (modules / "package.json").write_text('{"type": "module"}')
    (modules / "check.mts").write_text(typescript(custom))
    # What is given to a chart by Flux must be what the chart takes.
    for number, (_, release) in enumerate((place, it) for place, it in custom if it["kind"] == "HelmRelease"):
        chart = Path(release["spec"]["chart"]["spec"]["chart"]).name
        (modules / f"{chart}.{number}.values.json").write_text(json.dumps(release["spec"]["values"]))
    print(f"{count} documents", file=sys.stderr)


main(Path(sys.argv[1]), Path(sys.argv[2]))
