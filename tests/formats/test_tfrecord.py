import io
from pathlib import Path

import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from wizard.formats.tfrecord import HEADER, OVERHEAD, RecordDamage, frame, payload_spans, records, starts_with_record


def test_frames_are_byte_equal_to_tensorflows(tmp_path: Path) -> None:
    payloads = [b"", b"a", bytes(range(256)) * 40]
    with tf.io.TFRecordWriter(str(tmp_path / "theirs")) as writer:
        for payload in payloads:
            writer.write(payload)
    assert b"".join(map(frame, payloads)) == (tmp_path / "theirs").read_bytes()


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_reading_is_the_inverse_of_framing(payloads: list[bytes]) -> None:
    found = list(records(io.BytesIO(b"".join(map(frame, payloads)))))
    assert [record.payload for record in found] == payloads
    assert [record.offset for record in found] == [
        sum(len(p) + OVERHEAD for p in payloads[:place]) for place in range(len(payloads))
    ]


@given(st.integers(0, 3 * (OVERHEAD + 20) - 1), st.integers(1, 255))
def test_a_changed_byte_is_reported_in_its_record(place: int, change: int) -> None:
    data = bytearray(b"".join(frame(bytes([i]) * 20) for i in range(3)))
    data[place] ^= change
    with pytest.raises(RecordDamage) as damage:
        list(records(io.BytesIO(bytes(data))))
    assert damage.value.record == place // (OVERHEAD + 20)
    assert "CRC is" in str(damage.value)


@given(st.integers(1, OVERHEAD + 19))
def test_a_truncated_file_is_refused(left: int) -> None:
    data = frame(b"x" * 20)
    with pytest.raises(RecordDamage, match=r"the file (ends|has)"):
        list(records(io.BytesIO(data + data[:left])))


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_payload_spans_are_found_from_the_lengths_alone(expected: list[bytes]) -> None:
    data = b"".join(map(frame, expected))
    assert [data[start:end] for start, end in payload_spans(data)] == expected


@given(st.integers(1, OVERHEAD + 19))
def test_a_truncated_buffer_of_records_is_refused(left: int) -> None:
    data = frame(b"x" * 20)
    with pytest.raises(RecordDamage, match=r"the file (ends|has)") as damage:
        list(payload_spans(data + data[:left]))
    assert (damage.value.record, damage.value.offset) == (1, len(data))


@given(st.integers(0, HEADER - 1), st.integers(1, 255))
def test_a_damaged_header_is_found_without_reading_payloads(place: int, change: int) -> None:
    data = bytearray(frame(b"x" * 20))
    data[place] ^= change
    assert not starts_with_record(bytes(data))
    with pytest.raises(RecordDamage, match="length CRC"):
        list(payload_spans(bytes(data)))
