#include "proto/smb2/create_context.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "proto/smb2/create_context_types.h"
#include "tests/proto/testing/codec.h"

namespace sluice::proto {
namespace {

// As Windows lays them out: DHnQ with 16 bytes of data, MxAc without any.
constexpr char kTwo[] =
    "28000000 1000 0400 0000 1800 10000000 44486e51 00000000 00000000000000000000000000000000"
    "00000000 1000 0400 0000 0000 00000000 4d784163 00000000";

bool Takes(absl::Span<const uint8_t> bytes) {
  CreateContextList list;
  return DecodeCreateContexts(bytes, &list);
}

bool TakesWith(size_t offset, uint8_t value) {
  Bytes bytes = FromHex(kTwo);
  bytes[offset] = value;
  return Takes(bytes);
}

TEST(CreateContext, DecodesWhatWindowsSends) {
  const Bytes bytes = FromHex(kTwo);
  CreateContextList list;
  ASSERT_TRUE(DecodeCreateContexts(bytes, &list));
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0].name, create_context::kDurableRequest);
  EXPECT_EQ(list[0].data.size(), 16u);
  EXPECT_EQ(list[1].name, create_context::kQueryMaximalAccess);
  EXPECT_TRUE(list[1].data.empty());
}

TEST(CreateContext, EncodesAsWindowsDoes) {
  const Bytes bytes = Written([](Writer& w) {
    CreateContextWriter list(w);
    list.AddEncoded(create_context::kDurableRequest, DurableRequest());
    list.Add(create_context::kQueryMaximalAccess, {});
    EXPECT_EQ(list.count(), 2u);
    EXPECT_EQ(list.bytes(), FromHex(kTwo).size());
  });
  EXPECT_EQ(ToHex(bytes), ToHex(FromHex(kTwo)));
}

TEST(CreateContext, NoContextsAreAnEmptyList) { EXPECT_TRUE(Takes({})); }

TEST(CreateContext, ListMayBeginAnywhereInTheMessage) {
  Bytes buffer(1024);
  Writer w(absl::MakeSpan(buffer));
  w.Zeros(152);
  CreateContextWriter writer(w);
  const Bytes odd = {1, 2, 3};
  writer.Add(create_context::kAapl, odd);
  writer.Add(create_context::kAppInstanceId, odd);
  writer.Add(create_context::kQueryOnDiskId, {});
  CreateContextList list;
  ASSERT_TRUE(DecodeCreateContexts(w.written().subspan(152, writer.bytes()), &list));
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(list[0].data, absl::MakeConstSpan(odd));
  EXPECT_EQ(list[1].name, create_context::kAppInstanceId);
  EXPECT_EQ(list[1].data, absl::MakeConstSpan(odd));
  EXPECT_TRUE(list[2].data.empty());
}

TEST(CreateContext, FindGivesTheFirstOfAName) {
  const Bytes one = {1};
  const Bytes two = {2};
  const CreateContextList list = {{create_context::kTimewarp, one},
                                  {create_context::kLease, one},
                                  {create_context::kLease, two}};
  EXPECT_EQ(FindCreateContext(list, create_context::kLease), &list[1]);
  EXPECT_EQ(FindCreateContext(list, create_context::kAapl), nullptr);
}

TEST(CreateContext, EveryTruncationIsRefused) {
  // 64 is without the padding behind the last name.
  EXPECT_EQ(AcceptedTruncations(FromHex(kTwo), Takes), (std::vector<size_t>{0, 60, 61, 62, 63}));
  DecodeDamaged(FromHex(kTwo), Takes);
}

TEST(CreateContext, RejectsNextThatIsNotAligned) { EXPECT_FALSE(TakesWith(0, 0x2C)); }
TEST(CreateContext, RejectsNextInsideTheHeader) { EXPECT_FALSE(TakesWith(0, 0x08)); }
TEST(CreateContext, RejectsNextBeyondTheList) { EXPECT_FALSE(TakesWith(0, 0x40)); }
TEST(CreateContext, RejectsNextThatOverflows) { EXPECT_FALSE(TakesWith(3, 0xFF)); }
TEST(CreateContext, RejectsNameInsideTheHeader) { EXPECT_FALSE(TakesWith(4, 0x08)); }
TEST(CreateContext, RejectsNameBeyondTheContext) { EXPECT_FALSE(TakesWith(4, 0x28)); }
TEST(CreateContext, RejectsNameShorterThanFourBytes) { EXPECT_FALSE(TakesWith(6, 3)); }
TEST(CreateContext, RejectsEmptyName) { EXPECT_FALSE(TakesWith(6, 0)); }
TEST(CreateContext, RejectsDataInsideTheHeader) { EXPECT_FALSE(TakesWith(10, 0x08)); }
TEST(CreateContext, RejectsDataThatReachesIntoTheNext) { EXPECT_FALSE(TakesWith(12, 0x11)); }
TEST(CreateContext, RejectsDataLengthThatOverflows) { EXPECT_FALSE(TakesWith(15, 0xFF)); }

TEST(CreateContext, RejectsMoreThanTheLimit) {
  const auto encoded = [](size_t count) {
    return Written([count](Writer& w) {
      CreateContextWriter list(w);
      for (size_t i = 0; i < count; ++i) list.Add(create_context::kAapl, {});
    });
  };
  EXPECT_TRUE(Takes(encoded(kCreateContextsMax)));
  EXPECT_FALSE(Takes(encoded(kCreateContextsMax + 1)));
}

TEST(CreateContext, OverflowFailsTheWriter) {
  const Bytes whole = FromHex(kTwo);
  for (size_t room = 0; room < whole.size(); ++room) {
    Bytes buffer(room);
    Writer w(absl::MakeSpan(buffer));
    CreateContextWriter list(w);
    list.AddEncoded(create_context::kDurableRequest, DurableRequest());
    list.Add(create_context::kQueryMaximalAccess, {});
    EXPECT_FALSE(w.ok());
  }
}

}  // namespace
}  // namespace sluice::proto
