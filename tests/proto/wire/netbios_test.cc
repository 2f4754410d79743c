#include "proto/wire/netbios.h"

#include <array>
#include <cstdint>

#include "gtest/gtest.h"

namespace sluice::proto {
namespace {

TEST(NetbiosHeader, LengthIsTwentyFourBitsInNetworkOrder) {
  std::array<uint8_t, 4> bytes{};
  NetbiosHeader{kNetbiosSessionMessage, 0x010203}.Encode(bytes.data());
  EXPECT_EQ(bytes, (std::array<uint8_t, 4>{0, 1, 2, 3}));
  NetbiosHeader header;
  ASSERT_TRUE(NetbiosHeader::Decode(bytes, &header));
  EXPECT_EQ(header.type, kNetbiosSessionMessage);
  EXPECT_EQ(header.length, 0x010203u);
}

TEST(NetbiosHeader, TypeIsNotPartOfTheLength) {
  const std::array<uint8_t, 4> bytes{0x85, 0xFF, 0xFF, 0xFF};
  NetbiosHeader header;
  ASSERT_TRUE(NetbiosHeader::Decode(bytes, &header));
  EXPECT_EQ(header.type, kNetbiosSessionKeepalive);
  EXPECT_EQ(header.length, kNetbiosLengthMax);
}

TEST(NetbiosHeader, RejectsFewerThanFourBytes) {
  const std::array<uint8_t, 3> bytes{};
  NetbiosHeader header;
  EXPECT_FALSE(NetbiosHeader::Decode(bytes, &header));
}

}  // namespace
}  // namespace sluice::proto
