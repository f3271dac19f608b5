"""Pages that a test opens, with what the browser said of them."""

from dataclasses import dataclass, field

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page

PATIENCE_MS = 20_000
DESKTOP, PHONE = (1440, 900), (360, 780)


@dataclass
class Visit:
    """A page; `excused` are words of complaints that the test provokes."""

    page: Page
    complaints: list[str] = field(default_factory=list[str])
    excused: list[str] = field(default_factory=list[str])

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def listen(self) -> None:
        """Hear errors of the console, of scripts, and of the page's policy."""
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def unexcused(self) -> list[str]:
        """What nobody expected."""
        return [
            each
            for each in self.complaints
            if not any(words in each for words in self.excused)
        ]


@dataclass
class Visits:
    """All that one test opens."""

    browser: Browser
    _made: list[tuple[BrowserContext, Visit]] = field(
        default_factory=list[tuple[BrowserContext, Visit]]
    )

    async def to(
        self,
        address: str,
        size: tuple[int, int] = DESKTOP,
        *,
        dark: bool = False,
        scale: float = 1,
    ) -> Visit:
        """Open an address in a window of its own."""
        context = await self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            device_scale_factor=scale,
        )
        context.set_default_timeout(PATIENCE_MS)
        visit = Visit(await context.new_page())
        self._made.append((context, visit))
        visit.listen()
        await visit.page.goto(address)
        return visit

    async def end(self) -> None:
        """Close them all; raises AssertionError where a browser complained."""
        for context, _ in self._made:
            await context.close()
        complaints = [each for _, visit in self._made for each in visit.unexcused()]
        assert complaints == []
