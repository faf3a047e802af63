"""Plans and stands as lines of text for a terminal. Pure."""

from collections.abc import Iterator

from dataforms.migrate.plan import Plan


def plan_lines(plan: Plan) -> Iterator[str]:
    """Yield what a plan does, asks and costs."""
    if not plan.changes:
        yield "Nothing is different."
        return
    yield f"{plan.name}:"
    for told in plan.changes:
        yield f"  {told.mark} {told.about} {told.change}"
    for question in plan.questions:
        names = " or ".join(question.candidates)
        answer = f"--rename {question.name}={question.candidates[0]}"
        yield f"Is {question.name} called {names} now? Then add {answer}"
    for loss in plan.losses:
        yield f"Loss: {loss.message}"
        yield from (f"    {example}" for example in loss.examples)
    for obstacle in plan.obstacles:
        yield f"Not possible: {obstacle.message} {obstacle.hint}"
