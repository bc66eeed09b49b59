"""Row 2: requests through Caddy, authorised by ours, by the FastAPI peer, and by nobody.

The answer behind it is the same tiny one for all. The auth services listen on unix sockets, as in
production. Everything shares the machine's cores: wrk, Caddy, the auth service and the upstream.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from auth_servers import PEER, AuthServer, both
from load import Load, drive, median, need_wrk
from loopback import Address, free_port, poll, send
from machine import ROOT
from processes import NotMeasured, Program, plain_environment, running
from progress import say
from rows import Plan
from table import Bar, Figure, milliseconds, rate, times

ROW = "2 through Caddy"
CONNECTIONS = 32
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Way:
    """One way through Caddy to the answer."""

    name: str
    port: int
    caddy: Program
    auth: AuthServer | None = None

    def headers(self) -> dict[str, str]:
        """A request of our page; the browser's own headers only."""
        return {
            "Sec-Fetch-Site": "same-origin",
            "Sec-Fetch-Mode": "cors",
            "Sec-Fetch-Dest": "empty",
        } | ({"Cookie": self.auth.cookie} if self.auth else {})

    def check(self) -> None:
        """Fails unless it answers, and an authorised way answers nobody else."""
        address = Address(port=self.port)

        def attempt() -> int | None:
            self.caddy.check_alive()
            try:
                status = send(address, "GET", "/probe", self.headers()).status
            except OSError:
                return None
            # Caddy is up before what is behind it.
            return None if status in (502, 503) else status

        _, status = poll(attempt)
        refused = send(address, "GET", "/probe").status if self.auth else 401
        if (status, refused) != (200, 401):
            raise NotMeasured(f"{self.name} answered {status} with a session and {refused} without")

    def run(self, connections: int, seconds: int) -> Load:
        """One run of load."""
        watched = [self.caddy.child.pid] + ([self.auth.program.child.pid] if self.auth else [])
        url = f"{Address(port=self.port).url}/probe"
        load = drive(url, self.headers(), connections, seconds, watched)
        say(
            f"through Caddy, {self.name}, {connections} at once: {rate(load.requests_per_second)}, "
            f"p50 {milliseconds(load.p50_milliseconds)}"
        )
        return load


@dataclass(frozen=True)
class Result:
    """The rounds of one way, alone on the machine and under load."""

    alone: list[Load]
    crowd: list[Load]

    @property
    def rate(self) -> float:
        """Requests per second with many connections."""
        return median(self.crowd, lambda load: load.requests_per_second)

    @property
    def caddy_cpu(self) -> float:
        """Microseconds of Caddy's processor time for a request."""
        return median(self.crowd, lambda load: load.cpu_microseconds_per_request[0])

    @property
    def auth_cpu(self) -> float:
        """The same of the auth service."""
        return median(self.crowd, lambda load: load.cpu_microseconds_per_request[1])

    @property
    def latency(self) -> float:
        """Milliseconds of the median request with one connection."""
        return median(self.alone, lambda load: load.p50_milliseconds)


def measure(plan: Plan) -> list[Figure]:
    """Requests per second of each way, and what asking for authorisation adds to one request."""
    need_wrk()
    folder = plan.subfolder("through-caddy")
    with both(folder, over_tcp=False) as (our_auth, peer_auth), ways(folder, our_auth, peer_auth) as all_ways:
        for way in all_ways:
            way.check()
        results = {way.name: Result([], []) for way in all_ways}
        for _ in range(plan.rounds):
            for way in all_ways:
                results[way.name].alone.append(way.run(1, plan.load_seconds))
                results[way.name].crowd.append(way.run(CONNECTIONS, plan.load_seconds))
    return figures(results)


@contextmanager
def ways(folder: Path, our_auth: AuthServer, peer_auth: AuthServer) -> Iterator[list[Way]]:
    """Caddy with the four ways of the benchmark's configuration, and one with the product's."""
    static = folder / "static"
    static.mkdir()
    (static / "probe").write_text("ok")
    ports = {name: free_port() for name in ("ours", "peer", "plain", "static", "product")}
    home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    environment = plain_environment(
        BENCH_DIR=str(folder),
        BENCH_OURS_SOCKET=str(our_auth.address.socket),
        BENCH_PEER_SOCKET=str(peer_auth.address.socket),
        **{f"BENCH_{name.upper()}_PORT": str(port) for name, port in ports.items()},
        **home,
    )
    product_environment = plain_environment(
        OCWEB_HOST="127.0.0.1",
        OCWEB_PORT=str(ports["product"]),
        OCWEB_RUN_DIR=os.path.dirname(os.path.dirname(str(our_auth.address.socket))),
        OCWEB_WEB_DIR=str(static),
        OCWEB_OPENCODE_ADDRESS=f"unix/{folder}/upstream.sock",
        OCWEB_OPENCODE_AUTHORIZATION="none",
        **home,
    )
    with (
        running("caddy-upstream", caddy_command(HERE / "upstream.Caddyfile"), folder, environment),
        running("caddy", caddy_command(HERE / "Caddyfile"), folder, environment) as caddy,
        running(
            "caddy-product", caddy_command(ROOT / "caddy/Caddyfile"), folder, product_environment
        ) as product,
    ):
        yield [
            Way("ours", ports["ours"], caddy, our_auth),
            Way("peer", ports["peer"], caddy, peer_auth),
            Way("plain", ports["plain"], caddy),
            Way("static", ports["static"], caddy),
            Way("product", ports["product"], product, our_auth),
        ]


def caddy_command(config: Path) -> list[str | Path]:
    """Caddy with this configuration, as the supervisor starts it."""
    return [ROOT / ".tools/caddy", "run", "--config", config, "--adapter", "caddyfile"]


def figures(results: dict[str, Result]) -> list[Figure]:
    """What the load showed."""
    ours, peer, plain = results["ours"], results["peer"], results["plain"]
    added, peer_added, product_added = (
        side.latency - plain.latency for side in (ours, peer, results["product"])
    )

    def requests(name: str, other: str, row: str = "", bar: Bar | None = None) -> Figure:
        """Our way beside another one."""
        theirs = results[name].rate
        what = f"requests with forward_auth, {CONNECTIONS} connections"
        return Figure(row, what, rate(ours.rate), other, rate(theirs), times(ours.rate, theirs), bar)

    return [
        requests("peer", f"{PEER} sidecar", ROW, Bar("≥ 4 × the sidecar", ours.rate >= 4 * peer.rate)),
        requests("plain", "plain proxy"),
        requests("static", "static file"),
        requests("product", "our whole Caddyfile"),
        Figure(
            "",
            "processor time per request, auth",
            f"{ours.auth_cpu:.0f} µs",
            f"{PEER} sidecar",
            f"{peer.auth_cpu:.0f} µs",
            times(ours.auth_cpu, peer.auth_cpu),
        ),
        Figure(
            "",
            "processor time per request, Caddy",
            f"{ours.caddy_cpu:.0f} µs",
            "plain proxy",
            f"{plain.caddy_cpu:.0f} µs",
            times(ours.caddy_cpu, plain.caddy_cpu),
        ),
        Figure(
            "",
            "median that forward_auth adds, 1 connection",
            f"+{milliseconds(added)}",
            f"{PEER} sidecar",
            f"+{milliseconds(peer_added)}",
            times(added, peer_added),
            Bar("≤ +0.25 ms", added <= 0.25),
        ),
        Figure(
            "",
            "median in all, 1 connection",
            milliseconds(ours.latency),
            "plain proxy",
            milliseconds(plain.latency),
        ),
        Figure(
            "",
            "the same, our whole Caddyfile",
            f"+{milliseconds(product_added)}",
            "plain proxy",
            milliseconds(plain.latency),
        ),
    ]
