"""The bytes that TensorBoard's own writer gives for one scalar: what `run_dir::events` is held to.

pip install tensorboard; python tests/golden/make_events.py
"""

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter


class Bytes(bytearray):
    write = bytearray.extend


out = Bytes()
writer = RecordWriter(out)
writer.write(Event(wall_time=1000.0, file_version="brain.Event:2").SerializeToString())
value = Summary.Value(tag="validation/1shot", simple_value=0.25)
writer.write(Event(wall_time=1012.5, step=300, summary=Summary(value=[value])).SerializeToString())
print(out.hex())
