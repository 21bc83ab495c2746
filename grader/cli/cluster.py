"""Where judges run: processes of this machine, or the workers of a Dask cluster."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import click
from click.core import ParameterSource

from grader.cli.options import Unusable, announce_isolation, err, workers_option
from grader.grading import engine
from grader.grading.engine import Setup


@dataclass(frozen=True)
class Crew:
    """The judges of a run. `start` makes the engine's executor, for a number of judges."""

    isolation: str
    workers: int
    start: Callable[[int], Executor]


@dataclass(frozen=True)
class Site:
    """Where to grade. `address`: of a Dask scheduler, or `local:N`; '' for this machine."""

    workers: int
    address: str = ""

    def imagined(self, isolation: str) -> Crew:
        """The judges, without starting any. `isolation`: what a cluster's workers gave last."""
        if self.address:
            err.print(f"Isolation: {isolation}, if the workers give what they gave last time")
        else:
            isolation = announce_isolation(required=False)
        return Crew(isolation, self.workers, engine.local_processes)

    @contextlib.contextmanager
    def crew(self, setup: Setup, *, full: bool) -> Iterator[Crew]:
        """The judges, for as long as they are needed; says what isolation they give.

        `full`: refuse less than full isolation.
        """
        if not self.address:
            isolation = announce_isolation(required=full)
            yield Crew(isolation, self.workers, engine.local_processes)
            return
        try:
            from grader.grading.cluster import ClusterError, connect
        except ModuleNotFoundError as error:
            raise Unusable(
                f"Dask isn't installed ({error.name}): pip install torchgrade[cluster]."
            ) from None

        def say(text: str) -> None:
            err.print(text, highlight=False, markup=False)

        try:
            with connect(self.address, setup, full=full, say=say) as cluster:
                # More than they can do at once: a worker that comes later finds something to do.
                yield Crew(cluster.isolation, 2 * cluster.judges + 16, cluster.start)
        except ClusterError as error:
            raise Unusable(str(error)) from None


def site_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options for where judges run; the command gets them as one `site`."""

    @functools.wraps(command)
    def with_site(workers: int, scheduler: str, cluster: str, **rest: Any) -> None:
        if scheduler and cluster:
            raise Unusable("Give --scheduler or --cluster, not both.")
        source = click.get_current_context().get_parameter_source("workers")
        if (scheduler or cluster) and source is ParameterSource.COMMANDLINE:
            raise Unusable("--workers is for this machine. A Dask cluster has its own workers.")
        command(site=Site(workers, scheduler or cluster), **rest)

    decorated: Any = with_site
    for option in (
        click.option(
            "--cluster",
            default="",
            metavar="local:N",
            callback=_local,
            help="Grade with Dask: start a scheduler and N workers on this machine.",
        ),
        click.option(
            "--scheduler",
            default="",
            metavar="ADDRESS",
            help="Grade in the workers of the Dask scheduler at this address, such as "
            "tcp://10.0.0.1:8786.",
        ),
        workers_option,
    ):
        decorated = option(decorated)
    result: Callable[..., None] = decorated
    return result


def _local(context: click.Context, parameter: click.Parameter, value: str) -> str:
    kind, _, number = value.partition(":")
    if value and not (kind == "local" and number.isdecimal() and 1 <= int(number) <= 512):
        raise click.BadParameter("give local:N, with a number from 1 to 512")
    return value
