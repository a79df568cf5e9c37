"""`k0s controller`: starts and supervises etcd, konnectivity-server and Kubernetes, holds leases, applies manifests.

Order, waits and limits by reference/k0s.md §1.7; counts and restarts of the server by konnectivity.md §1.4.
"""

from __future__ import annotations

import http.client
import os
import signal
import socketserver
import ssl
import sys
import threading
import time
from pathlib import Path
from secrets import token_hex

import yaml
from standin import applier, config, etcd, kubernetes, log, objects, status
from standin.client import Api, ApiError
from standin.leases import Elector, now
from standin.process import flag, hide_interpreter
from standin.settings import NODE, PKI, RUN, address, knobs, version
from standin.supervisor import Supervised

READY_WAIT = 120.0
COUNT_POLL = 10.0
OWN_START = 4.0
"""Seconds that this stand-in needs until its API is ready. A real one needs more (release.api_up), and peers' polls
must see a restarted controller gone; so the rest is waited for. Not at the very first start, which nobody watches."""
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
CONFIGS = "/apis/k0s.k0sproject.io/v1beta1/namespaces/kube-system/clusterconfigs"


class Controller:
    """One `k0s controller` process."""

    def __init__(self) -> None:
        self.version = version()
        self.invocation = token_hex(16)
        self.config_path = flag("config", "/etc/k0s/k0s.yaml")
        self.dynamic = "--enable-dynamic-config" in sys.argv
        self.own = address()
        self.config = config.with_defaults(config.load(self.config_path), self.own, self.version)
        self.count = 1
        self.stopping = threading.Event()
        self.started = time.monotonic()
        self.components = status.Components()
        self.children: list[Supervised] = []
        self.electors: list[Elector] = []
        self.applied: dict[str, str] = {}

    def run(self) -> None:
        signal.signal(signal.SIGTERM, lambda *_: self.stopping.set())
        _runtime_config(self)
        try:
            self._start()
            while not self.stopping.wait(1):
                pass
        finally:
            self._stop()

    def _start(self) -> None:
        self.first_members = _first_members()
        self._child("etcd", etcd.command_line(self.first_members))
        self._wait("etcd", etcd.healthy)
        self.konnectivity = self._child(
            "konnectivity", kubernetes.konnectivity_server(self.invocation, 1, self.version)
        )
        self.components.happened("Konnectivity", "started konnectivity server", serverCount=1)
        self.stopping.wait(0 if self.first_members else self.version.api_up[0] - OWN_START)
        self._child("kube-apiserver", kubernetes.apiserver(self.own))
        self.api = Api(PKI / "admin.conf")
        self._wait("kube-apiserver", self._api_ready)
        self._elect(f"k0s-ctrl-{NODE}")
        self.leader = self._elect("k0s-endpoint-reconciler")
        self.worker_config_leader = self._elect(f"k0s-worker-config-{self.version.line}")
        for body in (self._count_forever, self._probe_forever, self._apply_forever, self._register_member):
            threading.Thread(target=body, daemon=True).start()
        _join_api()
        status.serve(self.status, self.components)
        self._child("kube-scheduler", kubernetes.scheduler())
        self._child("kube-controller-manager", kubernetes.controller_manager())

    def _child(self, name: str, argv: list[str]) -> Supervised:
        child = Supervised(name, argv)
        child.start()
        self.children.append(child)
        return child

    def _wait(self, name: str, ready) -> None:  # type: ignore[no-untyped-def]
        deadline = time.monotonic() + READY_WAIT
        while not ready():
            if time.monotonic() > deadline:
                log.say(f"Error: failed to start controller node components: {name} is not ready", "", "error")
                raise SystemExit(1)
            if self.stopping.wait(0.3):
                raise SystemExit(0)

    def _api_ready(self) -> bool:
        try:
            return self.api.raw("/readyz") == "ok"
        except ApiError:
            return False

    def _elect(self, name: str) -> Elector:
        elector = Elector(self.api, name, self.invocation)
        if not name.startswith("k0s-ctrl-") and not NODE.endswith("-1"):
            elector.modesty = 15.0  # a new lab begins with k0s-master-1 in the lead, as the incident does
        self.electors.append(elector)
        threading.Thread(target=elector.run, daemon=True).start()
        threading.Thread(target=_tell, args=(elector, not self.version.is_new), daemon=True).start()
        return elector

    def _count_forever(self) -> None:
        """Every 10 s, the first time at once: how many controllers hold a live lease, by our own clock.

        Each second at a lab's very first start, so that it is at rest in less than 15 s.
        """
        while not self.stopping.is_set():
            try:
                self._recount()
            except ApiError as error:
                log.say(f"failed to count controllers: {error}", "controllerlease", "error")
            self.stopping.wait(1 if self._still_gathering() else COUNT_POLL)

    def _recount(self) -> None:
        leases = self.api.get(LEASES)["items"]
        alive = sum(_counts(each) for each in leases if each["metadata"]["name"].startswith("k0s-ctrl-"))
        count = alive if not self.version.is_new and alive else max(1, alive)
        if count != self.count:
            self.count = count
            self.components.happened(
                "Konnectivity", "restarting konnectivity server due to server count change", serverCount=count
            )
            self.konnectivity.restart(kubernetes.konnectivity_server(self.invocation, count, self.version))
            self.components.happened("Konnectivity", "started konnectivity server", serverCount=count)

    def _probe_forever(self) -> None:
        while not self.stopping.is_set():
            self.components.probed("Konnectivity", _konnectivity_health())
            self.stopping.wait(10)

    def _apply_forever(self) -> None:
        """The leader applies; everybody renders. Seen to follow a change within some seconds."""
        while not self.stopping.is_set():
            try:
                self._apply_once()
            except ApiError as error:
                log.say(f"failed to apply: {error}", "applier-manager", "error")
            self.stopping.wait(2)

    def _apply_once(self) -> None:
        spec = self._cluster_spec()
        nllb = objects.nllb_settings(spec["network"].get("nodeLocalLoadBalancing") or {}, self.version)
        if not self.leader.held:
            self.applied = {key: value for key, value in self.applied.items() if key == "worker-config"}
        else:
            own = spec["api"].get("externalAddress") or spec["api"]["address"]
            server = "https://localhost:7443" if nllb["enabled"] else f"https://{own}:{spec['api']['port']}"
            proxy_config = objects.kube_proxy_config(server, self.version)
            target = objects.agent_target(spec, nllb)
            self._apply("kube-proxy-config", proxy_config)
            if not self._still_gathering():
                self._apply("agent", objects.agent_daemon_set(target, self.count, self.version))
            self._apply("kube-proxy", objects.kube_proxy_daemon_set(proxy_config, self.version))
        if self.worker_config_leader.held and (addresses := self._api_addresses()):
            self._apply("worker-config", objects.worker_config(addresses, spec, nllb, self.version))

    def _still_gathering(self) -> bool:
        """At a lab's very first start: each further controller that is counted would roll all agents, 33 s a node."""
        first = self.first_members or {}
        return self.count < len(first) and time.monotonic() - self.started < 60

    def _apply(self, what: str, manifest: dict) -> None:
        wanted = objects.checksum(manifest)
        if self.applied.get(what) != wanted:
            applier.apply(self.api, manifest)
            self.applied[what] = wanted
            if what == "agent":
                self.components.happened("KonnectivityAgent", "wrote konnectivity agent new manifest")

    def _api_addresses(self) -> list[str]:
        endpoints = self.api.get("/api/v1/namespaces/default/endpoints/kubernetes")
        return [f"{each['ip']}:6443" for subset in endpoints.get("subsets", ()) for each in subset["addresses"]]

    def _cluster_spec(self) -> dict:
        """Of the file; in dynamic mode what is cluster-wide is the object's, made by the first leader."""
        own = self.config["spec"]
        if not self.dynamic:
            return own
        found = self.api.find(f"{CONFIGS}/k0s")
        if found is None:
            wide = {key: value for key, value in own.items() if key not in ("api", "storage")}
            if self.leader.held:
                self.api.post(CONFIGS, {"metadata": {"name": "k0s"}, "spec": wide})
            return own
        self._reconciled(found)
        return {**own, **found["spec"]}

    def _reconciled(self, found: dict) -> None:
        """An Event for each new generation, from each controller."""
        generation = str(found["metadata"].get("generation"))
        if self.applied.get("generation") == generation:
            return
        self.applied["generation"] = generation
        try:
            config.check({"spec": found["spec"]})
            kind, reason, message = "Normal", "SuccessfulReconcile", "Successfully reconciled cluster config"
        except config.Invalid as error:
            kind, reason, message = "Warning", "FailedReconciling", str(error)
        involved = {key: found[key] for key in ("apiVersion", "kind")}
        involved |= {key: found["metadata"][key] for key in ("name", "namespace", "resourceVersion")}
        event = {
            "metadata": {"generateName": "k0s."},
            "involvedObject": involved,
            "reason": reason,
            "message": message,
            "type": kind,
            "action": "ConfigReconciling",
            "eventTime": now(),
            "firstTimestamp": now(),
            "lastTimestamp": now(),
            "reportingComponent": "k0s-controller",
            "reportingInstance": NODE,
        }
        self.api.post("/api/v1/namespaces/kube-system/events", event)

    def _register_member(self) -> None:
        """The EtcdMember object that k0s keeps for each controller from 1.30 on."""
        path = "/apis/etcd.k0sproject.io/v1beta1/etcdmembers"
        while not self.stopping.is_set():
            try:
                own = next(each for each in etcd.members() if each.get("name") == NODE)
                if self.api.find(f"{path}/{NODE}") is None:
                    joined = {
                        "type": "Joined",
                        "status": "True",
                        "message": "Member joined",
                        "lastTransitionTime": now(),
                    }
                    shown = {"memberID": f"{int(own['ID']):x}", "peerAddress": self.own, "conditions": [joined]}
                    self.api.post(path, {"metadata": {"name": NODE}, "spec": {}, "status": shown})
                return
            except (ApiError, etcd.EtcdError, StopIteration):
                self.stopping.wait(2)

    def status(self) -> dict:
        variables = status.k0s_vars(self.invocation, self.version, self.config_path, self.dynamic)
        return status.document(self.version, "controller", self.config, variables)

    def _stop(self) -> None:
        self.stopping.set()
        if "no-release" not in knobs().get("faults", ()):
            for elector in self.electors:
                elector.release()
        for child in reversed(self.children):
            child.stop()
        for path in (status.SOCKET, RUN / "k0s.yaml", RUN / "k0s.yaml.lock"):
            path.unlink(missing_ok=True)


def _counts(lease: dict) -> bool:
    spec = lease["spec"]
    renewed = time.mktime(time.strptime(spec["renewTime"][:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone
    return bool(spec.get("holderIdentity")) and renewed + spec["leaseDurationSeconds"] > time.time()


def _konnectivity_health() -> str:
    """k0s asks the server's readiness for its health, and words it so."""
    connection = http.client.HTTPConnection("localhost", 8092, timeout=3)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return "" if answer.status == 200 else f"unexpected HTTP response status: {answer.status} {answer.reason}"
    except OSError as error:
        return f'Get "http://localhost:8092/readyz": {error}'
    finally:
        connection.close()


def _tell(elector: Elector, old: bool) -> None:
    """Log lines of a lease's coming and going."""
    own = elector.name.startswith("k0s-ctrl-")
    component = "controllerlease" if own else "poolleaderelector"
    held = False
    while not elector.stopping.wait(0.5):
        if elector.held != held:
            held = elector.held
            texts = ("Holding the controller lease", "Lost the controller lease")
            got, lost = texts if own and not old else ("acquired leader lease", "lost leader lease")
            log.say(got if held else lost, component, "info" if held else "error")


def _first_members() -> dict[str, str] | None:
    """All controllers at once, at the very first start; later etcd knows its members by itself."""
    if Path("/var/lib/k0s/etcd/member").exists():
        return None
    hosts = [line.split() for line in Path("/etc/hosts").read_text().splitlines()]
    return {name: f"https://{ip}:2380" for ip, name, *_ in hosts if name.startswith("k0s-master-")}


def _runtime_config(controller: Controller) -> None:
    RUN.mkdir(parents=True, exist_ok=True)
    variables = status.k0s_vars(controller.invocation, controller.version, controller.config_path, controller.dynamic)
    spec = {"nodeConfig": controller.config, "k0sVars": variables, "pid": os.getpid()}
    runtime = {"apiVersion": "k0s.k0sproject.io/v1beta1", "kind": "RuntimeConfig", "spec": spec}
    (RUN / "k0s.yaml").write_text(yaml.dump(runtime, Dumper=yaml.CSafeDumper))
    (RUN / "k0s.yaml.lock").touch()
    for path in (RUN / "k0s.yaml", RUN / "k0s.yaml.lock"):
        path.chmod(0o600)


def _join_api() -> None:
    """9443: answers 401 to everybody, which is *up*."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.rfile.readline()
            self.wfile.write(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address, daemon_threads = True, True

        def get_request(self):  # type: ignore[no-untyped-def]
            raw, peer = super().get_request()
            raw.settimeout(10)
            return context.wrap_socket(raw, server_side=True, do_handshake_on_connect=False), peer

        def handle_error(self, request, client_address) -> None:  # type: ignore[no-untyped-def]
            peer = f"{client_address[0]}:{client_address[1]}"
            log.say(f"http: TLS handshake error from {peer}: {sys.exception()}", "k0s-control-api")

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PKI / "server.crt", PKI / "server.key")
    server = Server(("", 9443), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def main() -> None:
    hide_interpreter()
    try:
        controller = Controller()
    except config.Invalid as error:
        sys.stderr.write(f"Error: invalid node config: {error}\n")
        raise SystemExit(1) from error
    log.say(f"starting k0s {controller.version.k0s}", "")
    try:
        controller.run()
    finally:
        sys.stderr.flush()
    os._exit(0)
