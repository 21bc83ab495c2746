"""Cut one exercise's module out of a notebook: its targets, and only what they need."""

from __future__ import annotations

import ast
import builtins
import itertools
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from grader.assignment.stubs import is_stub
from grader.submission.model import Assigned, LineMap
from grader.submission.notebook.statements import Statement

END = 1 << 30
MAX_VERSIONS = 6  # each is run
JUPYTERS = {"display": "display = print  # Jupyter's own"}
_KNOWN = {*dir(builtins), "__file__"}
Edges = dict[int, set[int]]


@dataclass
class Slice:
    """A module's source, where its lines come from, which statements are in it, and notes."""

    source: str
    lines: LineMap
    taken: set[int]
    notes: list[str] = field(default_factory=list)


class Slicer:
    """Cuts modules out of the statements of one notebook."""

    def __init__(self, found: Sequence[Statement], shared: frozenset[str]) -> None:
        """`shared`: targets that several exercises have. Headings tell whose a definition is."""
        self._all = found
        self._shared = shared
        self._binding: dict[str, list[int]] = {}
        self._changing: dict[str, list[int]] = {}
        for number, statement in enumerate(found):
            for name in statement.binds:
                self._binding.setdefault(name, []).append(number)
            for name in statement.changes:
                self._changing.setdefault(name, []).append(number)
        self._leave_out()

    def _leave_out(self) -> None:
        """Leave out what uses something that is left out, except definitions, which get a note."""
        using: dict[str, list[int]] = {}
        for number, statement in enumerate(self._all):
            for name in statement.needs:
                using.setdefault(name, []).append(number)
        todo = deque(range(len(self._all)))
        while todo:
            number = todo.popleft()
            statement = self._all[number]
            if statement.why or statement.is_definition or statement.is_import:
                continue
            for name in sorted(statement.needs - _KNOWN):
                makers = self._binding.get(name, [number])
                if makers != [number] and not self._maker(name, number):
                    statement.why = f"it uses `{name}`, which is left out"
                    todo += [n for bound in statement.binds for n in using.get(bound, ())]
                    break

    def defines(self, name: str) -> bool:
        """Whether the notebook defines something of this name that can be an answer."""
        return any(self._worth(number, name) > 0 for number in self._binding.get(name, ()))

    def answers(self, name: str) -> bool:
        """Whether the notebook has an answer of this name, and not only the stub."""
        return any(self._worth(number, name) > 2 for number in self._binding.get(name, ()))

    def varies(self, name: str) -> bool:
        """Whether there are different answers of this name."""
        found = [n for n in self._binding.get(name, ()) if self._worth(n, name) > 2]
        return len({"\n".join(self._all[n].text) for n in found}) > 1

    def cuts(self, exercise: Assigned, *, several: bool) -> list[Slice]:
        """The module for an exercise; empty if none of its targets is defined.

        Where several definitions may be meant for it, there is a module for each; the first has
        those that stand last. `several`: the notebook answers other exercises too.
        """
        options: dict[str, list[int]] = {}
        for target in exercise.targets:
            shared = several or target in self._shared
            if found := self._candidates(target, exercise.module, shared=shared):
                options[target] = found
        first = {target: found[0] for target, found in options.items()}
        choices = [dict(zip(options, c, strict=True)) for c in _combined(options.values())]
        if len(choices) > MAX_VERSIONS:
            choices = [{**first, t: n} for t, found in options.items() for n in found[1:]]
            choices = [first, *choices][:MAX_VERSIONS]
        of = f" of {exercise.module}.py" if len(choices) > 1 else ""
        return [self._cut(chosen, of) for chosen in choices]

    def _cut(self, chosen: dict[str, int], of: str) -> Slice:
        """The module with these definitions; `of`: whose they are, where others' may differ."""
        notes = [n for t, number in chosen.items() for n in self._said_aloud(t, number, of)]
        order = self._order(*self._closure(chosen))
        unmade = self._unmade(order)
        source, lines = _written([self._all[n] for n in order], unmade)
        return Slice(source, lines, set(order), [*notes, *self._on_unmade(unmade)])

    # -- which definition counts ------------------------------------------------------------------

    def _worth(self, number: int, name: str) -> int:
        """How likely a binding is the answer: 4 for a definition, 3 for another name of something,
        2 for a stub, 1 for any other value, 0 if it can't be."""
        statement = self._all[number]
        if statement.why:
            return 0
        for node in statement.nodes:
            if getattr(node, "name", "") == name:
                return 2 if is_stub(node) else 4
        value = getattr(statement.node, "value", None)
        if isinstance(value, ast.Lambda) or (not statement.partial and name in statement.needs):
            return 4
        return 3 if isinstance(value, (ast.Name, ast.Attribute)) else 1

    def _candidates(self, target: str, module: str, *, shared: bool) -> list[int]:
        """The definitions that may be the answer, the likeliest first: one, unless it is `shared`.

        Tags tell, then the sections of the notebook. Of what is left, the last counts, or the
        suite decides.
        """
        worth = {n: w for n in self._binding.get(target, ()) if (w := self._worth(n, target))}
        cells = {n: self._all[n].cell for n in worth}

        def rank(number: int) -> tuple[object, ...]:
            cell = cells[number]
            place = (cell.section == module, not cell.section) if shared else ()
            return *place, worth[number], cell.tagged

        found = [n for n in reversed(cells) if rank(n) == max(map(rank, cells))]
        if not found or not shared or cells[found[0]].section == module:
            return found[:1]
        different = {"\n".join(self._all[n].text): n for n in reversed(found)}
        return [n for n in found if n in different.values()]

    def _said_aloud(self, target: str, chosen: int, of: str) -> list[str]:
        cell = self._all[chosen].cell.number
        others = [n for n in self._binding[target] if self._worth(n, target) > 1]
        cells = sorted({self._all[n].cell.number for n in others} - {cell})
        if not cells:
            return []
        listed = ", ".join(map(str, cells[:5]))
        why = "; it fits best" if of else ""
        return [f"`{target}`{of}: cell {cell} counts, not the one in cell {listed}{why}."]

    # -- what it needs ----------------------------------------------------------------------------

    def _closure(self, chosen: dict[str, int]) -> tuple[Edges, Edges]:
        """The statements to take, each with those that must run before it and those used later."""
        before: Edges = {}
        later: Edges = {}
        todo = [*chosen.values(), *(n for n, s in enumerate(self._all) if s.is_future)]
        for number in todo:
            if number in before:
                continue
            statement = self._all[number]
            early = statement.needs | (statement.binds if statement.partial else set())
            before[number] = {m for name in early for m in self._maker(name, number)}
            later[number] = {
                m
                for name in statement.later
                for m in ([chosen[name]] if name in chosen else self._maker(name, END))
            }
            changed = () if statement.is_import else statement.binds
            changes = {n for name in changed for n in self._changing.get(name, ())}
            todo += before[number] | later[number] | {n for n in changes if not self._all[n].why}
        if self._unmade(before):
            for number, statement in enumerate(self._all):
                if statement.is_star:
                    before.setdefault(number, set())
        return before, later

    def _maker(self, name: str, before: int) -> list[int]:
        """The statement that defines a name, as a list of one or none.

        That is the last one before, or else the first one after, for cells run out of order.
        """
        found = [n for n in self._binding.get(name, ()) if not self._all[n].why and n != before]
        if before == END:
            found = [n for n in found if self._worth(n, name) != 2] or found
        return [n for n in found if n < before][-1:] or found[:1]

    def _order(self, before: Edges, later: Edges) -> list[int]:
        """The order of the statements: from top to bottom, but what one needs comes first."""
        order: dict[int, None] = {}
        entered: set[int] = set()
        for top in sorted(before, key=lambda n: (not self._all[n].is_future, n)):
            todo = [top]
            while todo:
                number = todo[-1]
                if number in entered:
                    order.setdefault(todo.pop())
                    continue
                entered.add(number)
                needed = _reachable(before[number], before, later)
                todo += sorted(needed - entered, reverse=True)
        return list(order)

    def _unmade(self, taken: Iterable[int]) -> set[str]:
        """The names that the statements use and that no statement which may be taken defines."""
        used = {name for n in taken for name in self._all[n].needs | self._all[n].later}
        made = {
            name for name in used if any(not self._all[n].why for n in self._binding.get(name, ()))
        }
        return used - made - _KNOWN

    def _on_unmade(self, unmade: Iterable[str]) -> list[str]:
        notes = []
        for name in sorted(unmade):
            for number in self._binding.get(name, [])[-1:]:
                maker = self._all[number]
                notes.append(
                    f"`{name}` doesn't exist when your code is graded: cell {maker.cell.number}, "
                    f"which defines it, is left out ({maker.why}). Pass it as an argument."
                )
        return notes


def _combined(options: Iterable[list[int]]) -> Iterable[tuple[int, ...]]:
    """Every choice of one of each, a few more than are wanted at most."""
    return itertools.islice(itertools.product(*options), MAX_VERSIONS + 1)


def _reachable(start: set[int], before: Edges, later: Edges) -> set[int]:
    """What must exist so that all of `start` can run, including the functions that it calls."""
    found: set[int] = set()
    todo = list(start)
    while todo:
        number = todo.pop()
        if number not in found:
            found.add(number)
            todo += before[number] | later[number]
    return found


def _written(order: list[Statement], unmade: set[str]) -> tuple[str, LineMap]:
    text: list[str] = []
    lines: LineMap = []
    for name, stand_in in JUPYTERS.items():
        if name in unmade:
            text.append(stand_in)
            lines.append((0, 0))
    cell = 0
    for statement in order:
        if statement.cell.number != cell:
            cell = statement.cell.number
            heading = [] if statement.is_future else ["", f"# cell {cell}"]
            text += heading
            lines += [(0, 0)] * len(heading)
        text += statement.text
        lines += [(cell, statement.first + n) for n in range(len(statement.text))]
    return "\n".join([*text, ""]), lines
