#include "proto/fscc/file_name_info.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/proto/testing/codec.h"

namespace sluice::proto {
namespace {

// FileAllInformation of \hello.txt as smbd sends it.
constexpr char kAll[] =
    "bd25a128797add01 bd25a128797add01 bd25a128797add01 bd25a128797add01 80000000 00000000"
    "0000100000000000 0600000000000000 01000000 00 00 0000"
    "7d63a70000000000 00000000 80000000 0000000000000000 08000000 00000000"
    "14000000 5c00680065006c006c006f002e00740078007400";
// Its FileStreamInformation.
constexpr char kStream[] =
    "00000000 0e000000 0600000000000000 0000100000000000 3a003a0024004400410054004100";
// The SET_INFO that renames it.
constexpr char kRename[] =
    "00 00000000000000 0000000000000000 14000000 680065006c006c006f0032002e00740078007400";

bool DecodeRename(absl::Span<const uint8_t> bytes) {
  FileRenameInfo info;
  return FileRenameInfo::Decode(bytes, false, &info);
}

bool DecodeStreams(absl::Span<const uint8_t> bytes) {
  std::vector<FileStreamInfo> streams;
  return DecodeStreamList(bytes, &streams);
}

TEST(FileAllInfo, DecodesAndEncodesWhatSmbdSends) {
  FileAllInfo info;
  ASSERT_TRUE(FileAllInfo::Decode(FromHex(kAll), &info));
  EXPECT_EQ(info.basic.attributes, 0x80u);
  EXPECT_EQ(info.standard.end_of_file, 6u);
  EXPECT_EQ(info.standard.links, 1u);
  EXPECT_EQ(info.internal.index_number, 0xA7637Du);
  EXPECT_EQ(info.access.access, 0x80u);
  EXPECT_EQ(info.mode.mode, 8u);
  EXPECT_EQ(info.name.name, "\\hello.txt");
  EXPECT_EQ(ToHex(Encoded(info)), ToHex(FromHex(kAll)));
}

TEST(FileAllInfo, EveryTruncationIsRefused) {
  EXPECT_TRUE(AcceptedTruncationsOf<FileAllInfo>(FromHex(kAll)).empty());
  DecodeDamagedOf<FileAllInfo>(FromHex(kAll));
}

TEST(FileAllInfo, NameBeginsAfterTheFixedPart) {
  EXPECT_EQ(Encoded(FileAllInfo()).size(), FileAllInfo::kFixedBytes);
}

TEST(FileNameInfo, RoundTrips) {
  const FileNameInfo info{"GRÜẞE~1.TXT"};
  FileNameInfo out;
  ASSERT_TRUE(FileNameInfo::Decode(Encoded(info), &out));
  EXPECT_EQ(out.name, info.name);
  EXPECT_TRUE(AcceptedTruncationsOf<FileNameInfo>(Encoded(info)).empty());
}

TEST(FileNameInfo, RejectsOddLength) {
  EXPECT_FALSE(Decodes<FileNameInfo>(FromHex("03000000 410042")));
}

TEST(FileNameInfo, RejectsLengthThatOverflows) {
  EXPECT_FALSE(Decodes<FileNameInfo>(FromHex("feffffff 41004200")));
}

TEST(FileNameInfo, NameThatIsNotUtf8FailsTheWriter) {
  EXPECT_TRUE(Encoded(FileNameInfo{"\xFF"}).empty());
}

TEST(FileRenameInfo, DecodesWhatSmbclientSends) {
  FileRenameInfo info;
  ASSERT_TRUE(FileRenameInfo::Decode(FromHex(kRename), false, &info));
  EXPECT_EQ(info.flags, 0u);
  EXPECT_EQ(info.root_directory, 0u);
  EXPECT_EQ(info.name, "hello2.txt");
  EXPECT_EQ(ToHex(Written([&](Writer& w) { info.Encode(w, false); })), ToHex(FromHex(kRename)));
}

TEST(FileRenameInfo, FirstByteAloneSaysReplace) {
  Bytes bytes = FromHex(kRename);
  bytes[1] = 0xAA;
  FileRenameInfo info;
  ASSERT_TRUE(FileRenameInfo::Decode(bytes, false, &info));
  EXPECT_EQ(info.flags, 0u);
  bytes[0] = 0x02;
  ASSERT_TRUE(FileRenameInfo::Decode(bytes, false, &info));
  EXPECT_EQ(info.flags, FileRenameInfo::kReplaceIfExists);
}

TEST(FileRenameInfo, ExtendedHasFlags) {
  FileRenameInfo info;
  info.flags = FileRenameInfo::kReplaceIfExists | FileRenameInfo::kPosixSemantics;
  info.name = "b";
  FileRenameInfo out;
  const Bytes bytes = Written([&](Writer& w) { info.Encode(w, true); });
  ASSERT_TRUE(FileRenameInfo::Decode(bytes, true, &out));
  EXPECT_EQ(out.flags, info.flags);
  EXPECT_EQ(out.name, "b");
}

TEST(FileRenameInfo, EveryTruncationIsRefused) {
  EXPECT_TRUE(AcceptedTruncations(FromHex(kRename), DecodeRename).empty());
  DecodeDamaged(FromHex(kRename), DecodeRename);
}

TEST(FileRenameInfo, PaddingBehindTheNameIsIgnored) {
  Bytes bytes = FromHex(kRename);
  bytes.resize(bytes.size() + 4);
  EXPECT_TRUE(DecodeRename(bytes));
}

TEST(StreamList, DecodesAndEncodesWhatSmbdSends) {
  std::vector<FileStreamInfo> streams;
  ASSERT_TRUE(DecodeStreamList(FromHex(kStream), &streams));
  ASSERT_EQ(streams.size(), 1u);
  EXPECT_EQ(streams[0].name, "::$DATA");
  EXPECT_EQ(streams[0].size, 6u);
  EXPECT_EQ(streams[0].allocation, 0x100000u);
  EXPECT_EQ(ToHex(Written([&](Writer& w) { EncodeStreamList(streams, w); })),
            ToHex(FromHex(kStream)));
}

const std::vector<FileStreamInfo> kStreams = {
    {"::$DATA", 1, 4096}, {":a:$DATA", 2, 8192}, {":zweiter:$DATA", 3, 12288}};

TEST(StreamList, RoundTripsSeveral) {
  std::vector<FileStreamInfo> out;
  const Bytes bytes =
      Written([](Writer& w) { EXPECT_EQ(EncodeStreamList(kStreams, w), kStreams.size()); });
  ASSERT_TRUE(DecodeStreamList(bytes, &out));
  ASSERT_EQ(out.size(), 3u);
  EXPECT_EQ(out[1].name, ":a:$DATA");
  EXPECT_EQ(out[2].allocation, 12288u);
  EXPECT_EQ(AcceptedTruncations(bytes, DecodeStreams), std::vector<size_t>{0});
  DecodeDamaged(bytes, DecodeStreams);
}

TEST(StreamList, WritesAsManyAsFit) {
  const Bytes whole = Written([](Writer& w) { EncodeStreamList(kStreams, w); });
  for (size_t room = 0; room < whole.size(); ++room) {
    Bytes buffer(room);
    Writer w(absl::MakeSpan(buffer));
    const size_t count = EncodeStreamList(kStreams, w);
    EXPECT_LT(count, kStreams.size());
    EXPECT_TRUE(w.ok());
    std::vector<FileStreamInfo> out;
    EXPECT_TRUE(DecodeStreamList(w.written(), &out));
    EXPECT_EQ(out.size(), count);
  }
}

TEST(StreamList, RejectsChainThatIsNotAligned) {
  Bytes bytes = Written([](Writer& w) { EncodeStreamList(kStreams, w); });
  ASSERT_EQ(bytes[0], 40);
  bytes[0] = 42;
  EXPECT_FALSE(DecodeStreams(bytes));
}

TEST(StreamList, RejectsNameThatReachesIntoTheNextEntry) {
  Bytes bytes = Written([](Writer& w) { EncodeStreamList(kStreams, w); });
  bytes[4] = 18;
  EXPECT_FALSE(DecodeStreams(bytes));
}

}  // namespace
}  // namespace sluice::proto
