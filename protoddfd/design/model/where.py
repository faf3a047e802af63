"""Where a provider is."""

from urllib.parse import urlsplit

from protoddfd.settings.model import ModelSettings

ADDRESSES = {"openai": "https://api.openai.com/v1", "anthropic": "https://api.anthropic.com"}


def address_of(settings: ModelSettings) -> str:
    """Return where the provider is, without a name and password that the address may have."""
    parts = urlsplit(settings.base_url or ADDRESSES.get(settings.provider, ""))
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
