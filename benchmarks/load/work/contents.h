// The bytes of every file that sluicebench makes: a function of seed, file and offset, so that any
// piece of any file can be made, and checked, without keeping it.
#ifndef SLUICE_BENCHMARKS_LOAD_WORK_CONTENTS_H_
#define SLUICE_BENCHMARKS_LOAD_WORK_CONTENTS_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "benchmarks/load/client/operations.h"

namespace sluice::bench {

// Thread-safe after construction.
class Contents final : public ReadCheck, public WriteSource {
 public:
  explicit Contents(uint64_t seed);

  void Fill(uint64_t file, uint64_t offset, absl::Span<uint8_t> out) override;
  bool RightContents(uint64_t file, uint64_t offset, absl::Span<const uint8_t> data) override {
    return FirstWrong(file, offset, data) == data.size();
  }
  // Where in `data` the first wrong byte is; data.size() if there is none.
  size_t FirstWrong(uint64_t file, uint64_t offset, absl::Span<const uint8_t> data) const;

 private:
  static constexpr size_t kBlock = 4096;
  static constexpr size_t kWords = kBlock / 8;

  uint64_t Key(uint64_t file, uint64_t block) const;

  const uint64_t seed_;
  // Every block is this, each word xored with the block's key: fast to make, different everywhere.
  std::array<uint64_t, kWords> pattern_;
};

// A small fast generator for choices of a workload; one for each slot, from the run's seed.
class Choices {
 public:
  explicit Choices(uint64_t seed) : state_(seed) {}
  uint64_t Next();
  // Below `bound`, which is not 0.
  uint64_t Below(uint64_t bound) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(Next()) * bound) >> 64);
  }

 private:
  uint64_t state_;
};

}  // namespace sluice::bench

#endif  // SLUICE_BENCHMARKS_LOAD_WORK_CONTENTS_H_
