"""What is entered on the streams of workers and of the authority itself."""

from collections.abc import Sequence

from services.simulate.authority import Worker
from services.simulate.clerk import Clerk
from services.simulate.days import Days

DISCUSSED_AT_ONCE = 8
MORNING, AFTERNOON = "T08:05:00Z", "T17:20:00Z"

PRIORITY_ACTIONS = (
    ("assessment-and-decision-making", 90, None),
    ("management-oversight-and-supervision", 90, None),
    ("front-door-thresholds", 60, 55),
)
"""Theme, days until due, and days until done (None: not done), as set after the inspectors' first visit."""


def enter_workers(clerk: Clerk, workers: Sequence[Worker]) -> None:
    """Workers joining and leaving."""
    text = clerk.days.text
    for worker in workers:
        stream = f"worker:{worker.id}"
        until = f',"newly_qualified_until":"{text[worker.joined + 365]}"' if worker.is_newly_qualified else ""
        clerk.enter(
            worker.joined,
            stream,
            f"{worker.id}-joined",
            "WorkerJoined",
            f'{until},"full_time_equivalent":{1.0 if worker.full_time else 0.6},"team_id":"{worker.team}"',
            MORNING,
        )
        if worker.left is not None:
            clerk.enter(
                worker.left,
                stream,
                f"{worker.id}-left",
                "WorkerLeft",
                f',"team_id":"{worker.team}"',
                AFTERNOON,
            )


def enter_supervision(clerk: Clerk, worker: Worker, day: int) -> None:
    """Supervision of a worker on a day, and the children of theirs who were discussed.

    All of them while they are few; of many, every other one, in turn.
    """
    worker.children = [held for held in worker.children if held[2] > day]
    held = [child for child, start, _ in worker.children if start <= day]
    if len(held) > DISCUSSED_AT_ONCE:
        held = held[day % 2 :: 2]
    children = ",".join(f'"{child}"' for child in sorted(set(held)))
    clerk.enter(
        day,
        f"worker:{worker.id}",
        f"{worker.id}-supervised-{clerk.days.text[day]}",
        "SupervisionHeld",
        f',"supervision_id":"S-{worker.id}-{clerk.days.text[day]}","supervisor_id":"{worker.supervisor}"'
        f',"children":[{children}],"team_id":"{worker.team}"',
        AFTERNOON,
    )


def enter_authority(clerk: Clerk, days: Days, heat: Sequence[float]) -> None:
    """The inspectors' priority actions, set a fortnight before the practice begins."""
    begin = next((n for n, share in enumerate(heat) if share), None)
    if begin is None or begin - 14 < days.first:
        return
    day = days.working[begin - 14]
    for number, (theme, due, done) in enumerate(PRIORITY_ACTIONS, start=1):
        data = f',"action_id":"PA-{number}","origin":"inspection"'
        clerk.enter(
            day,
            "authority",
            f"PA-{number}-set",
            "ActionSet",
            f'{data},"due_on":"{days.text[days.working[day + due]]}","owner":"director","theme":"{theme}"',
            MORNING,
        )
        if done:
            clerk.enter(
                days.working[day + done],
                "authority",
                f"PA-{number}-done",
                "ActionDone",
                f',"action_id":"PA-{number}","evidence":"report to the improvement board"',
                AFTERNOON,
            )
