#pragma once

/// Tiny networks as ONNX files, written field by field (onnx.proto3): one convolution of 1 by 1,
/// then the mean of each channel. Only for *_test.cc files.

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
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

inline ProtoMessage onnx_weights(const std::vector<std::uint64_t>& sizes,
                                 const std::vector<float>& values) {
  ByteWriter floats;
  for (const float value : values) floats.put(value);
  ProtoMessage tensor;
  for (const auto size : sizes) tensor.number(1, size);
  return tensor.number(2, 1).text(8, "w").text(
      9, {reinterpret_cast<const char*>(floats.bytes().data()), floats.bytes().size()});
}

/// "input" to "map": a convolution of 1 by 1 with weights [channels, 3].
inline ProtoMessage onnx_convolution(const std::vector<float>& weights) {
  const auto kernel =
      ProtoMessage().text(1, "kernel_shape").number(8, 1).number(8, 1).number(20, 7);
  return ProtoMessage()
      .message(1, onnx_node("Conv", {"input", "w"}, "map").message(5, kernel))
      .text(2, "tiny")
      .message(5, onnx_weights({weights.size() / 3, 3, 1, 1}, weights))
      .message(11, onnx_value("input", {1, 3, 224, 224}));
}

inline Bytes onnx_file(const ProtoMessage& graph) {
  return ProtoMessage()
      .number(1, 7)
      .message(7, graph)
      .message(8, ProtoMessage().text(1, "").number(2, 11))
      .bytes();
}

/// `channels` features of a picture; each weight is drawn, or `weight` where it is given.
inline Bytes tiny_network(std::uint64_t channels, const float* weight = nullptr) {
  Random random(7);
  std::vector<float> weights;
  for (std::uint64_t i = 0; i < 3 * channels; ++i)
    weights.push_back(weight != nullptr ? *weight : static_cast<float>(random.unit() - .5));
  return onnx_file(onnx_convolution(weights)
                       .message(1, onnx_node("Relu", {"map"}, "strong"))
                       .message(1, onnx_node("GlobalAveragePool", {"strong"}, "output"))
                       .message(12, onnx_value("output", {1, channels, 1, 1})));
}

/// The softmax of the mean colour, 0..1, times weights [classes, 3]; without `softmax` the
/// products alone.
inline Bytes tiny_classifier(const std::vector<float>& weights, bool softmax = true) {
  auto graph = onnx_convolution(weights);
  graph.message(1, onnx_node("GlobalAveragePool", {"map"}, "mean"))
      .message(1, onnx_node("Flatten", {"mean"}, softmax ? "strong" : "output"));
  if (softmax) graph.message(1, onnx_node("Softmax", {"strong"}, "output"));
  return onnx_file(graph.message(12, onnx_value("output", {1, weights.size() / 3})));
}

/// Has a folder of its own for files of networks.
class ModelFolder : public testing::Test {
 protected:
  void SetUp() override {
    auto folder = testing::TempDir() + "/filoscope-models-XXXXXX";
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path write(const std::string& name, std::span<const std::uint8_t> content) {
    std::ofstream(folder_ / name, std::ios::binary)
        .write(reinterpret_cast<const char*>(content.data()), std::ssize(content));
    return folder_ / name;
  }
  std::filesystem::path folder_;
};

}  // namespace filoscope::vision
