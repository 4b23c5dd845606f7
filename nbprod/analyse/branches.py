"""Walking statements with branches: what is bound on the way taken, and what after the ways meet again."""

from __future__ import annotations

import ast
from contextlib import nullcontext
from typing import TYPE_CHECKING

from nbprod.analyse.expressions import Expressions
from nbprod.analyse.flow import (
    Flow,
    catches_name_errors,
    catches_nothing,
    is_true,
    leaves,
    merged,
    runs_at_least_once,
    stops_early,
)
from nbprod.analyse.places import elements, kinds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbprod.analyse.places import Value


class Branches(Expressions):
    """Walks statements with branches; `flow` is what is bound on the way taken."""

    def visit_if(self, node: ast.If) -> None:
        """Either branch; `if True:`, which switches cells on and off, is none."""
        self.visit(node.test)
        if is_true(node.test) and not node.orelse:
            self.walk(node.body)
        else:
            self.either(node.body, node.orelse)

    def either(self, *bodies: Sequence[ast.stmt]) -> None:
        """Walk bodies of which one runs, and keep what is bound after any of them."""
        before = self.flow
        ends: list[Flow] = []
        for body in bodies:
            self.flow = dict(before)
            with self.doubtfully():
                self.walk_branch(body)
            if not leaves(body):
                ends.append(self.flow)
        self.flow = merged(ends) if ends else before

    def walk_branch(self, body: Sequence[ast.stmt]) -> None:
        """Walk a body whose bindings are sure within it, while aliases may stand for what they were before."""
        with self.alternative():
            self.walk(body)

    def visit_assert(self, node: ast.Assert) -> None:
        """What an assertion says is asked for where it fails."""
        self.visit(node.test)
        if node.msg is not None:
            with self.perhaps(), self.doubtfully():
                self.visit(node.msg)

    def visit_for(self, node: ast.For | ast.AsyncFor) -> None:
        """A loop: its target stays bound; its body may run never, or once and more."""
        self.trace.awaits |= isinstance(node, ast.AsyncFor) and not self.depth
        iterable = self.visit(node.iter)
        if isinstance(node.iter, ast.Name) and "iterator" in kinds(iterable):
            self.change(iterable, node.lineno)
        before = dict(self.flow)
        bound_before = set(self.flow)
        with self.alternative():
            self.assign(node.target, elements(iterable))
        targets = {each.id for each in ast.walk(node.target) if isinstance(each, ast.Name)}
        self.loop_body(node, before, sure=runs_at_least_once(node))
        if self.scope is None and not self.depth:
            self.trace.loop_targets |= targets - bound_before

    def visit_while(self, node: ast.While) -> None:
        """A loop by condition."""
        self.visit(node.test)
        self.loop_body(node, dict(self.flow), sure=runs_at_least_once(node))

    def loop_body(self, node: ast.For | ast.AsyncFor | ast.While, before: Flow, *, sure: bool) -> None:
        """Walk a loop's body and its `else`."""
        early = stops_early(node.body)
        self.walk_branch(node.body if not early else node.body[: early.at])
        through = dict(self.flow)
        if early:
            self.walk_branch(node.body[early.at :])
        ends = [through, self.flow] if sure else [before, through, self.flow]
        self.flow = merged(ends)
        if node.orelse:
            after = dict(self.flow)
            self.walk_branch(node.orelse)
            if early and early.breaks:
                self.flow = merged([after, self.flow])

    def visit_try(self, node: ast.Try) -> None:
        """`try`: any part of its body may have run when a handler does."""
        before = dict(self.flow)
        with self.doubtfully() if catches_name_errors(node) else nullcontext():
            self.walk_branch(node.body)
        halfway = merged([before, self.flow])
        self.walk_branch(node.orelse)
        ends = [] if leaves(node.body) or leaves(node.orelse) else [self.flow]
        for handler in node.handlers:
            self.flow = dict(halfway)
            with self.doubtfully():
                self.handle(handler)
            if not leaves(handler.body):
                ends.append(self.flow)
        self.flow = merged(ends) if ends else halfway
        self.walk(node.finalbody)

    def handle(self, handler: ast.ExceptHandler) -> None:
        """`except … as name`: the name is gone afterwards."""
        if handler.type is not None:
            self.visit(handler.type)
        with self.alternative():
            if handler.name:
                self.bind(handler.name, None, handler.lineno)
            self.walk(handler.body)
        if handler.name and self.scope is None and not self.depth:
            self.flow.pop(handler.name, None)
            self.trace.late.discard(handler.name)
            self.trace.soft.discard(handler.name)

    def visit_with(self, node: ast.With | ast.AsyncWith) -> None:
        """`with … as name`: its body runs, unless an exception is suppressed."""
        self.trace.awaits |= isinstance(node, ast.AsyncWith) and not self.depth
        for item in node.items:
            value = self.visit(item.context_expr)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, value)
        if catches_nothing(node):
            self.walk(node.body)
        else:
            self.either(node.body, ())

    def visit_match(self, node: ast.Match) -> None:
        """`match`: one case, or none."""
        subject = self.visit(node.subject)
        before, ends, exhausted = self.flow, [], False
        for case in node.cases:
            self.flow = dict(before)
            with self.alternative(), self.doubtfully():
                self.capture(case.pattern, subject)
                if case.guard is not None:
                    self.visit(case.guard)
                self.walk(case.body)
            exhausted |= case.guard is None and isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None
            if not leaves(case.body):
                ends.append(self.flow)
        self.flow = merged(ends if exhausted and ends else [*ends, before])

    def capture(self, pattern: ast.pattern, subject: Value) -> None:
        """Bind what a pattern captures."""
        for part in ast.walk(pattern):
            if isinstance(part, ast.expr):
                if isinstance(part, ast.Name):
                    self.visit(part)
            else:
                name = getattr(part, "rest" if isinstance(part, ast.MatchMapping) else "name", None)
                if isinstance(part, (ast.MatchAs, ast.MatchStar, ast.MatchMapping)) and name:
                    self.bind(name, subject, pattern.lineno)
