#include "server/net/address.h"

#include <gtest/gtest.h>

#include "server/net/close_reason.h"
#include "server/net/errors.h"

namespace sluice::net {
namespace {

std::string Normal(absl::string_view text) {
  const absl::StatusOr<Address> address = ParseAddress(text);
  return address.ok() ? FormatAddress(*address) : "error";
}

TEST(AddressTest, ReadsAndWritesBothFamilies) {
  EXPECT_EQ(Normal("127.0.0.1:1445"), "127.0.0.1:1445");
  EXPECT_EQ(Normal("[::1]:445"), "[::1]:445");
  EXPECT_EQ(Normal("[2001:DB8:0::1]:65535"), "[2001:db8::1]:65535");
  EXPECT_EQ(Normal("*:0"), "0.0.0.0:0");
  EXPECT_EQ(Normal(":445"), "0.0.0.0:445");
}

TEST(AddressTest, RefusesWhatIsNoAddress) {
  for (const char* text :
       {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "localhost:445",
        "::1:445", "[::1]", "[127.0.0.1]:1", "[]:1", "[:1", "1.2.3:4", "127.0.0.1:4x"}) {
    EXPECT_EQ(Normal(text), "error") << text;
  }
  const absl::Status status = ParseAddress("nonsense").status();
  EXPECT_NE(std::string(status.message()).find("nonsense"), std::string::npos);
}

TEST(AddressTest, OtherFamiliesAreUnknown) { EXPECT_EQ(FormatAddress(Address{}), "unknown"); }

TEST(ErrorsTest, EachClassHasItsErrors) {
  EXPECT_EQ(Classify(-EINTR), ErrorClass::kRetry);
  EXPECT_EQ(Classify(-ECONNRESET), ErrorClass::kPeerGone);
  EXPECT_EQ(Classify(-EMFILE), ErrorClass::kResource);
  EXPECT_EQ(Classify(-EFAULT), ErrorClass::kBug);
  EXPECT_EQ(Classify(-EDOM), ErrorClass::kUnknown);
  for (size_t i = 0; i < kErrorClasses; ++i) EXPECT_FALSE(Name(static_cast<ErrorClass>(i)).empty());
}

TEST(CloseReasonTest, EachHasAName) {
  for (size_t i = 0; i < kCloseReasons; ++i) {
    EXPECT_NE(Name(static_cast<CloseReason>(i)), "unknown") << i;
  }
  EXPECT_EQ(Name(static_cast<CloseReason>(kCloseReasons)), "unknown");
}

TEST(AddressTest, SameHostLeavesThePortOut) {
  const auto same = [](const char* a, const char* b) {
    return SameHost(*ParseAddress(a), *ParseAddress(b));
  };
  EXPECT_TRUE(same("192.0.2.1:445", "192.0.2.1:50000"));
  EXPECT_TRUE(same("[2001:db8::1]:445", "[2001:db8::1]:50000"));
  EXPECT_FALSE(same("192.0.2.1:445", "192.0.2.2:445"));
  EXPECT_FALSE(same("192.0.2.1:445", "192.0.2.10:445"));
  EXPECT_FALSE(same("[2001:db8::1]:445", "[2001:db8::2]:445"));
  EXPECT_FALSE(SameHost(Address(), Address()));
}

}  // namespace
}  // namespace sluice::net
