"""What Windows prints where it is sent our scripts: to each question the answer that it is told."""

import re
from collections.abc import Mapping
from typing import Final

from tests.inside.winrm_shells import Answering, Output

_QUESTION: Final = re.compile(r"^ask (\w+) \{", re.MULTILINE)


def answering(told: Mapping[str, str | bytes | tuple[int, str]], *, lost: str = "") -> Answering:
    """Question → its output, perhaps with its status. Where one is `lost`, it says no more."""

    def answer(script: str) -> Output:
        mark = re.search(r"\$mark='(\w+)'", script)
        assert mark is not None, script
        said = b""
        for question in _QUESTION.findall(script):
            output = told[question]
            status, text = output if isinstance(output, tuple) else (0, output)
            said += f"{mark[1]} ask {question}\n".encode()
            said += text if isinstance(text, bytes) else text.encode()
            if question == lost:
                break
            said += f"{mark[1]} end {question} {status}\n".encode()
        return Output(said)

    return answer
