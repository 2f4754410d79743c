#include "benchmarks/load/work/contents.h"

#include <algorithm>
#include <cstring>

namespace sluice::bench {
namespace {

// The finaliser of splitmix64: every bit of the result depends on every bit of `x`.
uint64_t Mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

constexpr uint64_t kGolden = 0x9E3779B97F4A7C15;

}  // namespace

uint64_t Choices::Next() { return Mix(state_ += kGolden); }

Contents::Contents(uint64_t seed) : seed_(seed) {
  Choices choices(seed);
  for (uint64_t& word : pattern_) word = choices.Next();
}

uint64_t Contents::Key(uint64_t file, uint64_t block) const {
  return Mix(Mix(seed_ + kGolden * (file + 1)) + block);
}

void Contents::Fill(uint64_t file, uint64_t offset, absl::Span<uint8_t> out) {
  alignas(64) std::array<uint64_t, kWords> block;
  while (!out.empty()) {
    const uint64_t key = Key(file, offset / kBlock);
    for (size_t i = 0; i < kWords; ++i) block[i] = pattern_[i] ^ key;
    const size_t from = offset % kBlock;
    const size_t n = std::min(out.size(), kBlock - from);
    std::memcpy(out.data(), reinterpret_cast<const uint8_t*>(block.data()) + from, n);
    out.remove_prefix(n);
    offset += n;
  }
}

size_t Contents::FirstWrong(uint64_t file, uint64_t offset, absl::Span<const uint8_t> data) const {
  alignas(64) std::array<uint64_t, kWords> block;
  size_t done = 0;
  while (done < data.size()) {
    const uint64_t key = Key(file, (offset + done) / kBlock);
    for (size_t i = 0; i < kWords; ++i) block[i] = pattern_[i] ^ key;
    const size_t from = (offset + done) % kBlock;
    const size_t n = std::min(data.size() - done, kBlock - from);
    const uint8_t* const right = reinterpret_cast<const uint8_t*>(block.data()) + from;
    if (std::memcmp(data.data() + done, right, n) != 0) {
      const auto wrong =
          std::mismatch(right, right + n, data.begin() + static_cast<ptrdiff_t>(done));
      return static_cast<size_t>(wrong.second - data.begin());
    }
    done += n;
  }
  return data.size();
}

}  // namespace sluice::bench
