#include "proto/smb2/oplock_break.h"

#include "gtest/gtest.h"
#include "tests/proto/smb2/message.h"

namespace sluice::proto {
namespace {

constexpr char kOplock[] = "1800 01 00 00000000 0102030405060708 1112131415161718";
constexpr char kLease[] =
    "2400 0000 01000000 101112131415161718191A1B1C1D1E1F 03000000 0102030405060708";
constexpr char kNotification[] =
    "2C00 0500 01000000 101112131415161718191A1B1C1D1E1F 07000000 03000000"
    "00000000 00000000 00000000";

TEST(OplockBreak, LaysOutAsSpecified) {
  const Bytes message = MessageFromHex(kOplock);
  OplockBreak oplock;
  ASSERT_TRUE(OplockBreak::Decode(message, &oplock));
  EXPECT_EQ(oplock.oplock_level, 1u);
  EXPECT_EQ(oplock.file_id, kTestFileId);
  EXPECT_EQ(BodyHex(oplock), Hex(kOplock));
}

TEST(LeaseBreakAcknowledgment, LaysOutAsSpecified) {
  const Bytes message = MessageFromHex(kLease);
  LeaseBreakAcknowledgment lease;
  ASSERT_TRUE(LeaseBreakAcknowledgment::Decode(message, &lease));
  EXPECT_EQ(lease.flags, 1u);
  EXPECT_EQ(lease.lease_key[0], 0x10);
  EXPECT_EQ(lease.lease_key[15], 0x1F);
  EXPECT_EQ(lease.lease_state, 3u);
  EXPECT_EQ(lease.lease_duration, 0x0807060504030201u);
  EXPECT_EQ(BodyHex(lease), Hex(kLease));
}

TEST(LeaseBreakNotification, LaysOutAsSpecified) {
  const Bytes message = MessageFromHex(kNotification);
  LeaseBreakNotification lease;
  ASSERT_TRUE(LeaseBreakNotification::Decode(message, &lease));
  EXPECT_EQ(lease.new_epoch, 5u);
  EXPECT_EQ(lease.flags, kLeaseBreakAckRequired);
  EXPECT_EQ(lease.lease_key[15], 0x1F);
  EXPECT_EQ(lease.current_lease_state, 7u);
  EXPECT_EQ(lease.new_lease_state, 3u);
  EXPECT_EQ(BodyHex(lease), Hex(kNotification));
}

TEST(OplockBreakForm, IsToldByTheStructureSize) {
  EXPECT_EQ(OplockBreakFormOf(MessageFromHex(kOplock)), OplockBreakForm::kOplock);
  EXPECT_EQ(OplockBreakFormOf(MessageFromHex(kLease)), OplockBreakForm::kLease);
  EXPECT_EQ(OplockBreakFormOf(MessageFromHex(kNotification)), OplockBreakForm::kLeaseNotification);
}

TEST(OplockBreakForm, RejectsOtherSizesAndTruncatedBodies) {
  for (const uint16_t size : {0, 23, 25, 35, 37, 43, 45}) {
    Bytes message = MessageFromHex(kNotification);
    Put16(kHeaderBytes, size, &message);
    EXPECT_EQ(OplockBreakFormOf(message), OplockBreakForm::kInvalid) << size;
  }
  for (const char* hex : {kOplock, kLease, kNotification}) {
    Bytes message = MessageFromHex(hex);
    message.pop_back();
    EXPECT_EQ(OplockBreakFormOf(message), OplockBreakForm::kInvalid) << hex;
  }
}

TEST(OplockBreak, RejectsTheOtherForms) {
  EXPECT_FALSE(Decodes<OplockBreak>(MessageFromHex(kLease)));
  EXPECT_FALSE(Decodes<LeaseBreakAcknowledgment>(MessageFromHex(kOplock)));
  EXPECT_FALSE(Decodes<LeaseBreakAcknowledgment>(MessageFromHex(kNotification)));
  EXPECT_FALSE(Decodes<LeaseBreakNotification>(MessageFromHex(kLease)));
}

}  // namespace
}  // namespace sluice::proto
