"""Where a cluster is, who asks, and how patiently."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from ._errors import ConfigInvalidError
from ._options import by_node, invalid, number, path
from ._value import encode

__all__ = ["Connection"]


class Connection:
    """The arguments of a cluster. Holds secrets, and shows none."""

    __slots__ = ("_json", "urls")

    def __init__(self, urls: str | Sequence[str], arguments: Mapping[str, Any]) -> None:
        given = _urls(urls)
        listed = given.split(",") if isinstance(given, str) else given
        self.urls = tuple(_without_user(url.strip()) for url in listed if url.strip())
        known = _checked({name: arg for name, arg in arguments.items() if arg is not None})
        self._json = json.dumps({"url": given, **encode(known, "cluster")})

    def to_json(self) -> str:
        """All of it, secrets too, for the core alone."""
        return self._json

    def __repr__(self) -> str:
        return f"<Connection to {', '.join(self.urls)}>"

    def __reduce__(self) -> Any:
        raise TypeError("a connection holds a secret and is not pickled: make a Cluster there")


def _urls(urls: object) -> str | list[str]:
    """The URLs, as text with commas between or as a list."""
    if isinstance(urls, str):
        return urls
    if isinstance(urls, (bytes, Mapping)) or not isinstance(urls, Iterable):
        raise TypeError(f"url must be a URL or a list of URLs, not {type(urls).__name__}")
    given = list(urls)
    for i, url in enumerate(given):
        if not isinstance(url, str):
            raise TypeError(f"url[{i}] must be a URL, not {type(url).__name__}")
    return given


def _without_user(url: str) -> str:
    return url.rsplit("@", 1)[-1]


_TEXT = ("api_key", "api_secret", "username", "password", "token")
_FILES = ("ca_cert", "client_cert", "client_key")
_TIMES = ("connect_timeout", "request_timeout", "start_timeout")


def _checked(given: dict[str, Any]) -> dict[str, Any]:
    """The arguments as the core takes them; each by its right type."""
    for secret in ("api_secret", "password"):
        file = path(f"{secret}_file", given.pop(f"{secret}_file", None))
        if file is not None:
            if secret in given:
                raise ConfigInvalidError(f"give {secret} or {secret}_file, not both")
            given[secret] = _secret(file)
    for name in _TEXT:
        if not isinstance(given.get(name, ""), str):
            # Never the value: it may be the secret itself.
            raise TypeError(f"{name} must be a str, not {type(given[name]).__name__}")
    files = {name: _file(name, given[name]) for name in _FILES if name in given}
    if "node_urls" in given:
        given["node_urls"] = by_node("node_urls", given["node_urls"], _url)
    times = {name: _time(name, given.pop(name)) for name in _TIMES if name in given}
    _check_pairs(given)
    return {**given, **files, **times}


def _url(name: str, given: Any) -> str:
    if not isinstance(given, str):
        raise TypeError(f"{name} must be a URL, not {type(given).__name__}")
    return given


def _time(name: str, given: Any) -> float:
    return number(name, given.total_seconds() if isinstance(given, timedelta) else given)


def _file(name: str, given: Any) -> str | None:
    """The path of a file that can be read."""
    file = path(name, given)
    if file is None:
        return None
    try:
        with open(file, "rb"):
            return file
    except OSError as error:
        raise invalid(name, file, f"a file that can be read: {error.strerror}") from None


def _check_pairs(given: Mapping[str, Any]) -> None:
    if sum(name in given for name in ("api_key", "username", "token")) > 1:
        raise ConfigInvalidError("give an API key, a user name or a token, not two of them")
    for name, secret in (("api_key", "api_secret"), ("username", "password")):
        if name in given and secret not in given:
            raise ConfigInvalidError(f"{name} needs its {secret}, or {secret}_file")
        if secret in given and name not in given:
            raise ConfigInvalidError(f"{secret} needs its {name}")


def _secret(file: str) -> str:
    with open(file, encoding="utf-8") as text:
        secret = text.read().rstrip("\r\n")
    if not secret:
        raise ConfigInvalidError("the file is empty", context={"file": file})
    return secret


def from_env(environ: Mapping[str, str] | None = None) -> tuple[list[str], dict[str, Any]]:
    """URLs and arguments of the variables that the command reads too."""
    env = os.environ if environ is None else environ
    urls = [url.strip() for url in env.get("EMQX_URL", "").split(",") if url.strip()]
    if not urls:
        raise ConfigInvalidError("no cluster is given: set EMQX_URL")
    names = {
        "api_key": "EMQX_API_KEY",
        "api_secret": "EMQX_API_SECRET",
        "username": "EMQX_USERNAME",
        "password": "EMQX_PASSWORD",
    }
    found = {name: env.get(variable) or None for name, variable in names.items()}
    if found["api_key"] is None:
        found["api_secret"] = None
    if found["username"] is None:
        found["password"] = None
    return urls, {name: value for name, value in found.items() if value is not None}
