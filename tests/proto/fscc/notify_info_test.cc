#include "proto/fscc/notify_info.h"

#include <vector>

#include "gtest/gtest.h"
#include "tests/proto/testing/codec.h"

namespace sluice::proto {
namespace {

const std::vector<NotifyEntry> kEntries = {{NotifyAction::kRenamedOldName, {'a', 0}},
                                           {NotifyAction::kRenamedNewName, {'b', 0, 'c', 0}},
                                           {NotifyAction::kModified, {'d', 0}}};

Bytes EncodedList(const std::vector<NotifyEntry>& entries) {
  return Written([&](Writer& w) { EncodeNotifyList(entries, w); });
}

bool Takes(absl::Span<const uint8_t> bytes) {
  std::vector<NotifyEntry> out;
  return DecodeNotifyList(bytes, &out);
}

TEST(NotifyList, IsLaidOutAsSpecified) {
  EXPECT_EQ(ToHex(EncodedList(kEntries)),
            "10000000"
            "04000000"
            "02000000"
            "6100"
            "0000"
            "10000000"
            "05000000"
            "04000000"
            "62006300"
            "00000000"
            "03000000"
            "02000000"
            "6400");
}

TEST(NotifyList, RoundTrips) {
  for (size_t count = 0; count <= kEntries.size(); ++count) {
    const std::vector<NotifyEntry> entries(kEntries.begin(),
                                           kEntries.begin() + static_cast<ptrdiff_t>(count));
    std::vector<NotifyEntry> out;
    EXPECT_TRUE(DecodeNotifyList(EncodedList(entries), &out));
    EXPECT_EQ(out, entries);
  }
}

TEST(NotifyList, TakesUpWhatItsEntriesSay) {
  size_t bytes = 0;
  for (const NotifyEntry& entry : kEntries) bytes += NotifyEntryBytes(entry.name.size());
  EXPECT_EQ(EncodedList(kEntries).size(), bytes - 2);  // the last is not padded
}

TEST(NotifyList, RejectsEveryTruncation) {
  const Bytes list = EncodedList(kEntries);
  for (size_t bytes = 1; bytes < list.size(); ++bytes) {
    EXPECT_FALSE(Takes(absl::MakeSpan(list).subspan(0, bytes))) << bytes;
  }
}

TEST(NotifyList, RejectsBadOffsetsActionsAndLengths) {
  const struct {
    size_t at;
    uint8_t value;
    const char* what;
  } kCases[] = {{0, 8, "an offset into the entry itself"},
                {0, 18, "an offset that is not aligned"},
                {0, 200, "an offset beyond the end"},
                {4, 0, "an action that there is not"},
                {4, 9, "an action that there is not"},
                {8, 1, "half a character"},
                {8, 40, "a name that reaches into the next entry"}};
  for (const auto& test : kCases) {
    Bytes list = EncodedList(kEntries);
    list[test.at] = test.value;
    EXPECT_FALSE(Takes(list)) << test.what;
  }
}

}  // namespace
}  // namespace sluice::proto
