"""Row 1: the auth check, asked directly over TCP by 32 connections at once."""

from auth_servers import PEER, AuthServer, both
from load import Load, drive, median, need_wrk
from processes import memory
from progress import say
from rows import Plan
from table import MEGABYTE, Bar, Figure, megabytes, milliseconds, rate, times

ROW = "1 auth check, direct"
CONNECTIONS = 32


def measure(plan: Plan) -> list[Figure]:
    """Requests per second, latency, processor time and memory, beside the FastAPI peer's."""
    need_wrk()
    with both(plan.subfolder("auth-check"), over_tcp=True) as servers:
        idle = [memory(server.pid).resident for server in servers]
        rounds = [[run(server, plan.load_seconds) for server in servers] for _ in range(plan.rounds)]
        loaded = [memory(server.pid).resident for server in servers]
        for server in servers:
            server.check_rule()
    ours, peer = ([loads[side] for loads in rounds] for side in (0, 1))
    return figures(ours, peer) + memory_figures(idle, loaded)


def run(server: AuthServer, seconds: int) -> Load:
    """One run of load."""
    url = f"{server.address.url}/auth/check"
    load = drive(url, server.headers(), CONNECTIONS, seconds, [server.pid])
    say(
        f"auth check, {server.name}: {rate(load.requests_per_second)}, p99 "
        f"{milliseconds(load.p99_milliseconds)}, its core {load.busy_cores:.0%} busy"
    )
    return load


def figures(ours: list[Load], peer: list[Load]) -> list[Figure]:
    """What the load showed."""
    ours_rate, peer_rate = (median(side, lambda load: load.requests_per_second) for side in (ours, peer))
    p50 = [median(side, lambda load: load.p50_milliseconds) for side in (ours, peer)]
    p99 = [median(side, lambda load: load.p99_milliseconds) for side in (ours, peer)]
    cpu = [median(side, lambda load: sum(load.cpu_microseconds_per_request)) for side in (ours, peer)]
    busy = [median(side, lambda load: load.busy_cores) for side in (ours, peer)]
    return [
        Figure(
            ROW,
            f"requests, {CONNECTIONS} connections",
            rate(ours_rate),
            PEER,
            rate(peer_rate),
            times(ours_rate, peer_rate),
            Bar("≥ 80 k/s", ours_rate >= 80_000),
        ),
        Figure("", "p50", milliseconds(p50[0]), PEER, milliseconds(p50[1]), times(p50[0], p50[1])),
        Figure(
            "",
            "p99",
            milliseconds(p99[0]),
            PEER,
            milliseconds(p99[1]),
            times(p99[0], p99[1]),
            Bar("≤ 1 ms", p99[0] <= 1),
        ),
        Figure("", "processor time per request", f"{cpu[0]:.1f} µs", PEER, f"{cpu[1]:.1f} µs", times(*cpu)),
        Figure("", "its core is busy", f"{busy[0]:.0%}", PEER, f"{busy[1]:.0%}"),
    ]


def memory_figures(idle: list[int], loaded: list[int]) -> list[Figure]:
    """What the load left in memory."""
    lines = (("resident, logged in, idle", idle), ("resident, after the load", loaded))
    return [
        Figure(
            "",
            name,
            megabytes(ours),
            PEER,
            megabytes(peer),
            times(ours, peer),
            Bar("≤ 6 MB", ours <= 6 * MEGABYTE),
        )
        for name, (ours, peer) in lines
    ]
