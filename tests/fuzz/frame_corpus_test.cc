// Replays the corpus of the frame fuzzer, and the seeds as they are made now, in the normal build:
// what once was a finding stays fixed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/frame_input.h"
#include "tests/fuzz/frame_run.h"
#include "tests/fuzz/frame_seeds.h"

namespace sluice::fuzz {
namespace {

constexpr char kCorpus[] = "tests/fuzz/corpus/frame";

TEST(FrameCorpusTest, InputKeepsItsForm) {
  for (const auto& [name, input] : Seeds()) {
    const Bytes bytes = Serialize(input);
    EXPECT_EQ(Serialize(Parse(bytes)), bytes) << name;
  }
}

TEST(FrameCorpusTest, EverySeedRuns) {
  for (const auto& [name, input] : Seeds()) {
    SCOPED_TRACE(name);
    RunFrames(Serialize(input));
  }
}

TEST(FrameCorpusTest, EveryFileRuns) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(kCorpus)) {
    files.push_back(entry.path());
  }
  ASSERT_FALSE(files.empty());
  std::sort(files.begin(), files.end());
  for (const std::filesystem::path& file : files) {
    // A finding ends the process; the last name is the one.
    std::printf("%s\n", file.filename().c_str());
    std::ifstream stream(file, std::ios::binary);
    const Bytes bytes((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
    RunFrames(bytes);
  }
}

}  // namespace
}  // namespace sluice::fuzz
