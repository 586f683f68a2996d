#include "api/websocket.h"

#include <gtest/gtest.h>

#include "api/test_client.h"

namespace filoscope::api {
namespace {

constexpr int kTextOpcode = 1, kBinary = 2, kClose = 8, kPingOpcode = 9, kPongOpcode = 10;

Request handshake() {
  Request request;
  request.method = "GET";
  request.headers = {{"upgrade", "WebSocket"},
                     {"connection", "keep-alive, Upgrade"},
                     {"sec-websocket-version", "13"},
                     {"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="}};
  return request;
}

TEST(SocketHandshake, AnswersAsTheStandardsExample) {
  const auto answer = socket_handshake(handshake());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 101);
  const std::pair<std::string, std::string> accept{"Sec-WebSocket-Accept",
                                                   "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="};
  EXPECT_EQ(answer->headers.back(), accept);
}

TEST(SocketHandshake, RefusesWhatIsNone) {
  for (const auto& [field, value, status] : {std::tuple{"upgrade", "h2c", 426},
                                             {"connection", "keep-alive", 426},
                                             {"sec-websocket-version", "8", 426},
                                             {"sec-websocket-key", "short", 400}}) {
    auto request = handshake();
    request.headers[field] = value;
    const auto answer = socket_handshake(request);
    ASSERT_FALSE(answer) << field;
    EXPECT_EQ(answer.error().status, status) << field;
  }
}

/// What the server's end does with these bytes: the messages, joined by '|', and how it closes.
struct Outcome {
  std::string messages;
  int close = 0;
};
Outcome outcome_of(std::string_view bytes, std::size_t step) {
  SocketFrames frames(0);
  Outcome outcome;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size()))) {
    frames.take(bytes.substr(0, step), 0);
    while (const auto message = frames.next(0)) outcome.messages += *message + "|";
  }
  const auto out = frames.take_outgoing();
  const auto at = out.find('\x88');
  if (frames.closed() && at != std::string::npos)
    outcome.close =
        static_cast<std::uint8_t>(out[at + 2]) << 8 | static_cast<std::uint8_t>(out[at + 3]);
  return outcome;
}

TEST(SocketFrames, GivesMessagesHoweverTheyAreCut) {
  const auto bytes = client_frame(kTextOpcode, "one") + client_frame(kTextOpcode, "t", false) +
                     client_frame(kPingOpcode, "still there?") + client_frame(0, "", false) +
                     client_frame(0, "wo") + client_frame(kPongOpcode, "") +
                     client_frame(kTextOpcode, std::string(300, 'x')) +
                     client_frame(kClose, "\x03\xE8");
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    const auto outcome = outcome_of(bytes, step);
    EXPECT_EQ(outcome.messages, "one|two|" + std::string(300, 'x') + "|") << step;
    EXPECT_EQ(outcome.close, 1000) << step;
  }
}

TEST(SocketFrames, ClosesWithTheCodeOfWhatIsWrong) {
  auto unmasked = client_frame(kTextOpcode, "abc");
  unmasked[1] = static_cast<char>(unmasked[1] & 0x7F);
  auto reserved = client_frame(kTextOpcode, "abc");
  reserved[0] = static_cast<char>(reserved[0] | 0x40);
  const std::string padded = std::string("\x81\xFE\x00\x03", 4) + "abcd" + "xyz";
  const std::string huge = std::string("\x81\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 10) + "abcd";
  const std::string half(kSocketMessageBytesMax / 2 + 1, 'x');
  const std::pair<std::string, int> cases[] = {
      {unmasked, 1002},
      {reserved, 1002},
      {padded, 1002},
      {huge, 1009},
      {client_frame(3, ""), 1002},
      {client_frame(11, ""), 1002},
      {client_frame(kPingOpcode, "", false), 1002},
      {client_frame(kPingOpcode, std::string(126, 'x')), 1002},
      {client_frame(0, "nothing goes before"), 1002},
      {client_frame(kTextOpcode, "one", false) + client_frame(kTextOpcode, "in another"), 1002},
      {client_frame(kBinary, "x"), 1003},
      {client_frame(kTextOpcode, "\xC3\x28"), 1007},
      {client_frame(kTextOpcode, "\xED\xA0\x80"), 1007},
      {client_frame(kTextOpcode, std::string(kSocketMessageBytesMax + 1, 'x')), 1009},
      {client_frame(kTextOpcode, half, false) + client_frame(0, half), 1009},
      {client_frame(kClose, ""), 1000},
      {client_frame(kClose, "\x03"), 1002},
      {client_frame(kClose, "\x03\xED"), 1002},  // 1005
      {client_frame(kClose, "\x03\xE8\xFF"), 1002},
  };
  for (const auto& [bytes, code] : cases) {
    for (const std::size_t step : {std::size_t{1}, bytes.size()}) {
      const auto outcome = outcome_of(bytes + client_frame(kTextOpcode, "behind"), step);
      EXPECT_EQ(outcome.close, code) << testing::PrintToString(bytes.substr(0, 20));
      EXPECT_EQ(outcome.messages, "");
    }
  }
}

TEST(SocketFrames, TakesAMessageOfTheGreatestLength) {
  const std::string text(kSocketMessageBytesMax, 'x');
  EXPECT_EQ(outcome_of(client_frame(kTextOpcode, text), 1000).messages, text + "|");
}

TEST(SocketFrames, TooManyFramesCloseWhateverTheyAre) {
  for (const auto& frame : {client_frame(kTextOpcode, "x"), client_frame(kPingOpcode, ""),
                            client_frame(kPongOpcode, ""), client_frame(0, "", false)}) {
    std::string bytes = frame[0] == '\0' ? client_frame(kTextOpcode, "", false) : "";
    for (int i = 0; i <= kSocketFramesMax; ++i) bytes += frame;
    EXPECT_EQ(outcome_of(bytes, bytes.size()).close, 1008);
  }
}

TEST(SocketFrames, ARateBelowTheLimitGoesOnForever) {
  SocketFrames frames(0);
  const auto each_us = kSocketFramesWindowUs / kSocketFramesMax;
  for (std::int64_t i = 0; i < 10 * kSocketFramesMax; ++i) {
    frames.take(client_frame(kTextOpcode, "x"), i * each_us);
    EXPECT_TRUE(frames.next(i * each_us));
  }
}

TEST(SocketFrames, PingsWhoIsQuietAndGivesUp) {
  SocketFrames frames(0);
  EXPECT_EQ(frames.due_us(), kSocketPingUs);
  frames.take("", kSocketPingUs - 1);  // a look without bytes is no word of the client's
  frames.tick(kSocketPingUs - 1);
  EXPECT_EQ(frames.take_outgoing(), "");
  frames.tick(kSocketPingUs);
  EXPECT_EQ(frames.take_outgoing(), std::string("\x89\x00", 2));
  frames.take(client_frame(kPongOpcode, ""), kSocketPingUs + 1);
  EXPECT_FALSE(frames.next(kSocketPingUs + 1));
  frames.tick(2 * kSocketPingUs + 1);
  EXPECT_EQ(frames.take_outgoing(), std::string("\x89\x00", 2));
  EXPECT_FALSE(frames.closed());
  frames.tick(3 * kSocketPingUs + 1);
  EXPECT_TRUE(frames.closed());
}

TEST(SocketFrames, WritesLengthsAsShortAsTheyCanBe) {
  for (const auto& [size, head] :
       {std::pair<std::size_t, std::size_t>{0, 2}, {125, 2}, {126, 4}, {65'535, 4}, {65'536, 10}}) {
    SocketFrames frames(0);
    frames.send_text(std::string(size, 'x'));
    EXPECT_EQ(frames.take_outgoing().size(), head + size);
  }
}

TEST(SocketFrames, CutsASentenceBetweenCharacters) {
  SocketFrames frames(0);
  std::string sentence = "a";
  for (int i = 0; i < 100; ++i) sentence += "ä";
  frames.close(CloseCode::policy_violation, sentence);
  EXPECT_EQ(frames.take_outgoing().size(), 2U + 2 + 123);
}

}  // namespace
}  // namespace filoscope::api
