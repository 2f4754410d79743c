#include "server/base/client_address.h"

#include <gtest/gtest.h>

namespace sluice::base {
namespace {

TEST(ClientAddressTest, LeavesThePortAndTheHostPartAway) {
  EXPECT_EQ(ClientAddress("192.0.2.7:50123"), "192.0.2.7");
  EXPECT_EQ(ClientAddress("[::ffff:192.0.2.7]:50123"), "192.0.2.7");
  EXPECT_EQ(ClientAddress("[2001:db8:1:2:3:4:5:6]:445"), "2001:db8:1:2::");
  EXPECT_EQ(ClientAddress("[2001:db8:1:2:9::1]:445"), "2001:db8:1:2::");
  EXPECT_EQ(ClientAddress("unknown"), "unknown");
}

TEST(ClientAddressTest, TakesAnAddressWithoutAPort) {
  EXPECT_EQ(ClientAddress("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(ClientAddress("2001:db8:1:2:9::1"), "2001:db8:1:2::");
  EXPECT_EQ(ClientAddress("::ffff:192.0.2.7"), "192.0.2.7");
}

}  // namespace
}  // namespace sluice::base
