// Ranges of bytes: floods of byte-range locks (which had stopped a loop for a second per LOCK), and
// FSCTL_SET_ZERO_DATA and FSCTL_QUERY_ALLOCATED_RANGES with numbers that lie. And lists of rights
// that a mode cannot say, which had locked everybody out.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "proto/fscc/security_descriptor.h"
#include "proto/fscc/sid.h"
#include "proto/smb2/echo.h"
#include "proto/smb2/fsctl.h"
#include "proto/smb2/ioctl.h"
#include "proto/smb2/lock.h"
#include "proto/smb2/query_info.h"
#include "proto/smb2/read.h"
#include "proto/smb2/set_info.h"
#include "proto/smb2/write.h"
#include "tests/hostile/hostile_test.h"

namespace sluice::hostile {
namespace {

using proto::Command;
using proto::NtStatus;

constexpr size_t kLocksPerOpen = 4096;
constexpr uint32_t kShared = proto::kLockFlagShared | proto::kLockFlagFailImmediately;

class HostileRanges : public HostileTest {
 protected:
  static proto::LockRequest Locks(proto::FileId id, size_t locks, uint32_t flags) {
    proto::LockRequest request;
    request.file_id = id;
    for (uint64_t i = 0; i < locks; ++i) request.locks.push_back({2 * i, 1, flags});
    return request;
  }
  static NtStatus Lock(TestClient& client, const proto::LockRequest& request) {
    const size_t bytes = request.locks.size() * 24;
    const std::optional<Reply> reply =
        client.Call(Command::kLock, request, static_cast<uint16_t>(1 + bytes / 65536), bytes);
    return reply.has_value() ? reply->status() : NtStatus::kConnectionDisconnected;
  }
  static NtStatus Control(TestClient& client, uint32_t code, proto::FileId id, const Bytes& input,
                          uint32_t output_max) {
    proto::IoctlRequest request;
    request.ctl_code = code;
    request.file_id = id;
    request.input = input;
    request.max_output_response = output_max;
    const std::optional<Reply> reply = client.Call(Command::kIoctl, request);
    return reply.has_value() ? reply->status() : NtStatus::kConnectionDisconnected;
  }
  static Bytes Pair(uint64_t one, uint64_t other) {
    Bytes bytes;
    for (const uint64_t number : {one, other}) {
      for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<uint8_t>(number >> (8 * i)));
    }
    return bytes;
  }
};

// Fifty opens of one file with as many shared locks each as are granted; another client's requests
// go on meanwhile.
TEST_F(HostileRanges, LockFloodStopsNobody) {
  const std::unique_ptr<TestClient> alice = Alice();
  const std::unique_ptr<TestClient> bob = Client("files", ClientOptions(), "bob", "hidden");
  ASSERT_NE(alice, nullptr);
  ASSERT_NE(bob, nullptr);
  std::vector<proto::FileId> opens(50);
  size_t granted = 0;
  std::chrono::steady_clock::duration longest{};
  for (proto::FileId& id : opens) {
    ASSERT_EQ(alice->Create("flood", &id), NtStatus::kOk);
    const proto::LockRequest request = Locks(id, kLocksPerOpen, kShared);
    const proto::Header header = alice->NextHeader(Command::kLock, 2);
    alice->SendChain({TestClient::Message(header, request, kLocksPerOpen * 24)});
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_EQ(bob->Call(Command::kEcho, proto::EchoRequest{})->status(), NtStatus::kOk);
    longest = std::max(longest, std::chrono::steady_clock::now() - begin);
    const NtStatus status = alice->WaitFor(header.message_id)->status();
    if (status == NtStatus::kOk) granted += kLocksPerOpen;
    ASSERT_TRUE(status == NtStatus::kOk || status == NtStatus::kInsufficientResources);
  }
  EXPECT_EQ(granted, 16 * kLocksPerOpen) << "what a session may hold";
  EXPECT_LT(longest, std::chrono::milliseconds(500));
}

TEST_F(HostileRanges, LocksAtTheEndsOfWhatThereIs) {
  const std::unique_ptr<TestClient> alice = Alice();
  ASSERT_NE(alice, nullptr);
  proto::FileId id;
  ASSERT_EQ(alice->Create("ends", &id), NtStatus::kOk);
  for (const uint64_t offset : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 63, UINT64_MAX}) {
    for (const uint64_t length : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 63, UINT64_MAX}) {
      for (const uint32_t flags : {kShared, 0x12u, 0x4u, 0u, 0xFFFFFFFFu}) {
        proto::LockRequest request;
        request.file_id = id;
        request.locks = {{offset, length, flags}, {offset, length, flags}};
        EXPECT_NE(Lock(*alice, request), NtStatus::kConnectionDisconnected);
      }
    }
  }
}

TEST_F(HostileRanges, ZeroDataAndAllocatedRangesThatLie) {
  for (const char* share : {"files", "disk", "fixed", "locked"}) {
    const std::unique_ptr<TestClient> alice = Alice(share);
    ASSERT_NE(alice, nullptr);
    proto::FileId id;
    const bool writable = *share == 'f' ? share[2] == 'l' : *share == 'd';
    if (!writable) {
      ASSERT_EQ(alice->Create("", &id, 1, 0, 0x00120089), NtStatus::kOk);
    } else {
      ASSERT_EQ(alice->Create("ranges", &id), NtStatus::kOk);
      const Bytes data(1000, 'x');
      proto::WriteRequest write;
      write.file_id = id;
      write.data = data;
      ASSERT_EQ(alice->Call(Command::kWrite, write)->status(), NtStatus::kOk);
    }
    const std::array<uint64_t, 8> edges = {
        0, 999, 1000, INT64_MAX - 1, INT64_MAX, uint64_t{1} << 63, UINT64_MAX - 1, UINT64_MAX};
    for (const uint32_t code : {proto::kFsctlSetZeroData, proto::kFsctlQueryAllocatedRanges}) {
      for (const bool sparse : {false, true}) {
        Control(*alice, proto::kFsctlSetSparse, id, Bytes(1, sparse ? 1 : 0), 0);
        for (const uint64_t one : edges) {
          for (const uint64_t other : edges) {
            for (const uint32_t output : {0u, 1u, 15u, 16u, 4096u}) {
              const NtStatus status = Control(*alice, code, id, Pair(one, other), output);
              ASSERT_NE(status, NtStatus::kConnectionDisconnected) << one << " " << other;
              if (!writable && code == proto::kFsctlSetZeroData) {
                ASSERT_NE(status, NtStatus::kOk);
              }
            }
          }
        }
      }
      for (size_t bytes = 0; bytes < 40; ++bytes) {
        ASSERT_NE(Control(*alice, code, id, Bytes(bytes, 0xFF), 4096), NtStatus::kOk);
      }
    }
  }
}

// What a mode cannot say is refused, and the file's rights stay as they were.
TEST_F(HostileRanges, RightsThatAModeCannotSay) {
  const std::unique_ptr<TestClient> alice = Alice("disk");
  ASSERT_NE(alice, nullptr);
  proto::FileId id;
  ASSERT_EQ(alice->Create("rights", &id), NtStatus::kOk);
  proto::Ace foreign;
  foreign.sid = proto::Sid{5, {21, 1, 2, 3, 1104}};
  foreign.mask = 0x001F01FF;
  proto::Ace deny;
  deny.type = proto::AceType::kAccessDenied;
  deny.sid = proto::well_known_sid::kEveryone;
  deny.mask = 0x001F01FF;
  for (const proto::Ace& ace : {foreign, deny}) {
    proto::SecurityDescriptor descriptor;
    descriptor.dacl.emplace().aces = {ace};
    const std::vector<uint8_t> bytes = descriptor.ToBytes();
    proto::SetInfoRequest request;
    request.info_type = proto::kInfoSecurity;
    request.additional_information = 4;
    request.file_id = id;
    request.buffer = bytes;
    EXPECT_EQ(alice->Call(Command::kSetInfo, request)->status(), NtStatus::kNotSupported);
  }
  proto::FileId again;
  EXPECT_EQ(alice->Create("rights", &again), NtStatus::kOk);
}

}  // namespace
}  // namespace sluice::hostile
