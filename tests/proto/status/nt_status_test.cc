#include "proto/status/nt_status.h"

#include <cerrno>
#include <climits>
#include <cstdint>
#include <iterator>
#include <set>
#include <string>

#include "gtest/gtest.h"

namespace sluice::proto {
namespace {

constexpr NtStatus kAll[] = {
#define SLUICE_ENUMERATOR(enumerator, name, value) NtStatus::enumerator,
    SLUICE_NT_STATUS_TABLE(SLUICE_ENUMERATOR)
#undef SLUICE_ENUMERATOR
};

TEST(NtStatus, ValuesAreThoseOfTheSpecification) {
  EXPECT_EQ(static_cast<uint32_t>(NtStatus::kOk), 0x00000000u);
  EXPECT_EQ(static_cast<uint32_t>(NtStatus::kPending), 0x00000103u);
  EXPECT_EQ(static_cast<uint32_t>(NtStatus::kBufferOverflow), 0x80000005u);
  EXPECT_EQ(static_cast<uint32_t>(NtStatus::kNoMoreFiles), 0x80000006u);
  EXPECT_EQ(static_cast<uint32_t>(NtStatus::kMoreProcessingRequired), 0xC0000016u);
  EXPECT_EQ(static_cast<uint32_t>(NtStatus::kAccessDenied), 0xC0000022u);
  EXPECT_EQ(static_cast<uint32_t>(NtStatus::kObjectNameNotFound), 0xC0000034u);
  EXPECT_EQ(static_cast<uint32_t>(NtStatus::kUserSessionDeleted), 0xC0000203u);
  EXPECT_EQ(static_cast<uint32_t>(NtStatus::kFileClosed), 0xC0000128u);
  EXPECT_EQ(static_cast<uint32_t>(NtStatus::kNetworkSessionExpired), 0xC000035Cu);
}

TEST(NtStatus, EveryRowHasItsOwnNameAndIsFoundByIt) {
  std::set<std::string> names;
  for (const NtStatus status : kAll) {
    const std::string name = Name(status);
    EXPECT_EQ(name.rfind("STATUS_", 0), 0u) << name;
    EXPECT_TRUE(names.insert(name).second) << name;
  }
  EXPECT_EQ(names.size(), std::size(kAll));
  EXPECT_EQ(Name(NtStatus::kOk), "STATUS_SUCCESS");
  EXPECT_EQ(Name(NtStatus::kAccessDenied), "STATUS_ACCESS_DENIED");
}

TEST(NtStatus, UnknownValueIsNamedByItsNumber) {
  EXPECT_EQ(Name(static_cast<NtStatus>(0xC0FFEE00)), "0xC0FFEE00");
  EXPECT_EQ(Name(static_cast<NtStatus>(0xFFFFFFFF)), "0xFFFFFFFF");
}

TEST(NtStatus, SeverityIsInTheTopBits) {
  EXPECT_TRUE(IsSuccess(NtStatus::kOk));
  EXPECT_TRUE(IsSuccess(NtStatus::kPending));
  EXPECT_TRUE(IsSuccess(NtStatus::kObjectNameExists));
  EXPECT_FALSE(IsSuccess(NtStatus::kBufferOverflow));
  EXPECT_TRUE(IsWarning(NtStatus::kBufferOverflow));
  EXPECT_FALSE(IsError(NtStatus::kBufferOverflow));
  EXPECT_TRUE(IsError(NtStatus::kAccessDenied));
  EXPECT_FALSE(IsSuccess(NtStatus::kAccessDenied));
}

TEST(FromErrno, TakesEitherSign) {
  EXPECT_EQ(FromErrno(0), NtStatus::kOk);
  EXPECT_EQ(FromErrno(ENOENT), NtStatus::kObjectNameNotFound);
  EXPECT_EQ(FromErrno(-ENOENT), NtStatus::kObjectNameNotFound);
  EXPECT_EQ(FromErrno(-EACCES), NtStatus::kAccessDenied);
  EXPECT_EQ(FromErrno(ENOSPC), NtStatus::kDiskFull);
}

TEST(FromErrno, UnknownErrorIsUnsuccessful) {
  EXPECT_EQ(FromErrno(99999), NtStatus::kUnsuccessful);
  EXPECT_EQ(FromErrno(INT_MIN), NtStatus::kUnsuccessful);
  EXPECT_EQ(FromErrno(INT_MAX), NtStatus::kUnsuccessful);
}

TEST(FromErrno, NoErrorBecomesASuccess) {
  for (int error = 1; error < 200; ++error) {
    EXPECT_TRUE(IsError(FromErrno(error))) << error;
  }
}

}  // namespace
}  // namespace sluice::proto
