from dataclasses import replace
from pathlib import Path

import pytest

from tests.download.fetching import DATA, NAME, OTHER, QUICK, Download, archive, md5, serving
from tests.download.server import Answer as Sent
from tests.download.server import Asked as Request
from tests.download.server import Cut, Damaged, NoRange, Rule, Served, Server, Short, Stall, page
from wizard.download.archives import Archive
from wizard.download.errors import DamagedError, DownloadError
from wizard.download.http.fetch import find_status
from wizard.download.http.file_status import FileStatus
from wizard.errors import InputError, MachineError

COMPARED = 3 << 16
"""Bytes that are compared where nothing tells of which file a part is."""


@pytest.fixture
def download(server: Server, tmp_path: Path) -> Download:
    (tmp_path / "to").mkdir()
    return Download(tmp_path / "to", server.base)


def found(download: Download, wanted: Archive | None = None) -> FileStatus:
    with download.session() as session:
        return find_status(wanted or archive(), session)


def interrupted_after(download: Download, server: Server, count: int) -> None:
    """Leaves a part of so many bytes, as a run does that was given up."""
    rules = server.rules
    server.rules = [Cut(after=count, times=1), Gone(times=None)]
    download.retry_policy = replace(QUICK, attempts=0)
    with pytest.raises(DownloadError):
        download.run()
    server.rules, download.retry_policy = rules, QUICK
    assert download.part.stat().st_size == count
    server.asked.clear()
    download.reported.clear()


class Gone(Rule):
    """Lets the head through, and the first request after it."""

    def change(self, asked: Request, answer: Sent, /) -> Sent:
        return answer if asked.first == 0 else page(503, "busy")


def test_what_is_there_and_right_is_not_asked_for(server: Server, download: Download) -> None:
    (download.folder / NAME).write_bytes(DATA)
    assert found(download).state == "complete"
    assert download.reported
    download.reported.clear()
    fetched = download.run()
    assert (fetched.md5, fetched.seconds) == (md5(DATA), 0.0)
    assert (server.asked, download.reported) == ([], [])  # its sum was remembered


def test_a_file_of_another_size_than_the_official_one_is_not_read(download: Download) -> None:
    (download.folder / NAME).write_bytes(DATA + b"more")
    assert found(download, archive(size=len(DATA))).state == "mismatch"
    assert download.reported == []


def test_what_was_fetched_is_not_read_again(server: Server, download: Download) -> None:
    download.run()
    server.asked.clear()
    download.reported.clear()
    download.run()
    assert (server.asked, download.reported) == ([], [])


@pytest.mark.parametrize("connections", [1, 4])
def test_a_download_resumes_from_its_part(server: Server, download: Download, connections: int) -> None:
    interrupted_after(download, server, 1_234_567)
    download.connections = connections
    download.run()
    assert download.data == DATA
    assert min(asked.first or 0 for asked in server.asked[1:]) == 1_234_567
    assert server.sent_twice(NAME) == 0
    assert download.files == [NAME]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"etag": '"1"'}, {"etag": '"2"'}),
        (
            {"etag": None, "last_modified": "Sat, 21 Nov 2026 10:00:00 GMT"},
            {"etag": None, "last_modified": "Sat, 21 Nov 2026 10:00:01 GMT"},
        ),
    ],
    ids=["ETag", "Last-Modified"],
)
def test_a_download_restarts_if_the_file_changed_between_runs(
    server: Server, download: Download, before: dict[str, str], after: dict[str, str]
) -> None:
    server.files[NAME] = Served(data=DATA, **before)  # type: ignore[arg-type]
    interrupted_after(download, server, 1_000_000)
    server.files[NAME] = Served(data=OTHER, **after)  # type: ignore[arg-type]
    assert found(download, archive(OTHER)).state == "outdated"
    download.run(archive(OTHER))
    assert download.data == OTHER
    assert server.sent_twice(NAME) <= 2 * 512 + 2 * COMPARED  # two looks, and two comparisons
    assert download.files == [NAME]


def test_a_different_etag_with_the_same_last_modified_is_the_same_file(server: Server, download: Download) -> None:
    then = "Sat, 21 Nov 2026 10:00:00 GMT"
    server.files[NAME] = Served(data=DATA, etag='"node-1"', last_modified=then)
    interrupted_after(download, server, 1_000_000)
    server.files[NAME] = Served(data=DATA, etag='"node-2"', last_modified=then)
    assert found(download).have == 1_000_000


def test_a_new_etag_for_the_same_bytes_keeps_the_part(server: Server, download: Download) -> None:
    interrupted_after(download, server, 1_000_000)
    server.files[NAME] = Served(data=DATA, etag='"2"', last_modified="Sat, 21 Nov 2026 10:00:00 GMT")
    assert found(download).have == 1_000_000
    download.run()
    assert (download.data, download.notes) == (DATA, [])
    assert server.sent_twice(NAME) <= 2 * 512 + 2 * COMPARED


def test_another_mirror_resumes_if_the_compared_bytes_match(server: Server, download: Download) -> None:
    interrupted_after(download, server, 1_000_000)
    with serving(etag='"of another"') as mirror:
        download.base = mirror.base
        download.run()
        assert download.data == DATA
        sent = sum(end - start for start, end in mirror.sent_ranges(NAME))
        assert sent == len(DATA) - 1_000_000 + 512 + COMPARED


def test_a_part_of_something_else_is_kept_aside(server: Server, download: Download) -> None:
    interrupted_after(download, server, 1_000_000)
    with serving(OTHER) as mirror:
        download.base = mirror.base
        assert found(download, archive(OTHER)).state == "unrelated"
        download.run(archive(OTHER))
    assert (download.data, download.files) == (OTHER, [NAME, f"{NAME}.bad"])
    assert download.notes == [
        f"{NAME}.part is not the beginning of the server's file; it is kept aside as {NAME}.bad, which may be deleted"
    ]


@pytest.mark.parametrize("note", ["", "{", "[1]"])
def test_a_part_without_a_note_is_looked_at(server: Server, download: Download, note: str) -> None:
    download.part.write_bytes(DATA[:1_000_000])
    download.part.with_name(f"{NAME}.part.json").write_text(note)
    download.run()
    assert download.data == DATA
    assert server.sent_twice(NAME) <= 512


def test_a_part_that_is_too_long_is_kept_aside(download: Download) -> None:
    download.part.write_bytes(DATA + b"more")
    download.run()
    assert (download.folder / f"{NAME}.bad").read_bytes() == DATA + b"more"
    assert download.data == DATA


def test_a_whole_part_is_only_summed(server: Server, download: Download) -> None:
    interrupted_after(download, server, len(DATA) - 1)
    with download.part.open("ab") as file:
        file.write(DATA[-1:])
    download.run()
    assert download.data == DATA
    assert server.sent_ranges(NAME) == [(0, 512)]


def test_a_short_file_under_its_final_name_is_resumed(server: Server, download: Download) -> None:
    (download.folder / NAME).write_bytes(DATA[:1_000_000])
    assert (found(download).state, found(download).have) == ("short", 1_000_000)
    server.asked.clear()
    download.run()
    assert (download.data, download.files, download.notes) == (DATA, [NAME], [])
    assert server.sent_twice(NAME) <= 512


@pytest.mark.parametrize(
    "there", [OTHER[:1_000_000], OTHER, DATA + b"more", b""], ids=["short", "other", "long", "empty"]
)
def test_a_different_file_of_the_same_name_is_kept_aside(download: Download, there: bytes) -> None:
    (download.folder / NAME).write_bytes(there)
    (download.folder / f"{NAME}.bad").write_bytes(b"of yesterday")
    assert found(download).state == "mismatch"
    download.run()
    assert (download.data, download.files) == (DATA, [NAME, f"{NAME}.bad", f"{NAME}.bad2"])
    assert (download.folder / f"{NAME}.bad2").read_bytes() == there
    assert download.notes == [
        f"{NAME} was here already and is a different file; it is kept aside as {NAME}.bad2, which may be deleted"
    ]


def test_what_is_there_stays_until_its_successor_is_proven(server: Server, download: Download) -> None:
    (download.folder / NAME).write_bytes(OTHER)
    server.rules = [Damaged(at=1_500_000)]
    with pytest.raises(DamagedError):
        download.run()
    assert (download.folder / NAME).read_bytes() == OTHER


@pytest.mark.parametrize("suffix", ["", ".part"])
def test_without_ranges_a_beginning_is_compared_and_resumed(server: Server, download: Download, suffix: str) -> None:
    server.rules = [NoRange()]
    (download.folder / f"{NAME}{suffix}").write_bytes(DATA[:1_000_000])
    look = found(download)
    assert (look.have, look.missing, look.left) == (1_000_000, len(DATA) - 1_000_000, len(DATA))
    assert "this server sends all of it again" in look.description
    download.run()
    assert (download.data, download.files) == (DATA, [NAME])


@pytest.mark.parametrize("suffix", ["", ".part"])
def test_without_ranges_a_part_of_another_file_is_kept_aside(server: Server, download: Download, suffix: str) -> None:
    server.rules = [NoRange()]
    there = DATA[:999_999] + b"x" + DATA[:100]
    (download.folder / f"{NAME}{suffix}").write_bytes(there)
    download.run()
    assert (download.data, download.files) == (DATA, [NAME, f"{NAME}.bad"])
    assert (download.folder / f"{NAME}.bad").read_bytes() == there


def test_a_folder_of_its_name_is_refused(download: Download) -> None:
    (download.folder / NAME).mkdir()
    with pytest.raises(InputError, match="is a folder, and the archive needs its name"):
        found(download)


def test_a_wrong_sum_is_kept_aside_and_the_next_run_fetches_it_again(server: Server, download: Download) -> None:
    server.rules = [Damaged(at=1_500_000)]
    for number in ("", "2"):
        with pytest.raises(DamagedError) as raised:
            download.run()
        bad = (download.folder / f"{NAME}.bad{number}").read_bytes()
        assert [place for place in range(len(DATA)) if bad[place] != DATA[place]] == [1_500_000]
        assert raised.value.what == (
            f"{NAME} arrived complete, but its MD5 is {md5(bad)} and should be {md5(DATA)}. "
            f"It is kept aside as {NAME}.bad{number}."
        )
        assert raised.value.hint.startswith("The same command fetches it again.")
    server.rules = []
    download.run()
    assert (download.data, download.files) == (DATA, [NAME, f"{NAME}.bad", f"{NAME}.bad2"])


@pytest.mark.parametrize("by", [-600_000, 600_000])
def test_a_file_of_unofficial_size_is_not_fetched(server: Server, download: Download, by: int) -> None:
    with pytest.raises(DownloadError) as raised:
        download.run(archive(size=len(DATA) + by))
    assert raised.value.what == (
        f"{server.base}{NAME} has {len(DATA):,} bytes; {NAME} has {len(DATA) + by:,}. "
        "It is another file, or incomplete."
    )
    assert server.sent_ranges(NAME) == [(0, 512)]


def test_a_server_that_has_less_than_it_states_ends_in_a_sentence_and_keeps_it(
    server: Server, download: Download
) -> None:
    server.rules = [Short(by=1000)]
    with pytest.raises(DownloadError) as raised:
        download.run()
    assert download.part.read_bytes() == DATA
    assert raised.value.what == (
        f"{NAME}: 3 times, the server contradicted what it had said of this file; "
        "3.0 MB of it were received and are kept."
    )
    assert raised.value.hint == "Try again later, or use another mirror: --base URL"
    assert server.sent_twice(NAME) <= 4 * 512


@pytest.mark.parametrize(
    ("data", "begins"),
    [
        (b"PK\3\4" + bytes(2000), b"PK\3\4" + bytes(12)),
        (b"garbage " * 300, b"garbage garbage "),
        (b"\x1f\x8b" + bytes(2000), b"\x1f\x8b" + bytes(14)),
    ],
    ids=["zip", "garbage", "gzip"],
)
def test_what_is_no_tar_is_refused_before_it_is_fetched(
    server: Server, download: Download, data: bytes, begins: bytes
) -> None:
    server.files[NAME] = Served(data=data)
    with pytest.raises(DownloadError) as raised:
        download.run(archive(data))
    assert f"is not a tar archive: it begins with {begins!r}." in raised.value.what
    assert server.sent_ranges(NAME) == [(0, 512)]
    assert download.files == []


class Answers(Rule):
    """Answers everything but a question about the head with a page, some times."""

    status = 200
    content_type = "text/plain"

    def change(self, asked: Request, answer: Sent, /) -> Sent:
        return answer if asked.last == 511 else page(self.status, "We are mending it.", self.content_type)


@pytest.mark.parametrize("connections", [1, 4])
def test_an_answer_about_something_else_costs_nothing_that_came(
    server: Server, download: Download, connections: int
) -> None:
    interrupted_after(download, server, 2_000_000)
    download.connections = connections
    server.rules = [Answers(times=2)]
    download.run()
    assert (download.data, download.notes) == (DATA, [])
    assert all((asked.first or 0) >= 2_000_000 for asked in server.asked if asked.last != 511)


def test_an_answer_about_something_else_every_time_ends_it_and_keeps_what_came(
    server: Server, download: Download
) -> None:
    interrupted_after(download, server, 2_000_000)
    server.rules = [Answers()]
    with pytest.raises(DownloadError, match="3 times, the server contradicted"):
        download.run()
    assert download.part.read_bytes() == DATA[:2_000_000]


def test_a_file_that_changes_again_and_again_is_given_up(server: Server, download: Download) -> None:
    class Restless(Rule):
        """Another file at every request."""

        count = 0

        def change(self, _asked: Request, answer: Sent, /) -> Sent:
            self.count += 1
            data = DATA[:600] + bytes([self.count]) + DATA[601:]
            server.files[NAME] = Served(data=data, etag=f'"{self.count}"')
            return answer

    download.part.write_bytes(DATA[:100_000])
    server.rules = [Restless()]
    with pytest.raises(DownloadError, match=r"3 times, the server contradicted|its MD5 is"):
        download.run()
    assert NAME not in download.files
    assert len(server.asked) < 50


def test_differing_etags_for_the_same_bytes_are_accepted(server: Server, download: Download) -> None:
    class Backends(Rule):
        """Another mark at every request."""

        count = 0

        def change(self, _asked: Request, answer: Sent, /) -> Sent:
            self.count += 1
            return replace(answer, headers={**answer.headers, "ETag": f'"{self.count}"'})

    server.rules = [Backends(), Cut(after=1_000_000, times=2)]
    download.run()
    assert (download.data, download.notes) == (DATA, [])


def test_what_another_program_has_written_to_gets_no_name(server: Server, download: Download) -> None:
    class Second(Rule):
        """Another program writes to the part meanwhile."""

        def change(self, asked: Request, answer: Sent, /) -> Sent:
            if asked.first:
                with download.part.open("ab") as file:
                    file.write(b"x" * 1000)
            return answer

    server.rules = [Second(), Cut(after=1_000_000, times=1)]
    with pytest.raises(DamagedError, match="some other program has written to it"):
        download.run()
    assert download.files == [f"{NAME}.bad"]


def test_beginnings_that_differ_each_time_end_with_an_error(server: Server, download: Download) -> None:
    class Random(Rule):
        """Other bytes at every request, under the same mark."""

        count = 0

        def change(self, _asked: Request, answer: Sent, /) -> Sent:
            self.count += 1
            body = Served(data=DATA[:600] + bytes([self.count]) * (len(DATA) - 600))
            return replace(answer, body=body, cut=2_000_000 if self.count > 1 else None)

    server.rules = [NoRange(), Random()]
    with pytest.raises(DownloadError, match="3 times, the server contradicted"):
        download.run()
    assert download.notes[0].startswith(f"{NAME}.part is not the beginning of the server's file")


def test_what_starts_over_needs_no_room_for_what_it_lets_go(server: Server, download: Download) -> None:
    interrupted_after(download, server, 1_000_000)
    server.files[NAME] = Served(data=OTHER, etag='"2"')
    look = found(download, archive(OTHER))
    assert (look.state, look.missing, look.left) == ("outdated", len(OTHER) - 1_000_000, len(OTHER))


def test_a_long_answer_to_a_look_at_the_end_is_not_read_whole(server: Server, download: Download) -> None:
    download.part.write_bytes(DATA[:1000])

    class All(Rule):
        """The whole file, where its beginning was asked for."""

        def change(self, asked: Request, answer: Sent, /) -> Sent:
            return answer if asked.last == 511 else NoRange().change(asked, answer)

    server.rules = [All(), Stall(after=200_000, seconds=60)]
    assert found(download).have == 1000
    assert download.waits == []


@pytest.mark.usefixtures("unprivileged")
def test_a_folder_without_rights_is_named(download: Download) -> None:
    download.folder.chmod(0o555)
    with pytest.raises(MachineError) as raised:
        download.run()
    download.folder.chmod(0o755)
    assert raised.value.what == f"{download.part} cannot be written: Permission denied."


def test_a_part_at_the_file_size_limit_is_kept_and_resumed_later(server: Server, download: Download) -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_234_567, before[1]))
    try:
        with pytest.raises(MachineError) as raised:
            download.run()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert raised.value.what == f"{download.part} cannot be written: File too large."
    assert raised.value.hint == (
        "Free some space, fix the permissions, or choose another folder; the same command then continues"
    )
    assert download.part.read_bytes() == DATA[:1_234_567]
    server.asked.clear()
    download.run()
    assert download.data == DATA
    assert server.sent_ranges(NAME)[1][0] == 1_234_567
