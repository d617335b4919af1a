"""The browser's cookies: what they are called and with which attributes they are set."""

from typing import Final
from urllib.parse import urlsplit

from mainstay.control.people.provider_login import FLOW_SECONDS
from mainstay.control.people.sessions import LIFE_SECONDS

BROWSER_SECONDS: Final = 7_776_000.0


class Cookies:
    """Names and `set-cookie` lines. Cookies do not know ports, so the name does: two control planes on one machine must
    not log each other's people out."""

    def __init__(self, port: int, url: str) -> None:
        """`url` is `control.url`: where it is https, cookies travel over nothing else."""
        self.is_secure = urlsplit(url).scheme == "https"
        start = "__Host-mainstay" if self.is_secure else "mainstay"
        self.session = f"{start}-{port}"
        self.visit = f"{start}-{port}-visit"
        self.browser = f"{start}-{port}-browser"
        self.flow = f"{start}-{port}-flow"
        self._seconds = {self.session: LIFE_SECONDS, self.browser: BROWSER_SECONDS, self.flow: FLOW_SECONDS}

    def set(self, name: str, value: str) -> str:
        """The line that sets a cookie. One without a lifetime of its own ends with the browser."""
        seconds = self._seconds.get(name)
        age = "" if seconds is None else f"; Max-Age={int(seconds)}"
        return f"{name}={value}; Path=/; HttpOnly; SameSite=Lax{age}{'; Secure' if self.is_secure else ''}"

    def delete(self, name: str) -> str:
        """The line that deletes a cookie."""
        return f"{name}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{'; Secure' if self.is_secure else ''}"
