"""One line of `minclip doctor`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """The result of one check. A remedy means that the check failed. fails=False makes it a note: nothing is broken."""

    text: str
    remedy: str = ""
    fails: bool = True

    @property
    def status(self) -> str:
        """ok, fail or note."""
        return "note" if not self.fails else "fail" if self.remedy else "ok"

    def __str__(self) -> str:
        if not self.fails:
            return f"[NOTE] {self.text}"
        return f"[FAIL] {self.text}\n       remedy: {self.remedy}" if self.remedy else f"[OK]   {self.text}"
