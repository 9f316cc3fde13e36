"""A whole pipeline from outside."""

from tests.actors.pipeline.harness import ONE, values, world


def test_bw_18_pushed_messages_are_batched_and_acknowledged_once() -> None:
    with world(batch={"batch_size": 2}) as pipe:
        pipe.push([1, 3])
        assert pipe.batch().data == [1, 3]
        assert values(pipe.ack().successful) == [1, 3]


def test_bw_36_without_batchers_each_chunk_is_acknowledged_by_the_processor() -> None:
    with world(processors=ONE) as pipe:
        pipe.push([1, 2])
        assert [values(pipe.ack().successful) for _ in range(2)] == [[1], [2]]
        assert pipe.pipeline.topology().batchers == ()
        assert pipe.tree.system.whereis("/pipe/batchers") is None
