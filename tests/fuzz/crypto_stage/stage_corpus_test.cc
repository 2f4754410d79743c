// Replays the corpus of the crypto stage's fuzzer in the normal build, and a few thousand inputs
// from a fixed seed.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include "tests/fuzz/crypto_stage/stage_run.h"

namespace sluice::fuzz {
namespace {

TEST(StageCorpusTest, EveryFileRuns) {
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator("tests/fuzz/crypto_stage/corpus")) {
    SCOPED_TRACE(entry.path().string());
    std::ifstream stream(entry.path(), std::ios::binary);
    const std::vector<uint8_t> bytes((std::istreambuf_iterator<char>(stream)),
                                     std::istreambuf_iterator<char>());
    RunStage(bytes);
    ++files;
  }
  EXPECT_GT(files, 0u);
}

TEST(StageCorpusTest, RandomInputsRun) {
  std::mt19937 random(7);
  for (int i = 0; i < 1000; ++i) {
    std::vector<uint8_t> bytes(1 + random() % 400);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    RunStage(bytes);
  }
}

}  // namespace
}  // namespace sluice::fuzz
