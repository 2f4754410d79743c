#include "proto/fscc/filetime.h"

#include <cstdint>

#include "gtest/gtest.h"

namespace sluice::proto {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

TEST(FileTime, UnixEpoch) {
  EXPECT_EQ(FileTimeFromUnixNanos(0), 116'444'736'000'000'000u);
  EXPECT_EQ(UnixNanosFromFileTime(116'444'736'000'000'000u), 0);
}

TEST(FileTime, KnownDate) {
  // 2026-11-22 12:01:08 UTC, as smbd wrote it.
  const uint64_t filetime = 0x01DD7A7928A125BDu;
  EXPECT_EQ(UnixNanosFromFileTime(filetime) / kSecond, 1795348868);
  EXPECT_EQ(FileTimeFromUnixNanos(UnixNanosFromFileTime(filetime)), filetime);
}

TEST(FileTime, RoundsDownOnBothSidesOfTheEpoch) {
  EXPECT_EQ(FileTimeFromUnixNanos(199), kFileTimeUnixEpoch + 1);
  EXPECT_EQ(FileTimeFromUnixNanos(-1), kFileTimeUnixEpoch - 1);
  EXPECT_EQ(FileTimeFromUnixNanos(-100), kFileTimeUnixEpoch - 1);
  EXPECT_EQ(FileTimeFromUnixNanos(-101), kFileTimeUnixEpoch - 2);
}

TEST(FileTime, WhatNanosecondsCannotHoldBecomesTheNearest) {
  EXPECT_EQ(UnixNanosFromFileTime(0), INT64_MIN);
  EXPECT_EQ(UnixNanosFromFileTime(INT64_MAX), INT64_MAX);
  EXPECT_EQ(UnixNanosFromFileTime(UINT64_MAX), INT64_MAX);
  EXPECT_EQ(UnixNanosFromFileTime(FileTimeFromUnixNanos(INT64_MAX)), INT64_MAX / 100 * 100);
  EXPECT_GT(FileTimeFromUnixNanos(INT64_MIN), 0u);
}

TEST(FileTime, SpecialValuesOfRequests) {
  EXPECT_EQ(ClassifyFileTime(0), TimeChange::kKeep);
  EXPECT_EQ(ClassifyFileTime(UINT64_MAX), TimeChange::kFreeze);
  EXPECT_EQ(ClassifyFileTime(UINT64_MAX - 1), TimeChange::kThaw);
  EXPECT_EQ(ClassifyFileTime(UINT64_MAX - 2), TimeChange::kInvalid);
  EXPECT_EQ(ClassifyFileTime(uint64_t{1} << 63), TimeChange::kInvalid);
  EXPECT_EQ(ClassifyFileTime(1), TimeChange::kSet);
  EXPECT_EQ(ClassifyFileTime(kFileTimeUnixEpoch), TimeChange::kSet);
}

}  // namespace
}  // namespace sluice::proto
