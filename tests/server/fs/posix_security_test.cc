#include "server/fs/posix_security.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "proto/fscc/security_descriptor.h"
#include "proto/fscc/sid.h"
#include "proto/status/nt_status.h"

namespace sluice::fs {
namespace {

using proto::Ace;
using proto::AceType;
using proto::SecurityDescriptor;
using proto::Sid;
using storage::FileType;
namespace sids = proto::well_known_sid;

storage::Stat StatOf(uint32_t mode, FileType type = FileType::kRegular) {
  storage::Stat stat;
  stat.mode = mode;
  stat.type = type;
  stat.uid = 1000;
  stat.gid = 100;
  return stat;
}

base::Identity Who(uint32_t uid, uint32_t gid, std::vector<uint32_t> groups = {}) {
  return {uid, gid, std::move(groups)};
}

constexpr uint32_t kAllParts =
    kOwnerSecurityInformation | kGroupSecurityInformation | kDaclSecurityInformation;

SecurityDescriptor Decoded(const std::string& bytes) {
  SecurityDescriptor descriptor;
  EXPECT_TRUE(SecurityDescriptor::Decode(
      absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()),
      &descriptor));
  return descriptor;
}

struct MaskRow {
  uint32_t mode;
  FileType type;
  uint32_t user;
  uint32_t group;
  uint32_t everyone;
};

// What smbd 4.17 shows for files of these modes.
TEST(SecurityDescriptorTest, SaysWhatSambaSays) {
  const MaskRow rows[] = {
      {0640, FileType::kRegular, 0x12019F, 0x120089, 0},
      {0755, FileType::kRegular, 0x1E01FF, 0x1200A9, 0x1200A9},
      {0750, FileType::kDirectory, 0x1F01FF, 0x1200A9, 0},
      {0755, FileType::kDirectory, 0x1F01FF, 0x1200A9, 0x1200A9},
      {0000, FileType::kRegular, 0, 0, 0},
      {0444, FileType::kRegular, 0x120089, 0x120089, 0x120089},
  };
  for (const MaskRow& row : rows) {
    const SecurityDescriptor descriptor =
        Decoded(SecurityDescriptorFromMode(StatOf(row.mode, row.type), kAllParts));
    EXPECT_EQ(descriptor.control, 0x9004);
    EXPECT_EQ(descriptor.owner->ToString(), "S-1-22-1-1000");
    EXPECT_EQ(descriptor.group->ToString(), "S-1-22-2-100");
    ASSERT_EQ(descriptor.dacl->aces.size(), 3u);
    EXPECT_EQ(descriptor.dacl->aces[0].sid.ToString(), "S-1-22-1-1000");
    EXPECT_EQ(descriptor.dacl->aces[0].mask, row.user) << std::oct << row.mode;
    EXPECT_EQ(descriptor.dacl->aces[1].sid.ToString(), "S-1-22-2-100");
    EXPECT_EQ(descriptor.dacl->aces[1].mask, row.group) << std::oct << row.mode;
    EXPECT_EQ(descriptor.dacl->aces[2].sid.ToString(), "S-1-1-0");
    EXPECT_EQ(descriptor.dacl->aces[2].mask, row.everyone) << std::oct << row.mode;
  }
}

TEST(SecurityDescriptorTest, GivesOnlyThePartsAskedFor) {
  const SecurityDescriptor owner =
      Decoded(SecurityDescriptorFromMode(StatOf(0644), kOwnerSecurityInformation));
  EXPECT_TRUE(owner.owner.has_value());
  EXPECT_FALSE(owner.group.has_value());
  EXPECT_FALSE(owner.dacl.has_value());
  EXPECT_FALSE(Decoded(SecurityDescriptorFromMode(StatOf(0644), 0)).owner.has_value());
}

TEST(MapGenericAccessTest, ReplacesGenericRights) {
  EXPECT_EQ(MapGenericAccess(kGenericRead), kFileGenericRead);
  EXPECT_EQ(MapGenericAccess(kGenericWrite | kGenericExecute),
            kFileGenericWrite | kFileGenericExecute);
  EXPECT_EQ(MapGenericAccess(kGenericAll | kMaximumAllowed), kFileAllAccess | kMaximumAllowed);
  EXPECT_EQ(MapGenericAccess(kFileReadData), kFileReadData);
}

TEST(MaximalAccessTest, FollowsTheClassOfTheUser) {
  const storage::Stat parent = StatOf(0755, FileType::kDirectory);
  const storage::Stat file = StatOf(0640);
  const uint32_t owner = MaximalAccess(Who(1000, 1), file, &parent);
  EXPECT_EQ(owner & (kFileReadData | kFileWriteData | kFileExecute),
            kFileReadData | kFileWriteData);
  EXPECT_EQ(owner & (kDelete | kWriteDac), kDelete | kWriteDac);
  const uint32_t group = MaximalAccess(Who(2, 3, {100}), file, &parent);
  EXPECT_EQ(group & (kFileReadData | kFileWriteData | kDelete | kWriteDac), kFileReadData);
  const uint32_t other = MaximalAccess(Who(2, 3), file, &parent);
  EXPECT_EQ(other, kFileReadAttributes | kReadControl | kSynchronize);
}

TEST(MaximalAccessTest, TheOwnersBitsHoldEvenIfOthersHaveMore) {
  EXPECT_EQ(MaximalAccess(Who(1000, 100), StatOf(0077), nullptr) & kFileReadData, 0u);
  EXPECT_NE(MaximalAccess(Who(1, 100), StatOf(0070), nullptr) & kFileReadData, 0u);
  EXPECT_EQ(MaximalAccess(Who(1, 100), StatOf(0007), nullptr) & kFileReadData, 0u);
}

TEST(MaximalAccessTest, TheDirectoryDecidesOverDeletion) {
  const storage::Stat file = StatOf(0777);
  storage::Stat parent = StatOf(0777, FileType::kDirectory);
  EXPECT_NE(MaximalAccess(Who(2, 2), file, &parent) & kDelete, 0u);
  parent.mode = 01777;
  parent.uid = 7;
  EXPECT_EQ(MaximalAccess(Who(2, 2), file, &parent) & kDelete, 0u);
  EXPECT_NE(MaximalAccess(Who(7, 2), file, &parent) & kDelete, 0u);
  EXPECT_NE(MaximalAccess(Who(1000, 2), file, &parent) & kDelete, 0u);
  parent.mode = 0775;
  EXPECT_EQ(MaximalAccess(Who(2, 2), file, &parent) & kDelete, 0u);
  EXPECT_EQ(MaximalAccess(Who(1000, 2), file, nullptr) & kDelete, 0u);
}

TEST(MaximalAccessTest, RootMayEverything) {
  const storage::Stat parent = StatOf(0, FileType::kDirectory);
  EXPECT_EQ(MaximalAccess(Who(0, 0), StatOf(0), &parent), kFileAllAccess);
  EXPECT_EQ(MaximalAccess(Who(0, 0), parent, nullptr), kFileAllAccess & ~kDelete);
}

class OwnershipTest : public testing::Test {
 protected:
  void Add(const Sid& sid, uint32_t mask, AceType type = AceType::kAccessAllowed,
           uint8_t flags = 0) {
    if (!descriptor_.dacl) descriptor_.dacl.emplace();
    Ace ace;
    ace.type = type;
    ace.flags = flags;
    ace.mask = mask;
    ace.sid = sid;
    descriptor_.dacl->aces.push_back(ace);
  }
  PosixOwnership Decide(uint32_t information = kAllParts) {
    const std::vector<uint8_t> bytes = descriptor_.ToBytes();
    PosixOwnership out;
    EXPECT_EQ(OwnershipFromDescriptor(std::string(bytes.begin(), bytes.end()), information,
                                      StatOf(04644), &out),
              proto::NtStatus::kOk);
    return out;
  }
  // Of the descriptor, which is then as it was.
  proto::NtStatus Judge(uint32_t information = kAllParts) {
    const std::vector<uint8_t> bytes = descriptor_.ToBytes();
    PosixOwnership out;
    return OwnershipFromDescriptor(std::string(bytes.begin(), bytes.end()), information,
                                   StatOf(04644), &out);
  }
  // Of the list that is there with one more entry.
  proto::NtStatus StatusWith(const Sid& sid, uint32_t mask, AceType type = AceType::kAccessAllowed,
                             uint8_t flags = 0) {
    Add(sid, mask, type, flags);
    const proto::NtStatus status = Judge();
    descriptor_.dacl->aces.pop_back();
    return status;
  }

  SecurityDescriptor descriptor_;
};

TEST_F(OwnershipTest, TakesBackWhatItGave) {
  for (uint32_t mode = 0; mode < 01000; ++mode) {
    const std::string bytes = SecurityDescriptorFromMode(StatOf(mode), kAllParts);
    PosixOwnership out;
    ASSERT_EQ(OwnershipFromDescriptor(bytes, kAllParts, StatOf(0), &out), proto::NtStatus::kOk);
    // Everyone's rights are the owner's and the group's too.
    const uint32_t everyone = mode & 7;
    EXPECT_EQ(out.mode, mode | everyone << 6 | everyone << 3);
    EXPECT_EQ(out.uid, 1000u);
    EXPECT_EQ(out.gid, 100u);
  }
}

TEST_F(OwnershipTest, WhatItGaveForTheFileChangesNothing) {
  for (uint32_t mode = 0; mode < 010000; ++mode) {
    for (const FileType type : {FileType::kRegular, FileType::kDirectory}) {
      const std::string bytes = SecurityDescriptorFromMode(StatOf(mode, type), kAllParts);
      PosixOwnership out;
      ASSERT_EQ(OwnershipFromDescriptor(bytes, kAllParts, StatOf(mode, type), &out),
                proto::NtStatus::kOk);
      ASSERT_EQ(out.mode, mode);
    }
  }
}

TEST_F(OwnershipTest, TakesOnlyThePartsNamed) {
  descriptor_.owner = proto::UnixUserSid(5);
  descriptor_.group = proto::UnixGroupSid(6);
  Add(sids::kEveryone, kGenericAll);
  const PosixOwnership owner = Decide(kOwnerSecurityInformation);
  EXPECT_TRUE(owner.has_uid);
  EXPECT_EQ(owner.uid, 5u);
  EXPECT_FALSE(owner.has_gid);
  EXPECT_FALSE(owner.has_mode);
  EXPECT_FALSE(Decide(kDaclSecurityInformation).has_uid);
}

TEST_F(OwnershipTest, RefusesOwnersAndGroupsItDoesNotKnow) {
  descriptor_.owner = sids::kBuiltinAdministrators;
  descriptor_.group = proto::UnixUserSid(7);
  EXPECT_EQ(Judge(), proto::NtStatus::kInvalidOwner);
  EXPECT_EQ(Judge(kGroupSecurityInformation), proto::NtStatus::kInvalidPrimaryGroup);
  EXPECT_EQ(Judge(kDaclSecurityInformation), proto::NtStatus::kOk);
}

TEST_F(OwnershipTest, TakesTheIdsOfLinuxClients) {
  descriptor_.owner = sids::kNfsUsers.Child(5);
  descriptor_.group = sids::kNfsGroups.Child(6);
  Add(sids::kNfsUsers.Child(5), kGenericAll);
  Add(sids::kNfsGroups.Child(6), kGenericRead);
  const PosixOwnership out = Decide();
  EXPECT_EQ(out.uid, 5u);
  EXPECT_EQ(out.gid, 6u);
  EXPECT_EQ(out.mode, 04740u);
}

TEST_F(OwnershipTest, EntriesAddUpAndSpecialBitsStay) {
  Add(proto::UnixUserSid(1000), kGenericWrite);
  Add(sids::kAuthenticatedUsers, kGenericExecute);
  Add(sids::kEveryone, kGenericRead);
  EXPECT_EQ(Decide().mode, 04755u);
}

// A list of these alone would have made the mode 000.
TEST_F(OwnershipTest, RefusesForeignEntries) {
  Add(proto::UnixUserSid(1000), kGenericAll);
  const Sid domain_user{5, {21, 1, 2, 3, 1104}};
  for (const Sid& sid : {domain_user, proto::UnixUserSid(1001), proto::UnixGroupSid(101),
                         sids::kBuiltinUsers, sids::kOwnerRights, sids::kAnonymous}) {
    EXPECT_EQ(StatusWith(sid, kGenericRead), proto::NtStatus::kNotSupported) << sid.ToString();
    EXPECT_EQ(StatusWith(sid, kGenericRead, AceType::kAccessAllowed, proto::ace_flag::kInheritOnly),
              proto::NtStatus::kNotSupported)
        << sid.ToString();
  }
  EXPECT_EQ(Judge(), proto::NtStatus::kOk);
  EXPECT_EQ(Decide().mode, 04700u);
}

TEST_F(OwnershipTest, RefusesEntriesThatDenyOrAreNoPlainAllow) {
  Add(proto::UnixUserSid(1000), kGenericAll);
  for (const AceType type :
       {AceType::kAccessDenied, AceType::kSystemAudit, AceType::kAccessAllowedCallback}) {
    for (const Sid& sid : {sids::kEveryone, proto::UnixUserSid(1000), proto::UnixGroupSid(100)}) {
      EXPECT_EQ(StatusWith(sid, kFileWriteData, type), proto::NtStatus::kNotSupported)
          << static_cast<int>(type);
    }
  }
}

TEST_F(OwnershipTest, EntriesOfAdministratorsChangeNothing) {
  Add(sids::kSystem, kGenericAll);
  Add(sids::kBuiltinAdministrators, kGenericAll);
  Add(proto::UnixUserSid(1000), kGenericRead);
  EXPECT_EQ(Decide().mode, 04400u);
}

TEST_F(OwnershipTest, AnEmptyListLetsNobodyIn) {
  descriptor_.dacl.emplace();
  EXPECT_EQ(Decide().mode, 04000u);
}

TEST_F(OwnershipTest, InheritOnlyEntriesAreForOthers) {
  Add(sids::kEveryone, kGenericAll, AceType::kAccessAllowed, proto::ace_flag::kInheritOnly);
  Add(sids::kCreatorOwner, kGenericRead);
  EXPECT_EQ(Decide().mode, 04400u);
}

TEST_F(OwnershipTest, TakesTheModeOfLinuxClients) {
  Add(sids::kNfsMode.Child(0751), 0);
  Add(sids::kEveryone, kGenericAll);
  EXPECT_EQ(Decide().mode, 04751u);
}

TEST_F(OwnershipTest, NoListMeansEverybody) {
  descriptor_.control |= SecurityDescriptor::kDaclPresent;
  EXPECT_EQ(Decide().mode, 04777u);
}

TEST_F(OwnershipTest, RefusesMalformedDescriptors) {
  PosixOwnership out;
  for (const std::string& bytes : {std::string(), std::string(19, '\1')}) {
    EXPECT_EQ(OwnershipFromDescriptor(bytes, kAllParts, StatOf(0), &out),
              proto::NtStatus::kInvalidSecurityDescr);
  }
}

}  // namespace
}  // namespace sluice::fs
