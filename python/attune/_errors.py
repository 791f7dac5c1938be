"""What can go wrong: one class per exit code of the command line."""


class Error(Exception):
    """A failed call. `code` is the command line's exit code; `node` is the ONNX node that it is
    about and `op` its operator, `hint` says what to do; each is "" where there is none."""

    code = 8

    def __init__(self, message: str, *, node: str = "", op: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message, self.node, self.op, self.hint = message, node, op, hint

    def __str__(self) -> str:
        where = [f"node '{self.node}'"] if self.node and self.node not in self.message else []
        where += [f"operator {self.op}"] if self.op and self.op not in self.message else []
        text = self.message + (f" ({', '.join(where)})" if where else "")
        return text + (f"\nhint: {self.hint}" if self.hint else "")

    def __reduce__(self):
        return _remake, (type(self), self.message, self.node, self.op, self.hint)


class DiffersError(Error):
    """Results differ from what was expected."""

    code = 1


class UsageError(Error):
    """A wrong argument: an input of another name, type or shape, a pass that does not exist."""

    code = 2


class MalformedError(Error):
    """A damaged model or artefact, or external data missing or outside the model's folder."""

    code = 3


class UnsupportedError(Error):
    """A valid model with an operator or a type that attune does not compile."""

    code = 4


class FileAccessError(Error):
    """A file that cannot be read or written."""

    code = 5


class DeviceError(Error):
    """A device that is not available, or a machine that lacks what the artefact needs."""

    code = 6


class LimitError(Error):
    """Over a limit, or out of memory."""

    code = 7


class InternalError(Error):
    """A bug in attune."""

    code = 8


_CLASSES = {kind.code: kind for kind in Error.__subclasses__()}


#: What hints of the command line are called here.
_SPELLINGS = {"--limit-seconds": "time_limit", "--limit-memory": "memory_limit",
              "--target=": "target=", "--passes": "passes"}


def make(code: int, message: str, node: str, op: str, hint: str) -> Error:
    """The exception for a status of the C interface."""
    for flag, argument in _SPELLINGS.items():
        message, hint = message.replace(flag, argument), hint.replace(flag, argument)
    return _CLASSES.get(code, InternalError)(message, node=node, op=op, hint=hint)


def _remake(kind, message, node, op, hint):
    return kind(message, node=node, op=op, hint=hint)
