#include "server/fs/wildcard.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::fs {
namespace {

struct Row {
  const char* pattern;
  const char* name;
  bool matches;
};

// [MS-FSA] 2.1.4.4, and what FsRtlIsNameInExpression() is known to answer.
TEST(WildcardTest, MatchesAsDosDid) {
  const Row rows[] = {
      // Literals, without regard to case.
      {"file.txt", "FILE.TXT", true},
      {"file.txt", "file.tx", false},
      {"grün", "GRÜN", true},
      // *: anything.
      {"*", "", true},
      {"*", "anything.at.all", true},
      {"*.txt", "a.txt", true},
      {"*.txt", ".txt", true},
      {"*.txt", "a.txt.bak", false},
      {"*.*", "a.b", true},
      {"*.*", "ab", false},
      {"a*b*c", "aXbYbZc", true},
      {"a*b*c", "aXbY", false},
      {"**a", "bba", true},
      // ?: exactly one character.
      {"?", "a", true},
      {"?", "", false},
      {"?", "ab", false},
      {"a?c", "a.c", true},
      {"??", "日本", true},
      // >: one character, or none before a dot or the end.
      {">>>.txt", "a.txt", true},
      {">>>.txt", "abc.txt", true},
      {">>>.txt", "abcd.txt", false},
      {"a>>", "a", true},
      {"a>>", "abc", true},
      {"a>>", "abcd", false},
      {">.>", "a.b", true},
      {">>>>>>>>\">>>", "abc.de", true},
      {">>>>>>>>\">>>", "abc", true},
      {">>>>>>>>\">>>", "abcdefghi", false},
      // <: anything up to the last dot.
      {"<", "abc", true},
      {"<", "abc.d", false},
      {"<.txt", "a.b.txt", true},
      {"<.txt", "a.txt.b", false},
      {"<.>", "a.b.c", true},
      {"<\"*", "a.b.c", true},
      {"<\"*", "abc", true},
      {"a<\"b", "a.x.b", true},
      // ": a dot, or the end.
      {"abc\"", "abc", true},
      {"abc\"", "abc.", true},
      {"abc\"d", "abcd", false},
      {"abc\"d", "abc.d", true},
      {"\"\"", "", true},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(Wildcard(row.pattern).Matches(row.name), row.matches)
        << row.pattern << " on " << row.name;
  }
}

TEST(WildcardTest, KnowsItsKind) {
  EXPECT_TRUE(Wildcard().matches_everything());
  EXPECT_TRUE(Wildcard("").matches_everything());
  EXPECT_TRUE(Wildcard("*").matches_everything());
  EXPECT_FALSE(Wildcard("*.*").matches_everything());
  EXPECT_TRUE(Wildcard("file").is_literal());
  EXPECT_FALSE(Wildcard("fil?").is_literal());
  EXPECT_FALSE(Wildcard().is_literal());
  for (const char* name : {"*", "a?", "<x", "x>", "\""}) EXPECT_TRUE(HasWildcards(name)) << name;
  EXPECT_FALSE(HasWildcards("file.txt"));
}

TEST(WildcardTest, NamesThatAreNotUtf8MatchOnlyWildcards) {
  EXPECT_TRUE(
      Wildcard("a?c").Matches("a\xff"
                              "c"));
  EXPECT_FALSE(
      Wildcard("abc").Matches("a\xff"
                              "c"));
}

TEST(WildcardTest, PatternsOverTheLimitMatchNothing) {
  EXPECT_FALSE(Wildcard(std::string(2000, '?')).Matches(std::string(200, 'x')));
  EXPECT_FALSE(Wildcard(std::string(70'000, '>')).Matches("x"));
  // Only what counts is counted.
  EXPECT_TRUE(Wildcard(std::string(70'000, '*')).Matches("x"));
}

TEST(WildcardTest, HardPatternsStayCheap) {
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "*a";
  pattern += "b";
  const Wildcard wildcard(pattern);
  const std::string name(250, 'a');
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(wildcard.Matches(name));
}

}  // namespace
}  // namespace sluice::fs
