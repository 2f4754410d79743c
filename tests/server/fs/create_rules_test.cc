#include "server/fs/create_rules.h"

#include <gtest/gtest.h>

#include "proto/smb2/create.h"
#include "server/fs/dos_attributes.h"
#include "server/fs/posix_security.h"

namespace sluice::fs {
namespace {

using proto::NtStatus;

CreateTerms Valid() {
  CreateTerms terms;
  terms.desired_access = kGenericRead;
  terms.share_access = 7;
  terms.disposition = proto::kDispositionOpen;
  return terms;
}

TEST(CheckTermsTest, TakesWhatClientsSend) {
  EXPECT_EQ(CheckTerms(Valid()), NtStatus::kOk);
  CreateTerms directory = Valid();
  directory.disposition = proto::kDispositionOpenIf;
  directory.options = proto::kOptionDirectoryFile | proto::kOptionOpenForBackupIntent;
  EXPECT_EQ(CheckTerms(directory), NtStatus::kOk);
}

TEST(CheckTermsTest, RefusesUnknownDispositions) {
  CreateTerms terms = Valid();
  terms.disposition = 6;
  EXPECT_EQ(CheckTerms(terms), NtStatus::kInvalidParameter);
}

TEST(CheckTermsTest, TellsUnknownOptionsFromUnsupportedOnes) {
  for (int bit = 0; bit < 32; ++bit) {
    CreateTerms terms = Valid();
    terms.options = 1u << bit;
    terms.desired_access |= kDelete;
    NtStatus wanted = NtStatus::kOk;
    if (bit >= 24) wanted = NtStatus::kInvalidParameter;
    if (((1u << bit) & 0x00102080) != 0) wanted = NtStatus::kNotSupported;
    EXPECT_EQ(CheckTerms(terms), wanted) << bit;
  }
}

TEST(CheckTermsTest, RefusesUnknownAttributesAndShareBits) {
  CreateTerms terms = Valid();
  terms.file_attributes = 0x8;  // volume
  EXPECT_EQ(CheckTerms(terms), NtStatus::kInvalidParameter);
  terms = Valid();
  terms.file_attributes = 0x40;  // device
  EXPECT_EQ(CheckTerms(terms), NtStatus::kInvalidParameter);
  terms = Valid();
  terms.share_access = 8;
  EXPECT_EQ(CheckTerms(terms), NtStatus::kInvalidParameter);
}

TEST(CheckTermsTest, ADirectoryIsNoFileAndIsNotOverwritten) {
  CreateTerms terms = Valid();
  terms.options = proto::kOptionDirectoryFile | proto::kOptionNonDirectoryFile;
  EXPECT_EQ(CheckTerms(terms), NtStatus::kInvalidParameter);
  for (const uint32_t disposition : {proto::kDispositionSupersede, proto::kDispositionOverwrite,
                                     proto::kDispositionOverwriteIf}) {
    terms = Valid();
    terms.options = proto::kOptionDirectoryFile;
    terms.disposition = disposition;
    EXPECT_EQ(CheckTerms(terms), NtStatus::kInvalidParameter) << disposition;
  }
}

TEST(CheckTermsTest, ATemporaryDirectoryIsNotMade) {
  CreateTerms terms = Valid();
  terms.options = proto::kOptionDirectoryFile;
  terms.file_attributes = kAttributeTemporary;
  EXPECT_EQ(CheckTerms(terms), NtStatus::kOk);
  terms.disposition = proto::kDispositionCreate;
  EXPECT_EQ(CheckTerms(terms), NtStatus::kInvalidParameter);
}

TEST(CheckTermsTest, RefusesNoAccessAndReservedAccess) {
  CreateTerms terms = Valid();
  terms.desired_access = 0;
  EXPECT_EQ(CheckTerms(terms), NtStatus::kAccessDenied);
  for (const uint32_t bit : {0x200u, 0x8000u, 0x00200000u, 0x04000000u, 0x08000000u}) {
    terms = Valid();
    terms.desired_access |= bit;
    EXPECT_EQ(CheckTerms(terms), NtStatus::kAccessDenied) << bit;
  }
  terms = Valid();
  terms.desired_access |= kAccessSystemSecurity;
  EXPECT_EQ(CheckTerms(terms), NtStatus::kPrivilegeNotHeld);
}

TEST(CheckTermsTest, DeleteOnCloseNeedsDeleteAccess) {
  CreateTerms terms = Valid();
  terms.options = proto::kOptionDeleteOnClose;
  EXPECT_EQ(CheckTerms(terms), NtStatus::kInvalidParameter);
  for (const uint32_t access : {kDelete, kGenericAll, kMaximumAllowed}) {
    terms.desired_access = access;
    EXPECT_EQ(CheckTerms(terms), NtStatus::kOk) << access;
  }
}

TEST(CheckReadOnlyShareTest, RefusesWhatWouldChangeSomething) {
  EXPECT_EQ(CheckReadOnlyShare(Valid()), NtStatus::kOk);
  CreateTerms terms = Valid();
  terms.desired_access = kMaximumAllowed;
  terms.disposition = proto::kDispositionOpenIf;
  EXPECT_EQ(CheckReadOnlyShare(terms), NtStatus::kOk);
  for (const uint32_t access : {kGenericWrite, kFileAppendData, kDelete, kWriteDac}) {
    terms = Valid();
    terms.desired_access = access;
    EXPECT_EQ(CheckReadOnlyShare(terms), NtStatus::kAccessDenied) << access;
  }
  for (const uint32_t disposition : {proto::kDispositionCreate, proto::kDispositionOverwrite}) {
    terms = Valid();
    terms.disposition = disposition;
    EXPECT_EQ(CheckReadOnlyShare(terms), NtStatus::kAccessDenied) << disposition;
  }
}

TEST(GrantAccessTest, GrantsExactlyWhatWasAskedFor) {
  const Grant grant = GrantAccess(kFileReadData | kSynchronize, kFileAllAccess);
  EXPECT_EQ(grant.status, NtStatus::kOk);
  EXPECT_EQ(grant.access, kFileReadData | kSynchronize);
}

TEST(GrantAccessTest, RefusesMoreThanTheMaximum) {
  EXPECT_EQ(GrantAccess(kFileWriteData, kFileGenericRead).status, NtStatus::kAccessDenied);
  EXPECT_EQ(GrantAccess(kMaximumAllowed | kFileWriteData, kFileGenericRead).status,
            NtStatus::kAccessDenied);
}

TEST(GrantAccessTest, MaximumAllowedYieldsTheMaximum) {
  EXPECT_EQ(GrantAccess(kMaximumAllowed, kFileGenericRead).access, kFileGenericRead);
}

TEST(AttributesTest, NewFilesAreToBeArchived) {
  EXPECT_EQ(NewAttributes(kAttributeNormal, false), kAttributeArchive);
  EXPECT_EQ(NewAttributes(kAttributeHidden | kAttributeDirectory, false),
            kAttributeHidden | kAttributeArchive);
  EXPECT_EQ(NewAttributes(kAttributeHidden, true), kAttributeHidden);
}

TEST(AttributesTest, AnOverwriteKeepsHiddenAndSystem) {
  EXPECT_TRUE(MayOverwrite(kAttributeArchive, 0));
  EXPECT_FALSE(MayOverwrite(kAttributeHidden, kAttributeNormal));
  EXPECT_FALSE(MayOverwrite(kAttributeHidden | kAttributeSystem, kAttributeHidden));
  EXPECT_TRUE(MayOverwrite(kAttributeHidden, kAttributeHidden | kAttributeArchive));
}

}  // namespace
}  // namespace sluice::fs
