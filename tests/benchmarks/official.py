"""The command line, with other archives taken for the official ones.

    python -m tests.benchmarks.official FACTS [--known] run PROFILE --json

A build does not decode images whose archive has the MD5 that image-net.org states. The archives of a benchmark are
smaller ones, so their own sums, sizes and counts replace the official ones in this process. FACTS is a JSON file with
them; with --known, the sums also count as verified by an earlier run. Nothing else differs from `python -m wizard`.
"""

import sys


def main() -> None:
    """Patches the table, and runs the command."""
    # Imported here, because every worker process imports this module again.
    import json
    from dataclasses import replace
    from pathlib import Path

    from wizard.cli import main as command
    from wizard.folders import cache_folder
    from wizard.ilsvrc2012.archives import BOXES, IMAGES, SPLITS
    from wizard.sources.checksums import remember_md5

    facts = json.loads(Path(sys.argv[1]).read_text())
    words = sys.argv[2:]
    is_known = words[0] == "--known"
    for split in SPLITS:
        if split in facts["images"]:
            of_images = facts["images"][split]
            archive = Path(of_images.pop("path"))
            IMAGES[split] = replace(IMAGES[split], **of_images)
            if is_known:
                remember_md5(archive, of_images["md5s"][archive.name], cache_folder())
        if split in facts["boxes"]:
            BOXES[split] = replace(BOXES[split], md5=facts["boxes"][split])
    raise SystemExit(command(words[is_known:]))


if __name__ == "__main__":
    main()
