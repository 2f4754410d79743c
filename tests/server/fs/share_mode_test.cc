#include "server/fs/share_mode.h"

#include <gtest/gtest.h>

#include "server/fs/posix_security.h"

namespace sluice::fs {
namespace {

constexpr uint32_t kAll = kShareRead | kShareWrite | kShareDelete;

TEST(ShareModeTest, WhatEachDoesTheOtherMustShare) {
  const struct {
    uint32_t access;
    uint32_t share;
  } rows[] = {{kFileReadData, kShareRead},
              {kFileExecute, kShareRead},
              {kFileWriteData, kShareWrite},
              {kFileAppendData, kShareWrite},
              {kDelete, kShareDelete}};
  for (const auto& row : rows) {
    const ShareMode open{row.access, kAll};
    EXPECT_FALSE(Conflicts(open, {kFileReadData, row.share | kShareRead})) << row.access;
    EXPECT_TRUE(Conflicts(open, {kFileReadData, kAll & ~row.share})) << row.access;
    EXPECT_TRUE(Conflicts({kFileReadData, kAll & ~row.share}, open)) << row.access;
  }
}

TEST(ShareModeTest, OpensForAttributesConflictWithNone) {
  const ShareMode attributes{kFileReadAttributes | kFileWriteAttributes | kSynchronize, 0};
  EXPECT_FALSE(Conflicts(attributes, {kFileAllAccess, 0}));
  EXPECT_FALSE(Conflicts({kFileAllAccess, 0}, attributes));
}

TEST(ShareModeTest, NothingSharedIsAlone) {
  EXPECT_TRUE(Conflicts({kFileReadData, 0}, {kFileReadData, kAll}));
  EXPECT_FALSE(Conflicts({kFileReadData, kAll}, {kFileReadData, kAll}));
}

}  // namespace
}  // namespace sluice::fs
