#include "server/base/state_directory.h"

#include <gtest/gtest.h>

#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/server/base/temporary_file.h"

namespace sluice::base {
namespace {

TEST(StateDirectoryTest, OnlyOneHasTheLock) {
  const TemporaryFile place;
  auto first = StateDirectoryLock::Take(place.path());
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(StateDirectoryLock::Take(place.path()).status().message(),
            absl::StrCat("another gateway uses the state directory ", place.path(),
                         "; give each its own [server] state_dir"));
  EXPECT_TRUE(StateDirectoryLock::Take(place.other()).ok());
  first->reset();
  EXPECT_TRUE(StateDirectoryLock::Take(place.path()).ok());
}

TEST(StateDirectoryTest, WhatIsNotADirectoryIsNamed) {
  const TemporaryFile place;
  std::ofstream(place.path()) << "a file";
  EXPECT_TRUE(absl::StrContains(StateDirectoryLock::Take(place.path()).status().message(),
                                absl::StrCat("cannot lock ", place.path(), "/lock: Not a dir")));
  EXPECT_TRUE(absl::StrContains(StateDirectoryLock::Take(place.other() + "/x").status().message(),
                                "cannot make the state directory"));
  EXPECT_FALSE(StateDirectoryLock::Take("").ok());
}

}  // namespace
}  // namespace sluice::base
