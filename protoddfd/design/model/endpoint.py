"""A provider's endpoint, through pydantic-ai: the one module that imports it, and only when it is made.

Asks once per call and never by itself again, streams nothing, bounds the size of what comes back, and puts a
key into a header and nowhere else.
"""

import asyncio
from collections.abc import AsyncIterator

import httpx2
from pydantic_ai.direct import model_request
from pydantic_ai.exceptions import ModelAPIError, ModelHTTPError, UnexpectedModelBehavior
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    SystemPromptPart,
    TextPart,
    ToolCallPart,
    UserPromptPart,
)
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.settings import ModelSettings as RequestSettings
from pydantic_ai.tools import ToolDefinition

from protoddfd.design.model.asking import Asked, AskingFailed, Reply, WayUnknown
from protoddfd.design.model.where import ADDRESSES
from protoddfd.settings.model import ModelSettings

BODY_BYTES_MOST = 4 * 1024 * 1024
AGAIN_S = 1.0
"""How long to wait before another try when the server does not say."""
_BUSY = (408, 409, 425, 429, 500, 502, 503, 504, 529)
_UNKNOWN_WAY = (400, 404, 415, 422, 501)


class _TooLarge(Exception):
    """The body is longer than any patch."""


class ModelEndpoint:
    """An `Endpoint` of one of the providers that the settings know."""

    def __init__(self, settings: ModelSettings, key: str) -> None:
        self._http = httpx2.AsyncClient(
            follow_redirects=False, timeout=settings.timeout_s, event_hooks={"response": [_bounded]}
        )
        self._model = _model(settings, key, self._http)

    async def ask(self, asked: Asked, time_left_s: float) -> Reply:
        """Return the reply; raise AskingFailed without one."""
        try:
            async with asyncio.timeout(time_left_s):
                response = await model_request(
                    self._model, _messages(asked), model_settings=_request_settings(asked, time_left_s),
                    model_request_parameters=_parameters(asked),
                )  # fmt: skip
        except TimeoutError:
            raise AskingFailed("it did not answer in time") from None
        except ModelHTTPError as error:
            raise _http_fault(error, asked) from None
        except ModelAPIError as error:
            raise _connection_fault(error) from None
        except UnexpectedModelBehavior as error:
            raise AskingFailed(f"its answer makes no sense: {_short(str(error))}") from None
        except _TooLarge:
            raise AskingFailed(f"its answer has more than {BODY_BYTES_MOST // 1024**2} MiB") from None
        except httpx2.HTTPError as error:
            raise AskingFailed(f"the connection failed: {type(error).__name__}", again_s=AGAIN_S) from None
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise AskingFailed(f"its answer is not what was asked for ({type(error).__name__})") from None
        return _reply(response)

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.aclose()


def _model(settings: ModelSettings, key: str, http: httpx2.AsyncClient) -> Model:
    address = settings.base_url or ADDRESSES[settings.provider]
    if settings.provider == "anthropic":
        from anthropic import AsyncAnthropic
        from pydantic_ai.models.anthropic import AnthropicModel
        from pydantic_ai.providers.anthropic import AnthropicProvider

        anthropic = AsyncAnthropic(api_key=key or "none", base_url=address, max_retries=0, http_client=http)
        return AnthropicModel(settings.name, provider=AnthropicProvider(anthropic_client=anthropic))
    from openai import AsyncOpenAI
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    openai = AsyncOpenAI(api_key=key or "none", base_url=address, max_retries=0, http_client=http)
    return OpenAIChatModel(settings.name, provider=OpenAIProvider(openai_client=openai))


def _messages(asked: Asked) -> list[ModelMessage]:
    messages: list[ModelMessage] = []
    for place, text in enumerate(asked.said):
        if place % 2:
            messages.append(ModelResponse(parts=[TextPart(content=text)]))
        elif place == 0:
            task = SystemPromptPart(content=asked.task)
            messages.append(ModelRequest(parts=[task, UserPromptPart(content=text)]))
        else:
            messages.append(ModelRequest(parts=[UserPromptPart(content=text)]))
    return messages


def _request_settings(asked: Asked, time_left_s: float) -> RequestSettings:
    return RequestSettings(max_tokens=asked.output_tokens, temperature=0.0, timeout=time_left_s)


def _parameters(asked: Asked) -> ModelRequestParameters:
    if asked.way == "tool":
        tool = ToolDefinition(
            name="patch", description="Changes the draft.", parameters_json_schema=asked.schema,
            kind="output", strict=False,
        )  # fmt: skip
        return ModelRequestParameters(output_mode="tool", output_tools=[tool], allow_text_output=False)
    if asked.way == "schema":
        described = OutputObjectDefinition(json_schema=asked.schema, name="patch", strict=False)
        return ModelRequestParameters(output_mode="native", output_object=described)
    return ModelRequestParameters(output_mode="text")


def _reply(response: ModelResponse) -> Reply:
    calls = [part.args_as_json_str() for part in response.parts if isinstance(part, ToolCallPart)]
    texts = [part.content for part in response.parts if isinstance(part, TextPart)]
    cut, refused = response.finish_reason == "length", response.finish_reason == "content_filter"
    return Reply(
        text=calls[0] if calls else "\n".join(texts),
        input_tokens=response.usage.input_tokens,
        output_tokens=response.usage.output_tokens,
        finish="cut" if cut else "refused" if refused else "complete",
    )


def _http_fault(error: ModelHTTPError, asked: Asked) -> AskingFailed:
    said = f"it answered with status {error.status_code}"
    if error.status_code in _BUSY:
        wait_s = error.retry_after if error.retry_after is not None else AGAIN_S
        return AskingFailed(said, again_s=wait_s, free=True)
    if error.status_code in (401, 403):
        return AskingFailed(f"{said}: the key is not accepted", free=True)
    if error.status_code in _UNKNOWN_WAY and asked.way != "text":
        return WayUnknown(said, free=True)
    return AskingFailed(said, free=error.status_code >= 300)


def _connection_fault(error: ModelAPIError) -> AskingFailed:
    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and len(causes) < 8:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    if any(isinstance(each, _TooLarge) for each in causes):
        return AskingFailed(f"its answer has more than {BODY_BYTES_MOST // 1024**2} MiB")
    if any(isinstance(each, httpx2.ConnectError) for each in causes):
        return AskingFailed("nothing answers there", again_s=AGAIN_S, free=True, unsent=True)
    if any(isinstance(each, httpx2.TimeoutException) for each in causes):
        return AskingFailed("it did not answer in time")
    return AskingFailed("the connection failed", again_s=AGAIN_S)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 120 else f"{line[:119]}…"


async def _bounded(response: httpx2.Response) -> None:
    """Let no more of a body through than any patch has."""
    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _Bounded(response.stream)


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._stream:
            size += len(chunk)
            if size > BODY_BYTES_MOST:
                raise _TooLarge
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()
