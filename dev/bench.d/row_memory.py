"""Row 3: the memory of all Rust services together, when nobody uses them."""

import time

from auth_servers import PEER, peer
from processes import Memory, NotMeasured, children_of, memory, program_name
from progress import say
from rows import Plan
from stack import demo_world, ocweb
from table import MEGABYTE, Bar, Figure, megabytes, times

ROW = "3 all Rust services, idle"
SERVICES = (
    "ocweb-auth",
    "ocweb-event-relay",
    "ocweb-git-manager",
    "ocweb-github-gateway",
    "ocweb-notifier",
    "ocweb-resource-monitor",
    "ocweb-supervisor",
)
# What the stack consists of besides; shown for comparison.
OTHERS = ("opencode", "caddy")


def measure(plan: Plan) -> list[Figure]:
    """Resident and proportional memory of the running stack, beside the FastAPI peer's."""
    folder = plan.subfolder("memory")
    with peer(folder / "peer", over_tcp=True) as fastapi, demo_world(folder) as world:
        (folder / "stack").mkdir()
        with ocweb(folder / "stack", world) as stack:
            say(f"the stack is up; its memory is read in {plan.settle_seconds:.0f} s")
            time.sleep(plan.settle_seconds)
            supervisor = stack.program.child.pid
            pids = [supervisor, *children_of(supervisor)]
            found = {program_name(pid): memory(pid) for pid in pids}
            beside = memory(fastapi.pid)
    if missing := [name for name in SERVICES if name not in found]:
        raise NotMeasured(f"{', '.join(missing)} did not run")
    return figures(found, beside)


def figures(found: dict[str, Memory], beside: Memory) -> list[Figure]:
    """The sums, and what they are made of."""
    total = sum((found[name] for name in SERVICES), Memory(0, 0))
    parts = [
        Figure("", f"of which {name.removeprefix('ocweb-')}", megabytes(found[name].resident))
        for name in SERVICES
    ]
    others = [
        Figure("", f"besides: {name}", megabytes(found[name].resident)) for name in OTHERS if name in found
    ]
    return [
        Figure(
            ROW,
            "resident (RSS)",
            megabytes(total.resident),
            f"one {PEER} sidecar",
            megabytes(beside.resident),
            times(total.resident, beside.resident),
            Bar("≤ 40 MB", total.resident <= 40 * MEGABYTE),
        ),
        Figure(
            "",
            "proportional (PSS)",
            megabytes(total.proportional),
            f"one {PEER} sidecar",
            megabytes(beside.proportional),
            times(total.proportional, beside.proportional),
        ),
        *parts,
        *others,
    ]
