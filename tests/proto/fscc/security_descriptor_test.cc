#include "proto/fscc/security_descriptor.h"

#include <vector>

#include "gtest/gtest.h"
#include "tests/proto/testing/codec.h"

namespace sluice::proto {
namespace {

// Of a file, as smbd sends it; it puts the parts in the same order.
constexpr char kFile[] =
    "01000490 14000000 30000000 00000000 40000000"
    "010500000000000515000000 7bf50771 b16f9dce af162664 e8030000"
    "0102000000000016 02000000 00000000"
    "0200 5800 0300 0000"
    "00 00 2400 9f011200 010500000000000515000000 7bf50771 b16f9dce af162664 e8030000"
    "00 00 1800 89001200 0102000000000016 02000000 00000000"
    "00 00 1400 89001200 0101000000000001 00000000";

SecurityDescriptor Decoded(const Bytes& bytes) {
  SecurityDescriptor sd;
  EXPECT_TRUE(SecurityDescriptor::Decode(bytes, &sd));
  return sd;
}

// kFile with one byte changed.
bool TakesWith(size_t offset, uint8_t value) {
  Bytes bytes = FromHex(kFile);
  bytes[offset] = value;
  return Decodes<SecurityDescriptor>(bytes);
}

TEST(SecurityDescriptor, DecodesAndEncodesWhatSmbdSends) {
  const SecurityDescriptor sd = Decoded(FromHex(kFile));
  EXPECT_EQ(sd.control, SecurityDescriptor::kSelfRelative | SecurityDescriptor::kDaclPresent |
                            SecurityDescriptor::kDaclProtected);
  EXPECT_EQ(sd.owner->ToString(), "S-1-5-21-1896347003-3466424241-1680217775-1000");
  EXPECT_EQ(*sd.group, UnixGroupSid(0));
  EXPECT_FALSE(sd.sacl.has_value());
  ASSERT_EQ(sd.dacl->aces.size(), 3u);
  EXPECT_EQ(sd.dacl->aces[0].mask, 0x12019Fu);
  EXPECT_EQ(sd.dacl->aces[2].sid, well_known_sid::kEveryone);
  EXPECT_EQ(ToHex(sd.ToBytes()), ToHex(FromHex(kFile)));
  EXPECT_EQ(sd.bytes(), FromHex(kFile).size());
}

TEST(SecurityDescriptor, EveryTruncationIsRefused) {
  EXPECT_TRUE(AcceptedTruncationsOf<SecurityDescriptor>(FromHex(kFile)).empty());
  DecodeDamagedOf<SecurityDescriptor>(FromHex(kFile));
}

TEST(SecurityDescriptor, EmptyOne) {
  const SecurityDescriptor sd = Decoded(SecurityDescriptor().ToBytes());
  EXPECT_FALSE(sd.owner.has_value());
  EXPECT_FALSE(sd.dacl.has_value());
  EXPECT_EQ(SecurityDescriptor().bytes(), SecurityDescriptor::kHeaderBytes);
}

TEST(SecurityDescriptor, NullDaclIsPresentWithoutAList) {
  SecurityDescriptor sd;
  sd.control |= SecurityDescriptor::kDaclPresent;
  const SecurityDescriptor out = Decoded(sd.ToBytes());
  EXPECT_NE(out.control & SecurityDescriptor::kDaclPresent, 0);
  EXPECT_FALSE(out.dacl.has_value());
}

TEST(SecurityDescriptor, EmptyDaclIsNotANullDacl) {
  SecurityDescriptor sd;
  sd.dacl.emplace();
  const SecurityDescriptor out = Decoded(sd.ToBytes());
  EXPECT_NE(out.control & SecurityDescriptor::kDaclPresent, 0);
  ASSERT_TRUE(out.dacl.has_value());
  EXPECT_TRUE(out.dacl->aces.empty());
}

TEST(SecurityDescriptor, ListWithoutItsControlBitIsNotThere) {
  Bytes bytes = FromHex(kFile);
  bytes[2] = 0;
  EXPECT_FALSE(Decoded(bytes).dacl.has_value());
}

TEST(SecurityDescriptor, PartsMayComeInAnyOrder) {
  // Group before owner.
  const SecurityDescriptor sd =
      Decoded(FromHex("01000080 20000000 14000000 00000000 00000000"
                      "010100000000000100000000 010100000000000300000000"));
  EXPECT_EQ(*sd.owner, well_known_sid::kCreatorOwner);
  EXPECT_EQ(*sd.group, well_known_sid::kEveryone);
}

TEST(SecurityDescriptor, RejectsOtherRevisions) { EXPECT_FALSE(TakesWith(0, 2)); }
TEST(SecurityDescriptor, RejectsAbsoluteForm) { EXPECT_FALSE(TakesWith(3, 0x10)); }
TEST(SecurityDescriptor, RejectsOwnerInsideTheHeader) { EXPECT_FALSE(TakesWith(4, 4)); }
TEST(SecurityDescriptor, RejectsOwnerBeyondTheEnd) { EXPECT_FALSE(TakesWith(5, 1)); }
TEST(SecurityDescriptor, RejectsOffsetThatOverflows) { EXPECT_FALSE(TakesWith(7, 0xFF)); }
TEST(SecurityDescriptor, RejectsDaclOfUnknownRevision) {
  EXPECT_FALSE(TakesWith(0x40, 1));
  EXPECT_TRUE(TakesWith(0x40, 3));
  EXPECT_FALSE(TakesWith(0x40, 5));
  EXPECT_FALSE(TakesWith(0x40, 9));
}
TEST(SecurityDescriptor, RejectsDaclShorterThanItsAces) { EXPECT_FALSE(TakesWith(0x42, 0x20)); }
TEST(SecurityDescriptor, RejectsDaclBeyondTheEnd) { EXPECT_FALSE(TakesWith(0x42, 0x5C)); }
TEST(SecurityDescriptor, RejectsMoreAcesThanThereAre) { EXPECT_FALSE(TakesWith(0x44, 4)); }
TEST(SecurityDescriptor, RejectsAHugeAceCount) { EXPECT_FALSE(TakesWith(0x45, 0xFF)); }
TEST(SecurityDescriptor, RejectsAceWithoutRoomForItsSid) { EXPECT_FALSE(TakesWith(0x4A, 8)); }
TEST(SecurityDescriptor, RejectsAceSmallerThanItsHeader) { EXPECT_FALSE(TakesWith(0x4A, 3)); }

SecurityDescriptor Full() {
  SecurityDescriptor sd;
  sd.control |= SecurityDescriptor::kSaclProtected | SecurityDescriptor::kDaclAutoInherited;
  sd.owner = well_known_sid::kSystem;
  sd.group = UnixGroupSid(100);
  Ace audit;
  audit.type = AceType::kSystemAudit;
  audit.flags = ace_flag::kFailedAccess;
  audit.sid = well_known_sid::kEveryone;
  sd.sacl.emplace().aces.push_back(audit);
  Ace allow;
  allow.flags = ace_flag::kContainerInherit | ace_flag::kObjectInherit;
  allow.mask = 0x1F01FF;
  allow.sid = well_known_sid::kCreatorOwner;
  Ace object;
  object.type = AceType::kAccessDeniedObject;
  object.mask = 1;
  object.object = FromHex("01000000 000102030405060708090a0b0c0d0e0f");
  object.sid = well_known_sid::kBuiltinUsers;
  Ace callback;
  callback.type = AceType::kAccessAllowedCallback;
  callback.sid = well_known_sid::kEveryone;
  callback.trailing = {1, 2, 3, 4};
  Ace unknown;
  unknown.type = static_cast<AceType>(77);
  unknown.trailing = {9, 9, 9, 9, 9, 9, 9, 9};
  sd.dacl.emplace().revision = Acl::kRevisionObject;
  sd.dacl->aces = {allow, object, callback, unknown};
  return sd;
}

TEST(SecurityDescriptor, EveryKindOfAceRoundTrips) {
  const SecurityDescriptor sd = Full();
  const SecurityDescriptor out = Decoded(sd.ToBytes());
  EXPECT_EQ(out.owner, sd.owner);
  EXPECT_EQ(out.group, sd.group);
  EXPECT_EQ(out.sacl, sd.sacl);
  EXPECT_EQ(out.dacl, sd.dacl);
  EXPECT_EQ(ToHex(out.ToBytes()), ToHex(sd.ToBytes()));
  EXPECT_TRUE(AcceptedTruncationsOf<SecurityDescriptor>(sd.ToBytes()).empty());
  DecodeDamagedOf<SecurityDescriptor>(sd.ToBytes());
}

TEST(SecurityDescriptor, AcesArePaddedToFourBytes) {
  Ace ace;
  ace.type = AceType::kAccessAllowedCallback;
  ace.sid = well_known_sid::kEveryone;
  ace.trailing = {1};
  EXPECT_EQ(ace.bytes(), 24u);
  EXPECT_EQ(Encoded(ace).size(), 24u);
}

TEST(SecurityDescriptor, SelectTakesOnlyWhatIsAskedFor) {
  namespace info = security_information;
  const SecurityDescriptor sd = Decoded(Full().ToBytes());
  const SecurityDescriptor owner = sd.Select(info::kOwner);
  EXPECT_TRUE(owner.owner.has_value());
  EXPECT_FALSE(owner.group.has_value());
  EXPECT_FALSE(owner.dacl.has_value());
  EXPECT_EQ(owner.control, SecurityDescriptor::kSelfRelative);
  const SecurityDescriptor lists = sd.Select(info::kDacl | info::kSacl);
  EXPECT_FALSE(lists.owner.has_value());
  EXPECT_EQ(lists.dacl, sd.dacl);
  EXPECT_EQ(lists.sacl, sd.sacl);
  EXPECT_EQ(lists.control, sd.control);
}

TEST(SecurityDescriptor, ListAboveItsLimitIsNotEncoded) {
  SecurityDescriptor sd;
  Ace ace;
  ace.sid = well_known_sid::kEveryone;
  sd.dacl.emplace().aces.assign(Acl::kBytesMax / ace.bytes() + 1, ace);
  EXPECT_TRUE(sd.ToBytes().empty());
}

}  // namespace
}  // namespace sluice::proto
