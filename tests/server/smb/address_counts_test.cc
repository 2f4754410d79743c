#include "server/smb/address_counts.h"

#include <gtest/gtest.h>

namespace sluice::smb {
namespace {

TEST(AddressCounts, AnAddressIsTheSameInIpv6sClothes) {
  AddressCounts counts;
  EXPECT_TRUE(counts.Enter("192.0.2.7:49152", 1));
  EXPECT_FALSE(counts.Enter("[::ffff:192.0.2.7]:49153", 1));
}

TEST(AddressCounts, TheHostsOfOneIpv6NetworkAreOneAddress) {
  AddressCounts counts;
  EXPECT_TRUE(counts.Enter("[2001:db8::1]:49152", 1));
  EXPECT_FALSE(counts.Enter("[2001:db8::2]:49152", 1));
  EXPECT_TRUE(counts.Enter("[2001:db8:0:1::1]:49152", 1));
}

TEST(AddressCounts, EachAddressHasItsOwnLimit) {
  AddressCounts counts;
  EXPECT_TRUE(counts.Enter("192.0.2.7:1", 2));
  EXPECT_TRUE(counts.Enter("192.0.2.7:2", 2));
  EXPECT_FALSE(counts.Enter("192.0.2.7:3", 2));
  EXPECT_TRUE(counts.Enter("192.0.2.8:1", 2));
  counts.Leave("192.0.2.7:1");
  EXPECT_TRUE(counts.Enter("192.0.2.7:3", 2));
  EXPECT_FALSE(counts.Enter("192.0.2.7:4", 1)) << "a lower limit holds at once";
}

}  // namespace
}  // namespace sluice::smb
