#pragma once

/// A tiny image network as an ONNX file, written field by field (onnx.proto3): one convolution of 1
/// by 1, then the mean of each channel. Only for *_test.cc files.

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"

namespace filoscope::vision {

/// Protocol buffers' wire format: what a message holds, by field numbers.
class ProtoMessage {
 public:
  ProtoMessage& number(std::uint64_t field, std::uint64_t value) {
    out_.put_varint(field << 3);
    out_.put_varint(value);
    return *this;
  }
  ProtoMessage& text(std::uint64_t field, std::string_view value) {
    out_.put_varint(field << 3 | 2);
    out_.put_text(value);
    return *this;
  }
  ProtoMessage& message(std::uint64_t field, const ProtoMessage& value) {
    return text(field, {reinterpret_cast<const char*>(value.bytes().data()), value.bytes().size()});
  }
  const Bytes& bytes() const { return out_.bytes(); }

 private:
  ByteWriter out_;
};

inline ProtoMessage onnx_value(std::string_view name, const std::vector<std::uint64_t>& sizes) {
  ProtoMessage shape;
  for (const auto size : sizes) shape.message(1, ProtoMessage().number(1, size));
  const auto tensor = ProtoMessage().number(1, 1).message(2, shape);  // 1: float
  return ProtoMessage().text(1, name).message(2, ProtoMessage().message(1, tensor));
}

inline ProtoMessage onnx_node(std::string_view kind, const std::vector<std::string>& inputs,
                              std::string_view output) {
  ProtoMessage node;
  for (const auto& input : inputs) node.text(1, input);
  return node.text(2, output).text(3, output).text(4, kind);
}

/// `channels` features of a picture; each weight is drawn, or `weight` where it is given.
inline Bytes tiny_network(std::uint64_t channels, const float* weight = nullptr) {
  Random random(7);
  ByteWriter weights;
  for (std::uint64_t i = 0; i < 3 * channels; ++i)
    weights.put(weight != nullptr ? *weight : static_cast<float>(random.unit() - .5));
  ProtoMessage tensor;
  for (const std::uint64_t size : {channels, std::uint64_t{3}, std::uint64_t{1}, std::uint64_t{1}})
    tensor.number(1, size);
  tensor.number(2, 1).text(8, "w").text(
      9, {reinterpret_cast<const char*>(weights.bytes().data()), weights.bytes().size()});
  ProtoMessage graph;
  const auto kernel =
      ProtoMessage().text(1, "kernel_shape").number(8, 1).number(8, 1).number(20, 7);
  graph.message(1, onnx_node("Conv", {"input", "w"}, "map").message(5, kernel))
      .message(1, onnx_node("Relu", {"map"}, "strong"))
      .message(1, onnx_node("GlobalAveragePool", {"strong"}, "output"))
      .text(2, "tiny")
      .message(5, tensor)
      .message(11, onnx_value("input", {1, 3, 224, 224}))
      .message(12, onnx_value("output", {1, channels, 1, 1}));
  return ProtoMessage()
      .number(1, 7)
      .message(7, graph)
      .message(8, ProtoMessage().text(1, "").number(2, 11))
      .bytes();
}

}  // namespace filoscope::vision
