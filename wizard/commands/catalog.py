"""Every command by its name, in the groups and the order of --help: what it is for, and examples of it.

Without imports of the commands themselves, so that --help need not wait for them.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Command:
    """What --help says of a command.

    Attributes:
        summary: a line that fits into 80 columns with the group and the name before it.
        details: more sentences for the command's own page.
        examples: command lines, without the program's name.
    """

    summary: str
    details: str = ""
    examples: tuple[str, ...] = ()

    @property
    def help(self) -> str:
        """Summary and details; a shell shows the first paragraph beside the name."""
        return "\n\n".join(filter(None, (self.summary, self.details)))

    @property
    def epilogue(self) -> str:
        """The examples, below the command's own page."""
        lines = [f"  imagenet-setup {line}" for line in self.examples]
        return "\n".join(["Examples:", *lines]) if lines else ""


EXAMPLES = ("inspect RAW", "run trial --set source.path=RAW --set output.path=OUT")
"""The examples of --help."""

OPTIONS: Mapping[str, str] = {
    "--set": "Answers in advance: --set image.size=256",
    "--plain": "Asks in numbered lines, for screen readers",
    "-V, --version": "Prints the version",
    "--install-completion": "Makes Tab complete, in bash, zsh and fish",
}
"""The options without a command, but for --help."""

# Cut with a backslash, so that it can be copied from a narrow terminal too.
_LONG = "{} \\\n      --set source.path=~/imagenet \\\n      --set output.path=~/trial"

GROUPS: Mapping[str, Mapping[str, Command]] = {
    "Begin": {
        "setup": Command(
            summary="Asks, checks, builds; imagenet-setup alone does it too",
            details="Esc goes back, ? explains, and Ctrl-C keeps the answers. With --json, a program answers. --set "
            "gives answers in advance, and only the rest is asked.",
            examples=("setup --set output.trainer=imagefolder --set image.resize=original",),
        ),
        "demo": Command(
            summary="Draws a tiny ImageNet, builds and verifies it: a minute",
            details="It downloads nothing.",
        ),
        "help": Command(
            summary="This page, or that of a command; as --help or -h", examples=("help run", "help profiles edit")
        ),
    },
    "Build": {
        "check": Command(
            summary="Tells whether PROFILE would work here, its size and time",
            details="Looks at raw data, disk, memory and permissions, and shows some images before and after.",
            examples=("check my-profile", "check my-profile --serve", _LONG.format("check trial")),
        ),
        "run": Command(
            summary="Builds PROFILE, or what is missing of it; asks nothing",
            details="PROFILE is a path, a saved profile's name or a recipe's name; profiles list shows the names. "
            "Without it, --set says all that is not to have its default.",
            examples=(
                "run my-profile",
                _LONG.format("run trial"),
            ),
        ),
        "submit": Command(
            summary="Writes or submits a cluster's jobs that build PROFILE",
            details="Of Slurm: an array whose tasks build the shards, and a job that verifies the result.",
            examples=("submit my-profile --slurm --array 16 --cpus 8 --submit",),
        ),
    },
    "Look": {
        "status": Command(
            summary="Shows how far a build is, and on which machines it runs",
            details="Shards done, under way and missing, what runs on which host, and what failed.",
            examples=("status ~/tfrecords --watch",),
        ),
        "attach": Command(
            summary="Shows what runs here in another terminal, or in none",
            details="Without OUT, the only one that runs, or a choice. Ctrl-C leaves it running; --stop stops it. Of a "
            "download or a verification, it shows the log.",
            examples=("attach", "attach ~/tfrecords --stop"),
        ),
        "inspect": Command(
            summary="Shows what is at a path: raw data, a dataset or a shard",
            examples=("inspect ~/imagenet", "inspect ~/tfrecords/train-00000-of-01024"),
        ),
        "verify": Command(
            summary="Reads a finished dataset again; names what is damaged",
            examples=("verify ~/tfrecords --pixels",),
        ),
    },
    "Data": {
        "download": Command(
            summary="Gets the archives, or the images of a hub; resumes",
            details="From image-net.org, a mirror, Kaggle or Hugging Face.",
            examples=("download --what train,validation,boxes --to ~/imagenet/raw-data",),
        ),
        "profiles": Command(
            summary="Lists, shows, edits or deletes profiles and recipes",
            examples=("profiles list", "profiles edit trial"),
        ),
    },
    "Machine": {
        "env": Command(
            summary="Shows versions, machine and folders, for a bug report",
            details="It looks only at this machine, and sends nothing.",
        ),
        "free-memory": Command(summary="Shows what uses memory, and drops the page cache"),
    },
}


def command_names() -> list[str]:
    """The commands' names, in the order of --help."""
    return [name for group in GROUPS.values() for name in group]
