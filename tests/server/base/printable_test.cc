#include "server/base/printable.h"

#include <gtest/gtest.h>

#include <string>

#include "server/base/fold_name.h"

namespace sluice::base {
namespace {

TEST(PrintableTest, WhatCouldSteerATerminalIsEscaped) {
  EXPECT_EQ(Printable("plain \xC3\xA9 \xE2\x82\xAC"), "plain \xC3\xA9 \xE2\x82\xAC");
  EXPECT_EQ(Printable("\x1b[2J\n\x7f"), "\\u001b[2J\\u000a\\u007f");
  EXPECT_EQ(Printable("\xC2\x9b"
                      "31m"),
            "\\u009b31m");  // C1
  EXPECT_EQ(Printable("a\xE2\x80\xAE"
                      "b"),
            "a\\u202eb");                                              // right to left
  EXPECT_EQ(Printable("\xE2\x81\xA6\xE2\x80\x8F"), "\\u2066\\u200f");  // isolate, mark
  EXPECT_EQ(Printable("\xE2\x80\xA8"), "\\u2028");                     // line separator
  EXPECT_EQ(Printable(std::string("a\0b", 3)), "a\\u0000b");
}

TEST(PrintableTest, WhatIsNotUtf8IsReplaced) {
  EXPECT_EQ(Printable("a\xff"
                      "b\x9b"),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD");
  EXPECT_FALSE(IsUtf8("a\xff"));
  EXPECT_FALSE(IsPrintable("a\xff"));
  EXPECT_FALSE(IsPrintable("a\xC2\x85"));
  EXPECT_TRUE(IsPrintable("\xC3\x89"));
}

TEST(PrintableTest, LinesMayStay) { EXPECT_EQ(Printable("a\nb\t", "\n"), "a\nb\\u0009"); }

TEST(FoldNameTest, NamesThatDifferInCaseOnlyAreOne) {
  EXPECT_TRUE(SameName("Files", "fILES"));
  EXPECT_TRUE(SameName("\xC3\x89", "\xC3\xA9"));
  EXPECT_FALSE(SameName("a", "b"));
  EXPECT_FALSE(SameName("\xC3", "\xC4")) << "neither is UTF-8";
}

}  // namespace
}  // namespace sluice::base
