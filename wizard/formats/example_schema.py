"""Message classes of tf.train.Example, built without TensorFlow, whose import costs seconds and 500 MB per process.

They differ from `tensorflow/core/example/{example,feature}.proto` in two ways that do not show in the bytes. The map of
features is a repeated field of entries, which is what a map is on the wire, because only then is their order ours to
choose and nothing in an entry is dropped. In `RawExample`, the entries' values stay serialized.
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

_SCHEMA = """
name: "imagenet_setup/example.proto" package: "imagenet_setup" syntax: "proto3"
message_type { name: "BytesList" field { name: "value" number: 1 type: TYPE_BYTES label: LABEL_REPEATED } }
message_type { name: "FloatList" field { name: "value" number: 1 type: TYPE_FLOAT label: LABEL_REPEATED } }
message_type { name: "Int64List" field { name: "value" number: 1 type: TYPE_INT64 label: LABEL_REPEATED } }
message_type {
  name: "Feature"
  oneof_decl { name: "kind" }
  field { name: "bytes_list" number: 1 oneof_index: 0 label: LABEL_OPTIONAL type_name: ".imagenet_setup.BytesList" }
  field { name: "float_list" number: 2 oneof_index: 0 label: LABEL_OPTIONAL type_name: ".imagenet_setup.FloatList" }
  field { name: "int64_list" number: 3 oneof_index: 0 label: LABEL_OPTIONAL type_name: ".imagenet_setup.Int64List" }
}
message_type {
  name: "Entry"
  field { name: "key" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "value" number: 2 label: LABEL_OPTIONAL type_name: ".imagenet_setup.Feature" }
}
message_type {
  name: "RawEntry"
  field { name: "key" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "value" number: 2 type: TYPE_BYTES label: LABEL_OPTIONAL }
}
message_type {
  name: "Features" field { name: "feature" number: 1 label: LABEL_REPEATED type_name: ".imagenet_setup.Entry" }
}
message_type {
  name: "RawFeatures" field { name: "feature" number: 1 label: LABEL_REPEATED type_name: ".imagenet_setup.RawEntry" }
}
message_type {
  name: "Example" field { name: "features" number: 1 label: LABEL_OPTIONAL type_name: ".imagenet_setup.Features" }
}
message_type {
  name: "RawExample" field { name: "features" number: 1 label: LABEL_OPTIONAL type_name: ".imagenet_setup.RawFeatures" }
}
"""


def _message_class(pool: descriptor_pool.DescriptorPool, name: str) -> Any:
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"imagenet_setup.{name}"))


# A pool of our own: TensorFlow registers its messages in the default one, and verify's process imports both.
_POOL = descriptor_pool.DescriptorPool()
_POOL.AddSerializedFile(text_format.Parse(_SCHEMA, descriptor_pb2.FileDescriptorProto()).SerializeToString())

Feature = _message_class(_POOL, "Feature")
Example = _message_class(_POOL, "Example")
RawExample = _message_class(_POOL, "RawExample")
