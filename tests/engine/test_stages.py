import time

from wizard.engine import stages


def test_each_stage_gets_the_time_between_its_beginning_and_the_next_ones() -> None:
    begun = time.perf_counter()
    stages.begin()
    time.sleep(0.02)
    stages.enter("decode")
    time.sleep(0.04)
    stages.enter("read")
    time.sleep(0.02)
    spent = stages.end()
    whole = time.perf_counter() - begun
    assert spent.keys() == {"read", "decode"}
    assert spent["read"] >= 0.04
    assert spent["decode"] >= 0.04
    assert sum(spent.values()) <= whole


def test_a_shard_begins_without_the_time_of_the_one_before() -> None:
    stages.begin()
    stages.enter("encode")
    stages.end()
    stages.begin()
    assert stages.end().keys() == {"read"}
