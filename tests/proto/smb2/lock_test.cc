#include "proto/smb2/lock.h"

#include "gtest/gtest.h"
#include "tests/proto/smb2/message.h"

namespace sluice::proto {
namespace {

constexpr size_t kLockCount = 66;

constexpr char kRequest[] =
    "3000 0200 A5000000 0102030405060708 1112131415161718"
    "0100000000000000 0200000000000000 12000000 00000000"
    "FFFFFFFFFFFFFFFF 0000000000000080 04000000 00000000";

TEST(LockRequest, LaysOutAsSpecified) {
  const Bytes message = MessageFromHex(kRequest);
  LockRequest request;
  ASSERT_TRUE(LockRequest::Decode(message, &request));
  EXPECT_EQ(request.lock_sequence_number, 5u);
  EXPECT_EQ(request.lock_sequence_index, 10u);
  EXPECT_EQ(request.file_id, kTestFileId);
  ASSERT_EQ(request.locks.size(), 2u);
  EXPECT_EQ(request.locks[0].offset, 1u);
  EXPECT_EQ(request.locks[0].length, 2u);
  EXPECT_EQ(request.locks[0].flags, kLockFlagExclusive | kLockFlagFailImmediately);
  EXPECT_EQ(request.locks[1].offset, UINT64_MAX);
  EXPECT_EQ(request.locks[1].length, uint64_t{1} << 63);
  EXPECT_EQ(request.locks[1].flags, kLockFlagUnlock);
  EXPECT_EQ(BodyHex(request), Hex(kRequest));
}

TEST(LockRequest, RejectsNoLocks) {
  Bytes message = MessageFromHex(kRequest);
  Put16(kLockCount, 0, &message);
  EXPECT_FALSE(Decodes<LockRequest>(message));
}

TEST(LockRequest, RejectsMoreLocksThanTheMessageHolds) {
  for (const uint16_t count : {3, 0x0AAB, 0xFFFF}) {
    Bytes message = MessageFromHex(kRequest);
    Put16(kLockCount, count, &message);
    EXPECT_FALSE(Decodes<LockRequest>(message)) << count;
  }
}

TEST(LockRequest, FewerLocksThanBytesIsTolerated) {
  Bytes message = MessageFromHex(kRequest);
  Put16(kLockCount, 1, &message);
  EXPECT_TRUE(Decodes<LockRequest>(message));
}

TEST(LockRequest, RejectsWrongStructureSize) {
  for (const uint16_t size : {0, 24, 72}) {
    Bytes message = MessageFromHex(kRequest);
    Put16(kHeaderBytes, size, &message);
    EXPECT_FALSE(Decodes<LockRequest>(message)) << size;
  }
}

}  // namespace
}  // namespace sluice::proto
