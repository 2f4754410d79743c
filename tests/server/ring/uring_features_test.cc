#include "server/ring/uring_features.h"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <string>

namespace sluice::ring {
namespace {

using testing::Test;

class FeaturesTest : public Test {
 protected:
  FeaturesTest() {
    for (const OpRow& row : OpRows()) supported_[row.opcode] = true;
    for (const FeatureRow& row : FeatureRows()) features_ |= row.bit;
  }
  std::string Check() {
    const absl::Status status = CheckFeatures(features_, supported_);
    return std::string(status.message());
  }

  std::array<bool, 256> supported_{};
  uint32_t features_ = 0;
};

TEST_F(FeaturesTest, RowsAreInTheOrderOfTheCodes) {
  size_t i = 0;
  for (const OpRow& row : OpRows()) EXPECT_EQ(static_cast<size_t>(row.code), i++);
  EXPECT_EQ(i, static_cast<size_t>(OpCode::kWakeRing) + 1);
}

TEST_F(FeaturesTest, NothingIsMissing) { EXPECT_EQ(Check(), ""); }

TEST_F(FeaturesTest, EachMissingOperationIsNamedWithItsVersion) {
  for (const OpRow& row : OpRows()) {
    supported_[row.opcode] = false;
    const std::string message = Check();
    supported_[row.opcode] = true;
    if (row.required) {
      EXPECT_NE(message.find(row.name), std::string::npos) << message;
      EXPECT_NE(message.find("since"), std::string::npos) << message;
    } else {
      EXPECT_EQ(message, "") << row.name;
    }
  }
}

TEST_F(FeaturesTest, EachMissingFeatureIsNamedWithItsVersion) {
  for (const FeatureRow& row : FeatureRows()) {
    features_ &= ~row.bit;
    const std::string message = Check();
    features_ |= row.bit;
    EXPECT_NE(message.find(row.name), std::string::npos) << message;
    EXPECT_NE(message.find(row.since), std::string::npos) << message;
  }
}

TEST_F(FeaturesTest, SetupFailuresNameTheRemedy) {
  const std::pair<int, const char*> rows[] = {
      {ENOSYS, "CONFIG_IO_URING"}, {EPERM, "seccomp"}, {ENOMEM, "RLIMIT_MEMLOCK"},
      {EMFILE, "RLIMIT_NOFILE"},   {EINVAL, "6.1"},
  };
  for (const auto& [error, remedy] : rows) {
    const std::string message(ExplainSetupFailure(error).message());
    EXPECT_NE(message.find(remedy), std::string::npos) << message;
  }
  EXPECT_FALSE(ExplainSetupFailure(EIO).ok());
  EXPECT_FALSE(ExplainBufferRingFailure(EINVAL).ok());
  EXPECT_FALSE(ExplainBufferRingFailure(ENOMEM).ok());
}

}  // namespace
}  // namespace sluice::ring
