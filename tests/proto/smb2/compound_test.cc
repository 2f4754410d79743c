#include "proto/smb2/compound.h"

#include <vector>

#include "gtest/gtest.h"
#include "proto/smb2/echo.h"
#include "tests/proto/smb2/message.h"

namespace sluice::proto {
namespace {

constexpr size_t kPartsMax = 8;
constexpr size_t kNext = kHeaderNextCommandOffset;

// `count` ECHO requests of 68 bytes, each but the last padded to 72.
Bytes Chain(size_t count) {
  Bytes frame;
  for (size_t i = 0; i < count; ++i) {
    Bytes echo = Encoded(EchoRequest());
    if (i + 1 < count) {
      echo.resize(72);
      Put32(kNext, 72, &echo);
    }
    frame.insert(frame.end(), echo.begin(), echo.end());
  }
  return frame;
}

bool Valid(const Bytes& frame) {
  CompoundReader reader(frame, kPartsMax);
  CompoundPart part;
  CompoundReader::Result result;
  while ((result = reader.Next(&part)) == CompoundReader::Result::kPart) {
  }
  return result == CompoundReader::Result::kEnd;
}

TEST(Compound, OneCommandIsAChain) {
  const Bytes frame = Chain(1);
  CompoundReader reader(frame, kPartsMax);
  CompoundPart part;
  ASSERT_EQ(reader.Next(&part), CompoundReader::Result::kPart);
  EXPECT_EQ(part.offset, 0u);
  EXPECT_EQ(part.length, frame.size());
  EXPECT_EQ(reader.Next(&part), CompoundReader::Result::kEnd);
  EXPECT_EQ(reader.Next(&part), CompoundReader::Result::kEnd);
}

TEST(Compound, PartsCoverTheFrame) {
  const Bytes frame = Chain(3);
  CompoundReader reader(frame, kPartsMax);
  CompoundPart part;
  size_t covered = 0;
  size_t parts = 0;
  while (reader.Next(&part) == CompoundReader::Result::kPart) {
    EXPECT_EQ(part.offset, covered);
    covered += part.length;
    ++parts;
  }
  EXPECT_EQ(covered, frame.size());
  EXPECT_EQ(parts, 3u);
  EXPECT_TRUE(Valid(frame));
}

TEST(Compound, RejectsNextCommandThatIsNotAMultipleOfEight) {
  Bytes frame = Chain(2);
  frame.resize(frame.size() + 8);
  for (uint32_t next = 73; next < 80; ++next) {
    Put32(kNext, next, &frame);
    EXPECT_FALSE(Valid(frame)) << next;
  }
}

TEST(Compound, RejectsNextCommandBeyondTheFrame) {
  Bytes frame = Chain(2);
  for (const uint32_t next : {144u, 0x1000u, 0x7FFFFFF8u, 0xFFFFFFF8u}) {
    Put32(kNext, next, &frame);
    EXPECT_FALSE(Valid(frame)) << next;
  }
}

TEST(Compound, RejectsNextCommandInsideItsOwnHeader) {
  Bytes frame = Chain(2);
  for (const uint32_t next : {8u, 56u, 64u}) {
    Put32(kNext, next, &frame);
    EXPECT_FALSE(Valid(frame)) << next;
  }
}

TEST(Compound, RejectsALastCommandWithoutABody) {
  Bytes frame = Chain(2);
  frame.resize(72 + 65);
  EXPECT_FALSE(Valid(frame));
  frame.resize(72 + 66);
  EXPECT_TRUE(Valid(frame));
}

TEST(Compound, RejectsASecondCommandWithAnotherProtocolId) {
  Bytes frame = Chain(2);
  Put8(72, 0xFF, &frame);
  EXPECT_FALSE(Valid(frame));
}

TEST(Compound, RejectsMorePartsThanTheLimit) {
  EXPECT_TRUE(Valid(Chain(kPartsMax)));
  EXPECT_FALSE(Valid(Chain(kPartsMax + 1)));
}

TEST(Compound, MalformedStaysMalformed) {
  Bytes frame = Chain(2);
  Put8(72, 0xFF, &frame);
  CompoundReader reader(frame, kPartsMax);
  CompoundPart part;
  EXPECT_EQ(reader.Next(&part), CompoundReader::Result::kPart);
  EXPECT_EQ(reader.Next(&part), CompoundReader::Result::kMalformed);
  EXPECT_EQ(reader.Next(&part), CompoundReader::Result::kMalformed);
}

TEST(Compound, RejectsEveryTruncationOfAChain) {
  const Bytes frame = Chain(3);
  for (size_t length = 0; length < frame.size() - 2; ++length) {
    EXPECT_FALSE(Valid(Bytes(frame.begin(), frame.begin() + static_cast<ptrdiff_t>(length))))
        << length;
  }
}

}  // namespace
}  // namespace sluice::proto
