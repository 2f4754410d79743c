// Frames whose lengths and offsets lie: the classes of CVE-2022-47942, CVE-2023-38426, -38428,
// -38430, -38431, -38432 (ksmbd: lengths of NetBIOS, SMB1 and SMB2 headers that were not checked)
// and of compressed and encrypted frames with sizes of their own choosing.
#include <cstdint>
#include <utility>

#include "proto/smb2/compound.h"
#include "proto/smb2/echo.h"
#include "proto/smb2/transform_header.h"
#include "tests/hostile/hostile_test.h"

namespace sluice::hostile {
namespace {

using proto::Command;

class HostileFrames : public HostileTest {
 protected:
  // The gateway ends the connection, or answers: either will do, so long as it goes on.
  void SendTo(TestClient& client, absl::Span<const uint8_t> bytes) {
    client.SendRaw(bytes);
    client.WaitForEnd(20);
  }
};

TEST_F(HostileFrames, NetbiosLengthsOfZeroToThree) {
  for (uint8_t length = 0; length < 4; ++length) {
    TestClient client(address());
    const Bytes frame = {0, 0, 0, length, 0xFE, 'S', 'M', 'B'};
    client.SendRaw(absl::MakeConstSpan(frame).first(4u + length));
    EXPECT_TRUE(client.WaitForEnd()) << int{length};
  }
  const std::unique_ptr<TestClient> alice = Alice();
  ASSERT_NE(alice, nullptr);
  alice->SendRaw(Bytes{0, 0, 0, 3, 0xFE, 'S', 'M'});
  EXPECT_TRUE(alice->WaitForEnd());
}

TEST_F(HostileFrames, NetbiosTypesAndLengthsAboveTheLimit) {
  for (const Bytes& frame : {Bytes{0x81, 0, 0, 4, 1, 2, 3, 4}, Bytes{0, 0xFF, 0xFF, 0xFF},
                             Bytes{0x85, 0, 0, 0}, Bytes{0xFF, 0xFF, 0xFF, 0xFF}}) {
    TestClient client(address());
    SendTo(client, frame);
  }
}

TEST_F(HostileFrames, Smb1NegotiateByteCountBeyondTheFrame) {
  for (const uint16_t count : {0, 1, 2, 3, 11, 12, 13, 255, 65535}) {
    Bytes frame(4 + 32);
    frame[4] = 0xFF;
    frame[5] = 'S';
    frame[6] = 'M';
    frame[7] = 'B';
    frame[8] = 0x72;
    frame.push_back(0);  // word count
    frame.push_back(static_cast<uint8_t>(count));
    frame.push_back(static_cast<uint8_t>(count >> 8));
    for (const char c : std::string("\x02SMB 2.002\0", 11))
      frame.push_back(static_cast<uint8_t>(c));
    frame[3] = static_cast<uint8_t>(frame.size() - 4);
    TestClient client(address());
    SendTo(client, frame);
    // A word count that lies as well.
    frame[4 + 32] = 255;
    TestClient other(address());
    SendTo(other, frame);
  }
}

TEST_F(HostileFrames, CompressionHeadersThatLie) {
  for (const uint32_t size : {0u, 1u, 64u, 0x7FFFFFFFu, 0xFFFFFFFFu}) {
    const std::unique_ptr<TestClient> alice = Alice();
    ASSERT_NE(alice, nullptr);
    Bytes frame = {0xFC, 'S', 'M', 'B'};
    for (int i = 0; i < 3; ++i) {
      for (int shift = 0; shift < 32; shift += 8) {
        frame.push_back(static_cast<uint8_t>(size >> shift));
      }
    }
    frame.resize(80, 0x55);
    alice->SendFrame(frame);
    // Compression was not negotiated [MS-SMB2] 3.3.5.2.13.
    EXPECT_TRUE(alice->WaitForEnd()) << size;
  }
}

TEST_F(HostileFrames, TransformHeadersThatLie) {
  for (const uint32_t size : {0u, 1u, 63u, 65u, 0x7FFFFFFFu, 0xFFFFFFFFu}) {
    for (const uint64_t wrong_session : {0ull, 1ull, ~0ull}) {
      const std::unique_ptr<TestClient> alice = Alice();
      ASSERT_NE(alice, nullptr);
      Bytes frame(proto::kTransformHeaderBytes + 64, 0x33);
      proto::TransformHeader header;
      header.original_message_size = size;
      header.session_id = alice->session_id ^ wrong_session;
      proto::Writer writer(absl::MakeSpan(frame));
      header.Encode(writer);
      alice->SendFrame(frame);
      EXPECT_TRUE(alice->WaitForEnd()) << size;
    }
  }
  // Shorter than its own header.
  const std::unique_ptr<TestClient> alice = Alice();
  ASSERT_NE(alice, nullptr);
  alice->SendFrame(Bytes{0xFD, 'S', 'M', 'B', 1, 2, 3});
  EXPECT_TRUE(alice->WaitForEnd());
}

TEST_F(HostileFrames, NextCommandOffsetsThatLie) {
  for (const uint32_t next :
       {1u, 4u, 7u, 8u, 56u, 63u, 64u, 65u, 72u, 4096u, 0x7FFFFFF8u, 0xFFFFFFF8u, 0xFFFFFFFFu}) {
    const std::unique_ptr<TestClient> alice = Alice();
    ASSERT_NE(alice, nullptr);
    Bytes message = alice->Request(Command::kEcho, proto::EchoRequest());
    proto::Writer writer(absl::MakeSpan(message));
    writer.Advance(message.size());
    writer.PatchU32(proto::kHeaderNextCommandOffset, next);
    alice->Sign(&message);
    alice->SendFrame(message);
    alice->WaitForEnd(20);
  }
}

TEST_F(HostileFrames, EveryCommandCutAtEveryLength) {
  for (uint16_t command = 0; command < 20; ++command) {
    std::unique_ptr<TestClient> alice;
    for (size_t bytes = 0; bytes <= 64; bytes += 3) {
      if (alice == nullptr) alice = Alice();
      ASSERT_NE(alice, nullptr);
      const proto::Header header = alice->NextHeader(static_cast<Command>(command));
      Bytes message(proto::kHeaderBytes + bytes, 0xA5);
      proto::Writer writer(absl::MakeSpan(message));
      header.Encode(writer);
      if (bytes >= 2) {  // a plausible structure size
        message[proto::kHeaderBytes] = static_cast<uint8_t>(bytes | 1);
        message[proto::kHeaderBytes + 1] = 0;
      }
      alice->SendChain({message});
      if (header.command == Command::kCancel) continue;  // has no answer
      const std::optional<Reply> reply = alice->WaitFor(header.message_id);
      // Some of these end the connection, or the session.
      if (!reply.has_value() || header.command == Command::kLogoff) alice.reset();
    }
  }
}

}  // namespace
}  // namespace sluice::hostile
