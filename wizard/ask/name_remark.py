"""What is said about a profile's name that is accepted, although a saved profile of another dataset has it."""

from wizard import profile_files, profile_store
from wizard.ask.context import Context
from wizard.ask.prompt import Value
from wizard.ask.question import Answers
from wizard.folders import shortened
from wizard.typed_path import expanded


def replaces_another(value: Value, known: Answers[Context]) -> str:
    """A sentence on the saved profile of that name, if it builds in another folder; else empty."""
    path = profile_files.path_of(str(value))
    saved = profile_store.examine(path).profile if path.exists() else None
    if saved is None:
        return ""
    output = saved.output_path
    if output == expanded(str(known.get("output.path"))).absolute():
        return ""
    return (
        f"The saved profile {value} builds in {shortened(output)}. Saving replaces it, and keeps it as {path.name}.bak."
    )
