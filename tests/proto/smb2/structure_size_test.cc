#include "proto/smb2/structure_size.h"

#include <set>
#include <string>

#include "gtest/gtest.h"
#include "tests/proto/smb2/message.h"

namespace sluice::proto {
namespace {

Bytes WithSize(uint16_t structure_size, size_t body_bytes) {
  Bytes message = MessageOf(Bytes(body_bytes));
  if (body_bytes >= 2) Put16(kHeaderBytes, structure_size, &message);
  return message;
}

TEST(StructureSize, RowIndexIsTheOpcode) {
  ASSERT_EQ(StructureSizeTable().size(), kCommandCount);
  std::set<std::string> names;
  for (size_t i = 0; i < kCommandCount; ++i) {
    const auto command = static_cast<Command>(i);
    EXPECT_EQ(StructureSizeTable()[i].command, command);
    EXPECT_EQ(FindStructureSizes(command), &StructureSizeTable()[i]);
    names.insert(std::string(CommandName(command)));
  }
  EXPECT_EQ(names.size(), kCommandCount);
}

TEST(StructureSize, UnknownCommandsHaveNoRow) {
  EXPECT_EQ(FindStructureSizes(static_cast<Command>(19)), nullptr);
  EXPECT_EQ(FindStructureSizes(static_cast<Command>(0xFFFF)), nullptr);
  EXPECT_EQ(CommandName(static_cast<Command>(19)), "unknown");
  EXPECT_FALSE(RequestSizeIsRight(static_cast<Command>(19), WithSize(4, 4)));
}

TEST(StructureSize, EveryRequestNeedsItsSizeAndItsBytes) {
  for (const StructureSizes& row : StructureSizeTable()) {
    const size_t fixed = FixedBodyBytes(row.request);
    EXPECT_TRUE(RequestSizeIsRight(row.command, WithSize(row.request, fixed))) << row.name;
    EXPECT_TRUE(RequestSizeIsRight(row.command, WithSize(row.request, fixed + 1))) << row.name;
    EXPECT_FALSE(RequestSizeIsRight(row.command, WithSize(row.request, fixed - 1))) << row.name;
    EXPECT_FALSE(RequestSizeIsRight(row.command, WithSize(row.request + 1, 100))) << row.name;
    EXPECT_FALSE(RequestSizeIsRight(row.command, WithSize(row.request - 1, 100))) << row.name;
    EXPECT_FALSE(RequestSizeIsRight(row.command, WithSize(0, 100))) << row.name;
  }
}

TEST(StructureSize, EveryResponseNeedsItsSizeAndItsBytes) {
  for (const StructureSizes& row : StructureSizeTable()) {
    if (row.response == 0) continue;
    const size_t fixed = FixedBodyBytes(row.response);
    EXPECT_TRUE(ResponseSizeIsRight(row.command, WithSize(row.response, fixed))) << row.name;
    EXPECT_FALSE(ResponseSizeIsRight(row.command, WithSize(row.response, fixed - 1))) << row.name;
    EXPECT_FALSE(ResponseSizeIsRight(row.command, WithSize(row.response + 1, 100))) << row.name;
  }
}

TEST(StructureSize, CancelHasNoResponse) {
  EXPECT_FALSE(ResponseSizeIsRight(Command::kCancel, WithSize(4, 4)));
  EXPECT_FALSE(ResponseSizeIsRight(Command::kCancel, WithSize(0, 4)));
}

TEST(StructureSize, LeaseBreaksAreTakenByDirection) {
  EXPECT_TRUE(RequestSizeIsRight(Command::kOplockBreak, WithSize(36, 36)));
  EXPECT_FALSE(RequestSizeIsRight(Command::kOplockBreak, WithSize(44, 44)));
  EXPECT_TRUE(ResponseSizeIsRight(Command::kOplockBreak, WithSize(36, 36)));
  EXPECT_TRUE(ResponseSizeIsRight(Command::kOplockBreak, WithSize(44, 44)));
}

TEST(StructureSize, HeaderWithoutBodyIsRefused) {
  EXPECT_FALSE(RequestSizeIsRight(Command::kEcho, WithSize(0, 0)));
  EXPECT_FALSE(RequestSizeIsRight(Command::kEcho, Bytes(10)));
}

}  // namespace
}  // namespace sluice::proto
