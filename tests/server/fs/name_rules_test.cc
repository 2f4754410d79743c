#include "server/fs/name_rules.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/wire/utf16.h"
#include "server/base/limits.h"

namespace sluice::fs {
namespace {

using proto::NtStatus;

std::vector<uint8_t> Wire(absl::string_view utf8) {
  std::vector<uint8_t> utf16;
  EXPECT_TRUE(proto::Utf8ToUtf16(utf8, &utf16));
  return utf16;
}

NtStatus StatusOf(absl::string_view name) {
  ParsedName parsed;
  return ParseName(Wire(name), &parsed);
}

ParsedName Parsed(absl::string_view name) {
  ParsedName parsed;
  EXPECT_EQ(ParseName(Wire(name), &parsed), NtStatus::kOk) << name;
  return parsed;
}

TEST(ParseNameTest, TurnsSeparatorsRound) {
  EXPECT_EQ(Parsed("").path, "");
  EXPECT_EQ(Parsed("file").path, "file");
  EXPECT_EQ(Parsed("dir\\sub\\file.txt").path, "dir/sub/file.txt");
  EXPECT_EQ(Parsed("größe\\日本\\😀").path, "größe/日本/😀");
  EXPECT_FALSE(Parsed("a\\b").must_be_directory);
}

TEST(ParseNameTest, TakesRepeatedAndTrailingSeparators) {
  EXPECT_EQ(Parsed("dir\\\\file").path, "dir/file");
  EXPECT_EQ(Parsed("dir/file").path, "dir/file");
  const ParsedName name = Parsed("dir\\");
  EXPECT_EQ(name.path, "dir");
  EXPECT_TRUE(name.must_be_directory);
}

TEST(ParseNameTest, RefusesAbsoluteNames) {
  EXPECT_EQ(StatusOf("\\file"), NtStatus::kInvalidParameter);
  EXPECT_EQ(StatusOf("\\"), NtStatus::kInvalidParameter);
  EXPECT_EQ(StatusOf("/etc/passwd"), NtStatus::kObjectNameInvalid);
}

TEST(ParseNameTest, RefusesHalfACharacter) {
  std::vector<uint8_t> odd = Wire("file");
  odd.pop_back();
  ParsedName parsed;
  EXPECT_EQ(ParseName(odd, &parsed), NtStatus::kInvalidParameter);
  std::string name;
  EXPECT_EQ(ParseComponent(odd, &name), NtStatus::kInvalidParameter);
}

TEST(ParseNameTest, GoesUpByDotsButNotOut) {
  for (const char* name : {"..", "a\\..\\..", "a\\..\\..\\b", "..\\a", "..\\", "a\\..:s"}) {
    EXPECT_EQ(StatusOf(name), NtStatus::kObjectPathSyntaxBad) << name;
  }
  for (const char* name : {".", "a\\.\\b", "a/."}) {
    EXPECT_EQ(StatusOf(name), NtStatus::kObjectNameInvalid) << name;
  }
  EXPECT_EQ(Parsed("a\\..").path, "");
  EXPECT_TRUE(Parsed("a\\..").must_be_directory);
  EXPECT_EQ(Parsed("a\\b\\..").path, "a");
  EXPECT_EQ(Parsed("a/../b").path, "b");
  EXPECT_EQ(Parsed("a\\b\\..\\..\\c\\d").path, "c/d");
  EXPECT_EQ(Parsed("...").path, "...");
  EXPECT_EQ(Parsed("..a\\.b").path, "..a/.b");
}

TEST(ParseNameTest, RefusesCharactersNoFileMayHave) {
  for (int c = 0; c < 0x20; ++c) {
    EXPECT_EQ(StatusOf(std::string("a") + static_cast<char>(c)), NtStatus::kObjectNameInvalid) << c;
  }
  for (const char* name : {"a\"", "a*", "a<", "a>", "a?", "a|", "x?\\b"}) {
    EXPECT_EQ(StatusOf(name), NtStatus::kObjectNameInvalid) << name;
  }
  EXPECT_EQ(Parsed("a b+c;d=e[f]'#%&{}~").path, "a b+c;d=e[f]'#%&{}~");
}

TEST(ParseNameTest, CountsComponentsInUtf16Units) {
  const std::string longest(limits::component_utf16_units_max, 'x');
  EXPECT_EQ(StatusOf(longest), NtStatus::kOk);
  EXPECT_EQ(StatusOf(longest + "x"), NtStatus::kObjectNameInvalid);
  EXPECT_EQ(StatusOf(absl::StrCat(longest, "x\\y")), NtStatus::kObjectNameInvalid);
  std::string pairs;
  for (int i = 0; i < 127; ++i) pairs += "😀";
  EXPECT_EQ(StatusOf(pairs), NtStatus::kOk);
  EXPECT_EQ(StatusOf(pairs + "😀"), NtStatus::kObjectNameInvalid);
}

TEST(ParseNameTest, RefusesPathsOverTheLimit) {
  std::string path;
  while (path.size() + 2 < limits::path_bytes_max) path += "d\\";
  EXPECT_EQ(StatusOf(path), NtStatus::kOk);
  EXPECT_EQ(StatusOf(path + "dd\\dd\\dd"), NtStatus::kObjectNameInvalid);
  std::string wide;  // few units, many bytes
  while (wide.size() <= limits::path_bytes_max) wide += "日\\";
  EXPECT_EQ(StatusOf(wide), NtStatus::kObjectNameInvalid);
}

TEST(ParseNameTest, KeepsUnpairedSurrogates) {
  const std::vector<uint8_t> wire = {'a', 0, 0x00, 0xD8, 'b', 0};
  ParsedName parsed;
  ASSERT_EQ(ParseName(wire, &parsed), NtStatus::kOk);
  EXPECT_EQ(Wire(parsed.path), wire);
}

struct StreamRow {
  const char* name;
  const char* path;
  const char* stream;
  bool has_stream;
  bool is_index;
};

TEST(ParseNameTest, SplitsStreams) {
  const StreamRow rows[] = {
      {"file:stream", "file", "stream", true, false},
      {"file:stream:$DATA", "file", "stream", true, false},
      {"file:stream:$data", "file", "stream", true, false},
      {"file::$DATA", "file", "", true, false},
      {"dir\\file:a b*?", "dir/file", "a b*?", true, false},
      {"dir::$INDEX_ALLOCATION", "dir", "", true, true},
      {"dir:$I30:$INDEX_ALLOCATION", "dir", "", true, true},
      {":stream", "", "stream", true, false},
  };
  for (const StreamRow& row : rows) {
    const ParsedName name = Parsed(row.name);
    EXPECT_EQ(name.path, row.path) << row.name;
    EXPECT_EQ(name.stream, row.stream) << row.name;
    EXPECT_EQ(name.has_stream, row.has_stream) << row.name;
    EXPECT_EQ(name.is_index, row.is_index) << row.name;
    EXPECT_EQ(name.must_be_directory, row.is_index) << row.name;
  }
}

TEST(ParseNameTest, RefusesWrongStreamSyntax) {
  for (const char* name :
       {"file:", "file::", "file:s:", "file:s:$OTHER", "file:a:b:$DATA", "dir:s\\file", "file:s\\",
        "dir\\:s", "file:x:$INDEX_ALLOCATION", "a:b/c", ":", "::$BITMAP"}) {
    EXPECT_EQ(StatusOf(name), NtStatus::kObjectNameInvalid) << name;
  }
  EXPECT_EQ(StatusOf("file:" + std::string(255, 's')), NtStatus::kOk);
  EXPECT_EQ(StatusOf("file:" + std::string(256, 's')), NtStatus::kObjectNameInvalid);
}

TEST(ParseComponentTest, TakesOneLegalName) {
  std::string name;
  EXPECT_EQ(ParseComponent(Wire("file.txt"), &name), NtStatus::kOk);
  EXPECT_EQ(name, "file.txt");
  for (const char* bad : {"", ".", "..", "a\\b", "a:b", "a*"}) {
    EXPECT_EQ(ParseComponent(Wire(bad), &name), NtStatus::kObjectNameInvalid) << bad;
  }
  EXPECT_EQ(ParseComponent(Wire(std::string(256, 'x')), &name), NtStatus::kObjectNameInvalid);
}

TEST(FoldNameTest, MapsOneToOneLikeNtfs) {
  EXPECT_EQ(FoldName("abcXYZ09_.txt"), "ABCXYZ09_.TXT");
  EXPECT_EQ(FoldName("äöüéñ"), "ÄÖÜÉÑ");
  EXPECT_EQ(FoldName("привет"), "ПРИВЕТ");
  EXPECT_EQ(FoldName("ａｚ"), "ＡＺ");
  EXPECT_EQ(FoldName("ÿ"), "Ÿ");
  // No upper case of their own, or one that is several characters, or ASCII.
  for (const char* same : {"ß", "ﬁ", "ŉ", "µ", "ı", "ſ", "日本"}) EXPECT_EQ(FoldName(same), same);
  // Beyond the 16 bits of NTFS's table.
  EXPECT_EQ(FoldName("𐐨"), "𐐨");
}

TEST(FoldNameTest, LeavesWhatIsNotUtf8) {
  EXPECT_EQ(FoldName("a\xff\x80z"), "A\xff\x80Z");
  EXPECT_TRUE(SameName("bad\xff", "BAD\xff"));
  EXPECT_FALSE(SameName("bad\xff", "bad\xfe"));
}

TEST(SameNameTest, IgnoresCase) {
  EXPECT_FALSE(SameName("Größe.TXT", "GRÖSSE.txt"));
  EXPECT_TRUE(SameName("Grün.TXT", "GRÜN.txt"));
  EXPECT_FALSE(SameName("a", "b"));
}

// What smbd 4.17 showed for files of these names ("mangled names = illegal").
TEST(NameForClientTest, ShowsWhatSambaShows) {
  const std::pair<const char*, const char*> rows[] = {
      {"a:b", "A4WTMA~A"},          {"a:b.tar.gz", "ABDF3C~T.GZ"},
      {"a?.b.c", "AH7TI3~5.C"},     {"aux", "AHY9U3~9"},
      {"CON.txt", "CSHOFG~F.TXT"},  {"con", "CSHOFG~F"},
      {"com1", "CR23RR~9"},         {"lpt1.x", "LK8OWQ~K.X"},
      {"prn.a.b", "PQWPP9~W.B"},    {"back\\slash", "BAYTAM~F"},
      {"ctl\x01x", "CP1MLA~V"},     {"trail.", "TZHRWN~N"},
      {"trailsp ", "T2CMRS~E"},     {"very:long name here with.extension", "V2E49A~R"},
      {"ä:ö.x", "_9ZLXC~1.X"},      {"..: x", "_TE1EA~L"},
      {".:ab", "_YVCA1~O"},         {"-:x", "-70HCF~G"},
      {"~:x", "~5K688~Z"},          {"+:x", "_70NNJ~U"},
      {"x:.a-b", "XTHJTC~F.A-B"},   {"x:.a b", "X03VUS~Q"},
      {"x:.ä", "XVO7FY~2"},         {"x:.$$$", "XTHJTC~F.$$$"},
      {"A_:y.Z_z", "AMIBXH~2.Z_Z"}, {"a:.", "A4WTMD~A"},
      {"ÿ:a", "_56G50~9"},          {"ß:x", "_G27P9~5"},
      {"q?.longext", "QGNJQH~0"},
  };
  for (const auto& [name, shown] : rows) {
    EXPECT_FALSE(IsLegalName(name)) << name;
    EXPECT_EQ(NameForClient(name), shown) << name;
    EXPECT_TRUE(LooksMangled(shown)) << shown;
  }
}

TEST(NameForClientTest, ShowsLegalNamesThemselves) {
  for (const char* name :
       {"file", ".dot", "CONfoo", "com9", "clock$", "x .y", "a+b[c];=,", "日本", "\xed\xa0\x80x"}) {
    EXPECT_TRUE(IsLegalName(name)) << name;
    EXPECT_EQ(NameForClient(name), name);
  }
}

TEST(NameForClientTest, MakesNamesThatAreNotUtf8Reachable) {
  EXPECT_FALSE(IsLegalName("bad\xff"));
  EXPECT_TRUE(IsLegalName(NameForClient("bad\xff")));
}

TEST(LooksMangledTest, NeedsTheForm) {
  for (const char* name : {"", "A4WTMA~", "A4WTMA~A.", "A4WTMA~A.LONG", "A4WTMAxA", "A4WTMA~AX"}) {
    EXPECT_FALSE(LooksMangled(name)) << name;
  }
}

TEST(PathPartsTest, SplitAndJoin) {
  EXPECT_EQ(ParentOf("a/b/c"), "a/b");
  EXPECT_EQ(LeafOf("a/b/c"), "c");
  EXPECT_EQ(ParentOf("c"), "");
  EXPECT_EQ(LeafOf("c"), "c");
  EXPECT_EQ(JoinPath("a/b", "c"), "a/b/c");
  EXPECT_EQ(JoinPath("", "c"), "c");
}

}  // namespace
}  // namespace sluice::fs
