"""How template text becomes a file's text: sandboxed Jinja, strict, with an app's name and nothing more.

No text of a user is ever given to it: titles, choices and all the rest stay in appspec.json, as data.
"""

from functools import lru_cache

from jinja2 import StrictUndefined, Template, TemplateRuntimeError
from jinja2.sandbox import ImmutableSandboxedEnvironment


def render_text(source: str, name: str) -> str:
    """Return the template text `source` for the app called `name`, which `check_name` has passed.

    Raises:
        jinja2.TemplateError: the text is no template, asks for what there is not, or for what is unsafe.
    """
    if "{" not in source:
        return source
    try:
        return _compiled(source).render(cookiecutter={"name": name})
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        raise TemplateRuntimeError(str(error)) from error  # such as a template's own `1 / 0`


@lru_cache(maxsize=512)
def _compiled(source: str) -> Template:
    return _environment().from_string(source)


@lru_cache(maxsize=1)
def _environment() -> ImmutableSandboxedEnvironment:
    # Python, shell and Markdown are written here, and the name is an identifier: nothing needs HTML escapes.
    return ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
    )
